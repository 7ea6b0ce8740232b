import { toMinute } from '../dead-letters/render-dead-jobs.ts'
import { type LifecycleState, SILENT_DAYS } from './lifecycle-state.ts'
import { LIFECYCLE_DAYS } from './read-lifecycle.ts'
import { limit, type RenderOptions, say } from './render-lines.ts'

/** `Lifecycle events: 1,234, the last 2026-01-15 00:18.` */
export function describeLifecycle({ last_event, last_day }: LifecycleState): string {
  if (last_event === null) return `Lifecycle events: none in ${LIFECYCLE_DAYS} days.`
  return `Lifecycle events: ${say(last_day)}, the last ${toMinute(last_event)}.`
}

/** The accounts that nothing was heard of, a line each. */
export function renderSilence({ silent_accounts }: LifecycleState, options: RenderOptions): string[] {
  const lines = silent_accounts.map(
    (account) => `! ${account} had no lifecycle event for ${SILENT_DAYS} days: see docs/lifecycle.md`,
  )
  return limit(lines, options)
}
