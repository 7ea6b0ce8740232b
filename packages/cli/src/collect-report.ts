import type { CollectorRun } from '@polo/core'
import { deniedSampleRegion, type JobStatus } from '@polo/local'
import { EXIT } from './exit-code.ts'
import { renderTable } from './output.ts'

/** What a run came to, from the collector's call to the stored row. */
export interface RunReport {
  readonly run_id: string
  readonly collector: string
  readonly account: string
  readonly slot: string
  readonly outcome: string
  readonly reconciliation: string
  readonly regions: Readonly<Record<string, string>>
  readonly region_errors: Readonly<Record<string, string>>
  readonly events: number
  /** Rows in blocks: the events, and rows of other tables, such as accounts. */
  readonly published: number
  readonly rejected: number
  readonly blocks: number
  readonly stored: number
  readonly dead_lettered: number
  readonly api_calls: number
  readonly api_calls_by_operation: Readonly<Record<string, number>>
  readonly errors: readonly string[]
}

export interface CollectReport {
  readonly source: string
  readonly runs: readonly RunReport[]
  /** Every run complete, and every row it published stored or dead-lettered. */
  readonly complete: boolean
}

/** Joins what the runs say with what the database knows of them. */
export function toReport(
  source: string,
  runs: readonly CollectorRun[],
  statuses: readonly JobStatus[],
): CollectReport {
  const statusOf = new Map(statuses.map((status) => [status.run_id, status]))
  const reports = runs
    .map((run) => toRunReport(run, statusOf.get(run.run_id)))
    .sort((a, b) => a.account.localeCompare(b.account) || a.collector.localeCompare(b.collector))
  const complete = reports.every((run) => run.outcome === 'complete' && run.reconciliation === 'reconciled')
  return { source, runs: reports, complete }
}

function toRunReport(run: CollectorRun, status: JobStatus | undefined): RunReport {
  return {
    run_id: run.run_id,
    collector: run.collector,
    account: run.aws_account_id,
    slot: run.slot,
    outcome: run.status,
    reconciliation: status?.reconciliation ?? 'pending',
    regions: run.region_outcomes,
    region_errors: run.region_errors,
    events: run.events,
    published: publishedRows(run),
    rejected: run.rejected,
    blocks: run.block_ids.length,
    stored: status?.stored_rows ?? 0,
    dead_lettered: status?.dead_rows ?? 0,
    api_calls: Object.values(run.api_calls).reduce((sum, count) => sum + count, 0),
    api_calls_by_operation: run.api_calls,
    errors: run.errors,
  }
}

/** Events, and rows of other tables; what was counted and is in no block is missing. */
function publishedRows({ events, block_rows }: CollectorRun): number {
  return Math.max(
    events,
    block_rows.reduce((sum, rows) => sum + rows, 0),
  )
}

export function exitCodeOf(report: CollectReport): number {
  return report.complete ? EXIT.done : EXIT.incomplete
}

/** The sample estate has one region that is denied on purpose; anything else that is not whole is a fault. */
export function sampleExitCodeOf({ runs }: CollectReport): number {
  const isWhole = runs.every(
    (run) =>
      run.reconciliation === 'reconciled' &&
      run.dead_lettered === 0 &&
      (run.outcome === 'complete' || isDeniedOnPurpose(run)),
  )
  return isWhole && runs.some((run) => run.stored > 0) ? EXIT.done : EXIT.incomplete
}

function isDeniedOnPurpose({ account, regions }: RunReport): boolean {
  const incomplete = Object.entries(regions).filter(([, outcome]) => outcome !== 'complete')
  const { account: denied, region } = deniedSampleRegion
  return (
    account === denied &&
    incomplete.length === 1 &&
    incomplete.every(([name, outcome]) => name === region && outcome === 'denied')
  )
}

/** The report for people: a line per run, then what is not complete and why. */
export function renderReport({ runs }: CollectReport): string {
  const table = renderTable(
    ['account', 'collector', 'outcome', 'regions', 'events', 'stored', 'dead', 'API calls'],
    runs.map((run) => [
      run.account,
      run.collector,
      run.outcome,
      Object.keys(run.regions).length,
      run.events,
      run.stored,
      run.dead_lettered,
      run.api_calls,
    ]),
  )
  const problems = runs.flatMap((run) =>
    run.errors.map((error) => `! ${run.account} ${run.collector} ${error}`),
  )
  return [table, '', ...problems, ...warnOfRefused(runs), summarize(runs)].join('\n')
}

function warnOfRefused(runs: readonly RunReport[]): string[] {
  const refused = runs.reduce((sum, run) => sum + run.dead_lettered, 0)
  if (refused === 0) return []
  return [`! ${refused} ${refused === 1 ? 'row was' : 'rows were'} refused: see polo dlq ls`]
}

function summarize(runs: readonly RunReport[]): string {
  const sum = (count: (run: RunReport) => number) => runs.reduce((total, run) => total + count(run), 0)
  const [published, stored, dead] = [
    sum((run) => run.published),
    sum((run) => run.stored),
    sum((run) => run.dead_lettered),
  ]
  const complete = runs.filter((run) => run.outcome === 'complete').length
  const unaccounted = published - stored - dead
  const rest = unaccounted > 0 ? ` + ${unaccounted} not accounted for` : ''
  return `${published} published = ${stored} stored + ${dead} dead-lettered${rest}. ${complete} of ${runs.length} runs complete.`
}
