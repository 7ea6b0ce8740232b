import { COLLECTORS } from '@polo/collectors'
import type { BreakerState, Spend } from '@polo/ingester'
import type { JobStatus } from '@polo/local'
import { type RegionCoverage, toCoverage } from './coverage.ts'
import { findMissing, type MissingJob } from './find-missing.ts'
import { type Freshness, toFreshness } from './freshness.ts'
import { type LifecycleState, toLifecycleState } from './lifecycle-state.ts'
import { type PaidCalls, toPaidCalls } from './paid-calls.ts'
import type { DeadJobsState } from './read-dead-jobs.ts'
import type { DeadRows } from './read-dead-rows.ts'
import type { Duplicates } from './read-duplicates.ts'
import { type KnownAccount, keyOf, type RunHistory } from './read-history.ts'
import type { LastDay } from './read-last-day.ts'
import type { LifecycleHistory } from './read-lifecycle.ts'
import { areLoadsFine, type LoadsState } from './read-loads.ts'
import type { QueueState } from './read-queue.ts'

/** The newest job of a collector in an account. */
export type ReportedJob = JobStatus & {
  /** Complete, and every row it published is stored or dead-lettered. */
  readonly green: boolean
  readonly freshness: Freshness
  /** Nothing collects from its account for now: it is paused, pending or suspended. It is told, and not judged. */
  readonly left_out: boolean
}

/** What `polo status --json` prints; docs/status.md describes it. */
export interface StatusReport {
  readonly green: boolean
  readonly at: string
  readonly jobs: readonly ReportedJob[]
  readonly never_collected: readonly MissingJob[]
  /** Accounts that nothing is collected from for now, and so are not judged. */
  readonly left_out: readonly Pick<KnownAccount, 'aws_account_id' | 'polo_status'>[]
  readonly regions: readonly RegionCoverage[]
  readonly last_day: LastDay
  readonly lifecycle: LifecycleState
  /** Files that the database loads by itself. */
  readonly loads: LoadsState
  /** null where no queue is known to ask. */
  readonly queue: QueueState | null
  readonly backfill_queue: QueueState | null
  /** null where nobody knows. */
  readonly breaker: BreakerState | null
  /** Messages in the dead-letter queue; null where none is known to ask. */
  readonly dead_letters: number | null
  /** Jobs that were given up; null where no queue of them is known to ask. */
  readonly dead_jobs: DeadJobsState | null
  /** Rows refused and not stored since, by reason. */
  readonly dead_rows: readonly DeadRows[]
  /** null where nobody knows. */
  readonly duplicates: Duplicates | null
  readonly paid_calls: PaidCalls
}

/** What was read of database, queues and ingester. */
export interface StatusFacts
  extends Pick<
    StatusReport,
    | 'last_day'
    | 'loads'
    | 'queue'
    | 'backfill_queue'
    | 'breaker'
    | 'dead_letters'
    | 'dead_jobs'
    | 'dead_rows'
    | 'duplicates'
  > {
  readonly now: Date
  readonly spend: Spend
  /** What paid calls may cost in a month. */
  readonly paidApiBudgetUsd: number
  readonly isDeployed: boolean
  /** The newest job of every collector × account. */
  readonly latest: readonly JobStatus[]
  readonly history: readonly RunHistory[]
  readonly accounts: readonly KnownAccount[]
  readonly lifecycle: readonly LifecycleHistory[]
  /** Where the organization is read by schedule; undefined where it is not, or nobody knows. */
  readonly organizationAccount: string | undefined
}

/** Judges what was read. */
export function toStatusReport(facts: StatusFacts): StatusReport {
  const { now, accounts, organizationAccount, latest: _, isDeployed: __, history: ___, ...others } = facts
  const { spend, paidApiBudgetUsd, lifecycle: ____, ...read } = others
  const jobs = toJobs(facts)
  const report = {
    at: now.toISOString(),
    jobs,
    never_collected: findMissing(jobs, { accounts, organizationAccount }),
    left_out: accounts
      .filter(({ polo_status }) => polo_status !== 'active')
      .map(({ aws_account_id, polo_status }) => ({ aws_account_id, polo_status })),
    regions: toCoverage(jobs.filter(isJudged)),
    lifecycle: toLifecycleState(facts),
    ...read,
    paid_calls: toPaidCalls(spend, paidApiBudgetUsd),
  }
  return { green: isGreen(report) && areLoadsFine(report.loads, now), ...report }
}

/** Messages that are not counted yet because they are on their way. */
export function countMoving(...queues: readonly (QueueState | null)[]): number {
  return queues.reduce((sum, queue) => sum + (queue ? queue.waiting + queue.in_flight : 0), 0)
}

function isGreen(report: Omit<StatusReport, 'green'>): boolean {
  const { jobs, never_collected, last_day, queue, backfill_queue, breaker, loads } = report
  return (
    // Who only loads files has no job.
    (jobs.length === 0 ? loads.any_loaded : jobs.some(isJudged)) &&
    jobs.filter(isJudged).every(({ green, freshness }) => green && !freshness.stale) &&
    never_collected.length === 0 &&
    last_day.unaccounted === 0 &&
    countMoving(queue, backfill_queue) === 0 &&
    (breaker === null || breaker.state === 'closed')
  )
}

function toJobs({ latest, history, accounts, now, isDeployed }: StatusFacts): ReportedJob[] {
  const histories = new Map(history.map((one) => [keyOf(one), one]))
  const accountOf = new Map(accounts.map((account) => [account.aws_account_id, account]))
  return latest
    .map((job) => {
      const account = accountOf.get(job.aws_account_id)
      const known = histories.get(keyOf(job)) ?? neverBefore(job)
      return {
        ...job,
        green: job.outcome === 'complete' && job.reconciliation === 'reconciled',
        freshness: toFreshness(known, { now, account, isDeployed }),
        left_out: account !== undefined && account.polo_status !== 'active' && isOfAccount(job.collector),
      }
    })
    .sort(
      (a, b) => a.aws_account_id.localeCompare(b.aws_account_id) || a.collector.localeCompare(b.collector),
    )
}

/** Whether anything is concluded from the job. */
function isJudged({ left_out }: ReportedJob): boolean {
  return !left_out
}

/** The organization is read whatever the payer account's own status. */
function isOfAccount(name: string): boolean {
  return COLLECTORS.every((collector) => collector.name !== name || collector.scope === 'account')
}

/** Its first record came between two questions. */
function neverBefore({ collector, aws_account_id, started_at }: JobStatus): RunHistory {
  return {
    collector,
    aws_account_id,
    last_attempt_at: started_at,
    last_success_slot: null,
    on_time_slots: [],
  }
}
