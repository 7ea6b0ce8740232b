import * as z from 'zod'
import { IsoTime } from './event.ts'

/**
 * That a run has seen every line of cost of a day, and one row of `cost_coverage`. Lines that only earlier runs saw were
 * withdrawn, once the run is known to be complete and stored to its last row.
 */
export const CostCoverage = z.strictObject({
  collector: z.string().min(1),
  /** The account that was asked. */
  aws_account_id: z.string().min(1),
  /** What the lines are of. */
  resource_type: z.string().min(1),
  /** '' for every account that the asked one can see. */
  linked_account_id: z.string().default(''),
  /** The day's start, as the lines' events have it. */
  event_time: IsoTime,
  observed_at: IsoTime,
})
export type CostCoverage = z.infer<typeof CostCoverage>
