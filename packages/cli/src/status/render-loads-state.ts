import { describeProblem } from '../loads/render-loads.ts'
import type { LoadsState } from './read-loads.ts'
import { limit, type RenderOptions, say } from './render-lines.ts'

/** `Loads: 2 pending since 2026-03-01 05:31, 1 given up (polo loads ls).` and why; nothing where nothing waits. */
export function renderLoadsState(loads: LoadsState, options: RenderOptions): string[] {
  const { pending, oldest_pending_at, loading, failed, given_up, problems } = loads
  const since = oldest_pending_at?.slice(0, 16).replace('T', ' ')
  const parts = [
    ...(pending > 0 ? [`${say(pending)} pending since ${since}`] : []),
    ...(loading > 0 ? [`${say(loading)} under way`] : []),
    ...(failed > 0 ? [`${say(failed)} failed`] : []),
    ...(given_up > 0 ? [`${say(given_up)} given up`] : []),
  ]
  if (parts.length === 0) return []
  return [`Loads: ${parts.join(', ')} (polo loads ls).`, ...limit(problems.map(describeProblem), options)]
}
