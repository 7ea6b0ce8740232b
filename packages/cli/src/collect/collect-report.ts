import { type FilesSummary, isRoutineNote } from '@polo/collectors'
import { type CollectorRun, describeUsd } from '@polo/core'
import type { LoadSummary } from '@polo/ingester'
import { deniedSampleRegion, type JobStatus } from '@polo/local'
import { EXIT } from '../exit-code.ts'
import { nameAccounts } from '../output/name-accounts.ts'
import { renderTable } from '../output/output.ts'
import { describeFiles } from './files/describe-files.ts'

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
  /** What AWS charges for those calls, in US dollars. */
  readonly api_cost_usd: number
  readonly errors: readonly string[]
  /** What is worth telling and no failure. */
  readonly notes: readonly string[]
}

export interface CollectReport {
  readonly source: string
  /** What was read, where the source is files. */
  readonly files?: FilesSummary
  readonly runs: readonly RunReport[]
  /** What was loaded of what the runs asked for. */
  readonly loads?: LoadSummary
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
  const reports = runs.map((run) => toRunReport(run, statusOf.get(run.run_id))).sort(byPlace)
  const complete = reports.every((run) => run.outcome === 'complete' && run.reconciliation === 'reconciled')
  return { source, runs: reports, complete }
}

/** Both as one, with what the second read. */
export function joinReports(first: CollectReport, second: CollectReport): CollectReport {
  return {
    ...first,
    ...second,
    source: first.source,
    runs: [...first.runs, ...second.runs].sort(byPlace),
    complete: first.complete && second.complete,
  }
}

function byPlace(a: RunReport, b: RunReport): number {
  return (
    a.account.localeCompare(b.account) ||
    a.collector.localeCompare(b.collector) ||
    a.slot.localeCompare(b.slot)
  )
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
    api_cost_usd: run.api_cost_usd,
    errors: run.errors,
    notes: run.notes,
  }
}

/** Events, and rows of other tables; what was counted and is in no block is missing. */
export function publishedRows({ events, block_rows }: CollectorRun): number {
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

/** Of one run. */
const MAX_ERRORS = 3
const MAX_NOTES = 2

/** The report for people: a line per run, then what is not complete and why. */
export function renderReport({ runs, files }: CollectReport): string {
  const slots = hasRunsOfSeveralSlots(runs)
  const table = renderTable(
    [
      'account',
      'collector',
      ...(slots ? ['slot'] : []),
      'outcome',
      'regions',
      'events',
      'stored',
      'dead',
      'API calls',
    ],
    runs.map((run) => [
      run.account,
      run.collector,
      ...(slots ? [run.slot] : []),
      run.outcome,
      Object.keys(run.regions).length,
      run.events,
      run.stored,
      run.dead_lettered,
      run.api_calls,
    ]),
  )
  const problems = sayOf(runs, ({ errors }) => firstOf(errors, MAX_ERRORS, 'error'))
  const notes = sayOf(runs, (run) => firstOf(run.notes.filter(isTold), MAX_NOTES, 'note'))
  const lines = [
    ...(files ? [`${describeFiles(files)}.`] : []),
    ...problems.map((problem) => `! ${problem}`),
    ...notes.map((note) => `  ${note}`),
    ...warnOfRefused(runs),
    ...tellCost(runs),
  ]
  return [table, '', ...lines, summarize(runs)].join('\n')
}

/** Lines of one account and collector are told apart by nothing else. */
function hasRunsOfSeveralSlots(runs: readonly RunReport[]): boolean {
  return new Set(runs.map(({ account, collector }) => `${account} ${collector}`)).size < runs.length
}

function sayOf(runs: readonly RunReport[], textsOf: (run: RunReport) => readonly string[]): string[] {
  return nameAccounts(
    runs.flatMap((run) =>
      textsOf(run).map((text) => ({ account: run.account, collector: run.collector, text })),
    ),
  )
}

function isTold(note: string): boolean {
  return !isRoutineNote(note)
}

/** What is the same of many regions would hide the rest. */
function firstOf(lines: readonly string[], most: number, noun: string): string[] {
  const more = lines.length - most
  return more > 0
    ? [...lines.slice(0, most), `and ${more} more ${noun}${more === 1 ? '' : 's'}: --json has all`]
    : [...lines]
}

function warnOfRefused(runs: readonly RunReport[]): string[] {
  const refused = runs.reduce((sum, run) => sum + run.dead_lettered, 0)
  if (refused === 0) return []
  return [`! ${refused} ${refused === 1 ? 'row was' : 'rows were'} refused: see polo dlq ls`]
}

function tellCost(runs: readonly RunReport[]): string[] {
  const usd = runs.reduce((total, run) => total + run.api_cost_usd, 0)
  return usd > 0 ? [`AWS charges ${describeUsd(usd)} for these calls.`] : []
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
