import * as z from 'zod'
import { IsoTime, StringMap } from './event.ts'

/**
 * How a region's look ended. Only `complete` says that what was not seen is not there;
 * every other outcome means "unknown".
 */
export const OUTCOMES = ['complete', 'partial', 'denied', 'throttled', 'failed'] as const
export const Outcome = z.enum(OUTCOMES)
export type Outcome = z.infer<typeof Outcome>

const Count = z.int().nonnegative()

/**
 * One attempt at a job, and one row of `collector_runs`. `dispatched` says that the job was handed out;
 * it never counts as an attempt, and the job is failed when `deadline` passes without a final record.
 * In a final record `deadline` is when every published row must be accounted for in the ledger.
 */
export const CollectorRun = z.strictObject({
  run_id: z.uuid(),
  collector: z.string().min(1),
  scope: z.string().min(1),
  aws_account_id: z.string().min(1),
  slot: IsoTime,
  status: z.enum(['dispatched', ...OUTCOMES]),
  started_at: IsoTime,
  finished_at: IsoTime.nullable(),
  deadline: IsoTime,
  region_outcomes: z.record(z.string(), Outcome),
  region_errors: z.record(z.string(), z.string()),
  region_events: z.record(z.string(), Count),
  /** Events published; `rejected` could not be: each is named in `errors`. */
  events: Count,
  rejected: Count,
  /** Every block published, in order, and the rows in each. */
  block_ids: z.array(z.string()),
  block_rows: z.array(Count),
  /** Requests sent, retries included, by `service:Operation`. */
  api_calls: z.record(z.string(), Count),
  /** What those calls cost, in US dollars. */
  api_cost_usd: z.number().nonnegative(),
  errors: z.array(z.string()),
  observed_at: IsoTime,
})
export type CollectorRun = z.infer<typeof CollectorRun>

/** What the organisation says of an account, and one row of `accounts_discovered`. */
export const DiscoveredAccount = z.strictObject({
  aws_account_id: z.string().min(1),
  name: z.string().default(''),
  email: z.string().default(''),
  ou_path: z.string().default(''),
  status: z.string().default('ACTIVE'),
  tags: StringMap.default({}),
  /** How it was found: 'organization', 'caller' (whose credentials Polo runs on) or 'recording'. */
  source: z.string().min(1),
  observed_at: IsoTime,
})
export type DiscoveredAccount = z.infer<typeof DiscoveredAccount>
