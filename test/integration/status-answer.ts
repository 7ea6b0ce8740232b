import { z } from 'zod'
import { type PoloOptions, runPolo } from './polo-process.ts'

const Outcome = z.enum(['complete', 'partial', 'denied', 'throttled', 'failed'])
const JobOutcome = z.enum([...Outcome.options, 'pending'])
const Reconciliation = z.enum(['pending', 'reconciled', 'missing'])
const Counts = z.record(z.string(), z.int())
const Time = z.iso.datetime()
const Usd = z.number().nonnegative()

const Freshness = z.strictObject({
  last_attempt_at: Time,
  last_success_slot: Time.nullable(),
  age_seconds: z.int().nullable(),
  interval_seconds: z.int().nullable(),
  scheduled: z.boolean(),
  stale: z.boolean(),
})

const Job = z.strictObject({
  run_id: z.uuid(),
  collector: z.string(),
  aws_account_id: z.string(),
  slot: Time,
  started_at: Time,
  outcome: JobOutcome,
  reconciliation: Reconciliation,
  green: z.boolean(),
  freshness: Freshness,
  left_out: z.boolean(),
  published_rows: z.int(),
  stored_rows: z.int(),
  dead_rows: z.int(),
  missing_blocks: z.array(z.string()),
  block_count: z.int(),
  rejected: z.int(),
  region_outcomes: z.record(z.string(), Outcome),
  region_errors: z.record(z.string(), z.string()),
  region_events: Counts,
  api_calls: Counts,
  api_cost_usd: Usd,
  errors: z.array(z.string()),
  notes: z.array(z.string()),
})

const Amounts = { budget_usd: Usd, spent_usd: Usd, projected_usd: Usd }

const Problem = z.strictObject({
  collector: z.string(),
  aws_account_id: z.string(),
  outcome: JobOutcome,
  reconciliation: Reconciliation,
  runs: z.int(),
  newest_slot: Time,
  missing_blocks: z.array(z.string()),
})

const Queue = z.strictObject({
  waiting: z.int(),
  in_flight: z.int(),
  oldest_age_seconds: z.int().nullable(),
})

/** What `polo status --json` promises; docs/status.md says the same in words. */
export const StatusAnswer = z.strictObject({
  green: z.boolean(),
  at: Time,
  jobs: z.array(Job),
  left_out: z.array(z.strictObject({ aws_account_id: z.string(), polo_status: z.string() })),
  never_collected: z.array(z.strictObject({ aws_account_id: z.string(), collector: z.string() })),
  regions: z.array(
    z.strictObject({
      aws_account_id: z.string(),
      region: z.string(),
      outcome: Outcome,
      collectors: z.record(z.string(), Outcome),
    }),
  ),
  last_day: z.strictObject({
    since: Time,
    runs: z.int(),
    green: z.int(),
    pending: z.int(),
    not_green: z.int(),
    unaccounted: z.int(),
    problems: z.array(Problem),
  }),
  lifecycle: z.strictObject({
    last_event: Time.nullable(),
    last_day: z.int(),
    silent_accounts: z.array(z.string()),
  }),
  loads: z.strictObject({
    pending: z.int(),
    oldest_pending_at: Time.nullable(),
    loading: z.int(),
    failed: z.int(),
    given_up: z.int(),
    any_loaded: z.boolean(),
    problems: z.array(z.looseObject({ target: z.string(), status: z.string(), error: z.string() })),
  }),
  queue: Queue.nullable(),
  backfill_queue: Queue.nullable(),
  breaker: z
    .strictObject({
      state: z.enum(['closed', 'open', 'half_open']),
      since: Time,
      reason: z.string(),
      failed_probes: z.int(),
      relapses: z.int(),
      next_probe_at: Time,
    })
    .nullable(),
  dead_letters: z.int().nullable(),
  dead_jobs: z
    .strictObject({
      messages: z.int(),
      newest: z
        .array(
          z.strictObject({
            collector: z.string(),
            aws_account_id: z.string(),
            error: z.string(),
            jobs: z.int(),
            newest_at: Time,
          }),
        )
        .nullable(),
    })
    .nullable(),
  dead_rows: z.array(
    z.strictObject({
      reason: z.string(),
      schema: z.string(),
      collector: z.string(),
      rows: z.int(),
      newest_at: Time,
    }),
  ),
  duplicates: z
    .strictObject({
      partition: z.string(),
      rows: z.int(),
      duplicates: z.int(),
      estimated: z.boolean(),
    })
    .nullable(),
  paid_calls: z.strictObject({
    month: z.string().regex(/^\d{4}-\d\d$/),
    ...Amounts,
    collectors: z.array(z.strictObject({ collector: z.string(), ...Amounts })),
  }),
})
export type StatusAnswer = z.infer<typeof StatusAnswer>

/** `polo status --json`, and what it ended with. */
export async function readStatus(options: PoloOptions): Promise<StatusAnswer & { code: number | null }> {
  const { stdout, stderr, code } = await runPolo(['status', '--json'], options)
  const answer = StatusAnswer.safeParse(JSON.parse(stdout))
  if (answer.success) return { ...answer.data, code }
  throw new Error(`not a status: ${stdout}\n${stderr}\n${answer.error}`)
}
