import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { classify, readRows } from '@polo/ingester'
import { ReconciliationTimeoutError } from './errors.ts'

/** An attempt at a job as `collector_attempts` shows it, and what became of the rows it published. */
export interface JobStatus {
  readonly run_id: string
  readonly collector: string
  readonly aws_account_id: string
  readonly slot: string
  /** `pending` until the final record is there; past its deadline without one, `failed`. */
  readonly outcome: 'pending' | 'complete' | 'partial' | 'denied' | 'throttled' | 'failed'
  /** `pending` → `reconciled` when published = stored + dead-lettered, or `missing` past the deadline. */
  readonly reconciliation: 'pending' | 'reconciled' | 'missing'
  readonly published_rows: number
  readonly stored_rows: number
  readonly dead_rows: number
  readonly missing_blocks: readonly string[]
  readonly block_count: number
  readonly rejected: number
  readonly region_outcomes: Readonly<Record<string, string>>
  readonly region_errors: Readonly<Record<string, string>>
  readonly region_events: Readonly<Record<string, number>>
  readonly api_calls: Readonly<Record<string, number>>
  /** What AWS charges for those calls, in US dollars. */
  readonly api_cost_usd: number
  readonly errors: readonly string[]
  /** What is worth telling and no failure. */
  readonly notes: readonly string[]
  readonly started_at: string
}

/** Missing blocks that a message names. */
const MAX_NAMED = 3
const COLUMNS = `run_id, collector, aws_account_id, slot, outcome, reconciliation, published_rows, stored_rows,
  dead_rows, missing_blocks, block_count, rejected, region_outcomes, region_errors, region_events, api_calls, api_cost_usd,
  errors, notes, started_at`

const NEWEST_SLOTS = `SELECT DISTINCT newest FROM
  (SELECT max(slot) AS newest FROM collector_runs GROUP BY collector, aws_account_id)`

/**
 * The newest attempt: a look at a region that somebody asked for says nothing of the others, and stands for its job only
 * where there is no other.
 * Filters before it orders: `collector_jobs` would account for every run there ever was.
 */
const LATEST_JOBS = `SELECT ${COLUMNS} FROM collector_attempts
  WHERE (collector, aws_account_id, slot) IN
    (SELECT collector, aws_account_id, max(slot) FROM collector_runs GROUP BY collector, aws_account_id)
  ORDER BY status = 'dispatched', length(asked_regions) = 0 DESC, length(asked_regions) DESC, started_at DESC
  LIMIT 1 BY collector, aws_account_id`

/** The newest job of every collector and account, as the latest of its attempts left it. */
export async function readLatestJobs(clickhouse: ClickHouseClient): Promise<JobStatus[]> {
  const slots = await readRows<{ newest: string }>(clickhouse, NEWEST_SLOTS)
  if (slots.length === 0) return []
  const recent = onlyRuns(inSlots(slots.map(({ newest }) => newest)))
  return readRows<JobStatus>(clickhouse, `${LATEST_JOBS} ${recent}`)
}

/**
 * The end of a query that shall see no other rows of `collector_runs` than those which meet the condition, also
 * within the views that it reads: their joins would otherwise account for every run there ever was.
 */
export function onlyRuns(condition: string): string {
  return `SETTINGS additional_table_filters = {'collector_runs': '${condition.replaceAll("'", "\\'")}'}`
}

/** The condition for every run of these slots, which are as ClickHouse wrote them. */
export function inSlots(slots: readonly string[]): string {
  return `slot IN (${slots.map((slot) => `'${slot}'`).join(', ')})`
}

/** More than the queue hides the messages of an ingester that was killed. */
const PATIENCE_MS = 200_000
/** For a database that does not answer at all. */
const AWAY_PATIENCE_MS = 30_000
const PASSING = new Set(['retry', 'overload', 'outage'])

export interface AwaitOptions {
  readonly patienceMs?: number
  /** Asked again and again for what is known to be in the way. */
  readonly whyWaiting?: () => string | undefined
  /** Told how many rows are accounted for and what is in the way, whenever either has changed. */
  readonly onProgress?: (rows: number, why: string | undefined) => void
  /** Ends the waiting with its reason. */
  readonly signal?: AbortSignal
}

/**
 * Waits until every row that these runs published is stored or dead-lettered; a database that is away may come back.
 * @throws ReconciliationTimeoutError when nothing has moved for `patienceMs`, less if the database is away; it names what is missing
 */
export async function awaitReconciliation(
  clickhouse: ClickHouseClient,
  runIds: readonly string[],
  { patienceMs = PATIENCE_MS, whyWaiting, onProgress, signal }: AwaitOptions = {},
): Promise<JobStatus[]> {
  const expected = new Set(runIds).size
  let lastProgress = { at: Date.now(), accounted: -1, rows: 0 }
  let told: string | undefined
  for (;;) {
    signal?.throwIfAborted()
    const { jobs, failure } = await tryToRead(clickhouse, runIds)
    const accounted = jobs.reduce((sum, job) => sum + job.stored_rows + job.dead_rows + 1, 0)
    const hasMoved = accounted > lastProgress.accounted
    if (hasMoved) lastProgress = { at: Date.now(), accounted, rows: accounted - jobs.length }
    const why = whyWaiting?.() ?? failure?.message
    if (hasMoved || why !== told) onProgress?.(lastProgress.rows, why)
    told = why
    const isWhole = failure === undefined && jobs.length === expected
    if (isWhole && jobs.every((job) => job.reconciliation !== 'pending')) return jobs
    const patience = failure ? Math.min(patienceMs, AWAY_PATIENCE_MS) : patienceMs
    if (Date.now() - lastProgress.at > patience) throw failure ?? notReconciled(jobs, expected, why)
    await sleep(150)
  }
}

interface Reading {
  readonly jobs: JobStatus[]
  /** Set when the database did not answer, which may pass. */
  readonly failure?: ReconciliationTimeoutError
}

async function tryToRead(clickhouse: ClickHouseClient, runIds: readonly string[]): Promise<Reading> {
  try {
    return { jobs: await readRuns(clickhouse, runIds) }
  } catch (cause) {
    if (!PASSING.has(classify(cause).class)) throw cause
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '')
    const message = `ClickHouse does not answer: ${reason}. What was published waits in the queue: nothing is lost.`
    return { jobs: [], failure: new ReconciliationTimeoutError(message, { cause }) }
  }
}

function readRuns(clickhouse: ClickHouseClient, runIds: readonly string[]): Promise<JobStatus[]> {
  const query = `SELECT ${COLUMNS} FROM collector_attempts WHERE run_id IN {run_ids: Array(UUID)}`
  return readRows<JobStatus>(clickhouse, query, { run_ids: [...runIds] })
}

function notReconciled(
  jobs: readonly JobStatus[],
  expected: number,
  why: string | undefined,
): ReconciliationTimeoutError {
  const silent = expected - jobs.length
  const missing = jobs.flatMap((job) => job.missing_blocks)
  const named = missing.length > MAX_NAMED ? [...missing.slice(0, MAX_NAMED), '…'] : missing
  return new ReconciliationTimeoutError(
    `nothing has arrived for a while, and the database still lacks ${silent} run records and ${missing.length} ` +
      `blocks${named.length > 0 ? ` (${named.join(', ')})` : ''}. They wait in the queue: nothing is lost. ` +
      `${why === undefined ? '' : `The ingester's last problem: ${why}. `}See \`polo status\`.`,
  )
}
