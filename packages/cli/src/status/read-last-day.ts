import type { ClickHouseClient } from '@clickhouse/client'
import { readRows } from '@polo/ingester'
import { type JobStatus, onlyRuns } from '@polo/local'
import { toIsoTime } from './to-iso-time.ts'

/** Runs of a collector in an account, within the last day, that ended alike and not green. */
export interface ProblemRuns
  extends Pick<JobStatus, 'collector' | 'aws_account_id' | 'outcome' | 'reconciliation' | 'missing_blocks'> {
  readonly runs: number
  readonly newest_slot: string
}

/** Every run that started in the last 24 hours, the newest of each job among them. */
export interface LastDay {
  readonly since: string
  readonly runs: number
  readonly green: number
  /** Not over yet, or what they published is still on its way. */
  readonly pending: number
  readonly not_green: number
  /** Of those: rows that were published are neither stored nor dead-lettered, and it is past the deadline. */
  readonly unaccounted: number
  /** Those that are not green; first the ones whose blocks are missing. */
  readonly problems: readonly ProblemRuns[]
}

const DAY_MS = 86_400_000

const IS_PENDING = `outcome = 'pending' OR (outcome = 'complete' AND reconciliation = 'pending')`
const IS_GREEN = `outcome = 'complete' AND reconciliation = 'reconciled'`
const IS_UNACCOUNTED = `reconciliation = 'missing' AND notEmpty(missing_blocks)`

const COUNTS = `SELECT count() AS runs, countIf(${IS_GREEN}) AS green, countIf(${IS_PENDING}) AS pending,
    countIf(NOT (${IS_GREEN}) AND NOT (${IS_PENDING})) AS not_green, countIf(${IS_UNACCOUNTED}) AS unaccounted
  FROM collector_attempts`

const PROBLEMS = `SELECT collector, aws_account_id, outcome, reconciliation, count() AS runs, max(slot) AS newest_slot,
    arraySort(groupUniqArrayArray(missing_blocks)) AS missing_blocks
  FROM collector_attempts WHERE NOT (${IS_GREEN}) AND NOT (${IS_PENDING})
  GROUP BY collector, aws_account_id, outcome, reconciliation
  ORDER BY empty(missing_blocks), aws_account_id, collector, outcome`

type Counts = Omit<LastDay, 'since' | 'problems'>

/** What the runs of the last 24 hours came to, old slots that were made up for included. */
export async function readLastDay(clickhouse: ClickHouseClient, now: Date): Promise<LastDay> {
  const since = new Date(now.getTime() - DAY_MS).toISOString()
  const lastDay = onlyRuns(`started_at >= toDateTime64('${since.slice(0, -1).replace('T', ' ')}', 3, 'UTC')`)
  const [[counts], problems] = await Promise.all([
    readRows<Counts>(clickhouse, `${COUNTS} ${lastDay}`),
    readRows<ProblemRuns>(clickhouse, `${PROBLEMS} ${lastDay}`),
  ])
  const { runs = 0, green = 0, pending = 0, not_green = 0, unaccounted = 0 } = counts ?? {}
  return {
    since,
    runs,
    green,
    pending,
    not_green,
    unaccounted,
    problems: problems.map((one) => ({ ...one, newest_slot: toIsoTime(one.newest_slot) })),
  }
}
