import { IsoTime } from '@polo/core'
import * as z from 'zod'

/**
 * Whether the queues are drained: `closed` as ever; `open` not at all, because the store takes nothing;
 * `half_open` at low concurrency, to see whether it lasts.
 */
export const BreakerState = z.strictObject({
  state: z.enum(['closed', 'open', 'half_open']),
  /** When it came into this state; 1970 where it never opened. */
  since: IsoTime,
  /** The code of the failure that opened it (see `FailureCode.code`); empty while closed. */
  reason: z.string(),
  /** Probes that failed since it opened; each doubles the wait for the next, up to a limit. */
  failed_probes: z.int().nonnegative(),
  /** Times in a row that a probe passed and messages which had failed before failed again: each cost a receive. */
  relapses: z.int().nonnegative(),
  /** Before it nothing is probed; of no meaning while closed. */
  next_probe_at: IsoTime,
})
export type BreakerState = z.infer<typeof BreakerState>

/** So long after it closed, a late change of a function that was frozen meanwhile may still undo it. */
export const SETTLING_MS = 600_000

const NEVER = new Date(0).toISOString()

/** The state of a breaker that never opened. */
export const NEVER_OPENED: BreakerState = {
  state: 'closed',
  since: NEVER,
  reason: '',
  failed_probes: 0,
  relapses: 0,
  next_probe_at: NEVER,
}

/** The event source mappings that feed the ingester, as one: live or local. */
export interface EventSources {
  /** `NEVER_OPENED` when nothing was ever applied. */
  read(): Promise<BreakerState>
  /**
   * Enables, disables or slows the mappings as the state says, and remembers it for whoever reads it later.
   * Changes only what differs, so that it can be repeated, and leaves alone what an operator disabled.
   */
  apply(state: BreakerState): Promise<void>
}
