import { IsoTime } from '@polo/core'
import { z } from 'zod'

/**
 * Whether the queues are drained: `closed` as ever; `open` not at all, because the store takes nothing;
 * `half_open` at low concurrency, to see whether it lasts.
 */
export const BreakerState = z.strictObject({
  state: z.enum(['closed', 'open', 'half_open']),
  /** When it came into this state. */
  since: IsoTime,
  /** The code of the failure that opened it (see `FailureCode.code`); empty while closed. */
  reason: z.string(),
  /** Probes that failed since it opened; each doubles the wait for the next, up to a limit. */
  failed_probes: z.int().nonnegative(),
})
export type BreakerState = z.infer<typeof BreakerState>

/** The event source mappings that feed the ingester, as one: live or local. */
export interface EventSources {
  /** Closed when nothing was ever applied. */
  read(): Promise<BreakerState>
  /** Enables, disables or slows the mappings as the state says, and remembers it for whoever reads it later. */
  apply(state: BreakerState): Promise<void>
}
