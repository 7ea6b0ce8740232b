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
  /** What is worth telling and no failure, such as that paid calls are made less often to stay within the budget. */
  notes: z.array(z.string()),
  /** The regions that somebody asked for, where the attempt was not to look at all that the job is for. */
  asked_regions: z.array(z.string()),
  observed_at: IsoTime,
})
export type CollectorRun = z.infer<typeof CollectorRun>

/** The fields of an account that a sighting may leave open. */
export const ACCOUNT_FIELDS = ['email', 'name', 'ou_path', 'status', 'tags'] as const
export type AccountField = (typeof ACCOUNT_FIELDS)[number]

/** `unknown` of an account of which these could not be read. */
export function listUnknown(fields: ReadonlySet<AccountField>): string {
  return ACCOUNT_FIELDS.filter((field) => fields.has(field)).join(',')
}

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
  /** Which of `ACCOUNT_FIELDS` could not be read, in their order, joined by commas: what stands there says nothing. */
  unknown: z
    .string()
    .refine(isListOfFields, `not a sorted list of ${ACCOUNT_FIELDS.join(', ')}`)
    .default(''),
  observed_at: IsoTime,
})
export type DiscoveredAccount = z.infer<typeof DiscoveredAccount>

function isListOfFields(text: string): boolean {
  const listed = text.split(',')
  return text === ACCOUNT_FIELDS.filter((field) => listed.includes(field)).join(',')
}
