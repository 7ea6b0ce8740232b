import type { Outcome } from '@polo/core'

/** When nothing was complete, the outcome that most needs a person. */
const GRAVEST_FIRST: readonly Outcome[] = ['failed', 'throttled', 'denied', 'partial']

/** Complete only if every part is; partial as soon as one part is; else the gravest. No parts at all is a failure. */
export function combineOutcomes(parts: readonly Outcome[]): Outcome {
  if (parts.length === 0) return 'failed'
  if (parts.every((outcome) => outcome === 'complete')) return 'complete'
  if (parts.some((outcome) => outcome === 'complete')) return 'partial'
  return GRAVEST_FIRST.find((outcome) => parts.includes(outcome)) ?? 'failed'
}
