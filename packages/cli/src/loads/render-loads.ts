import { INTERRUPTED_LOAD, type LoadReport } from '@polo/ingester'
import { renderTable } from '../output/output.ts'
import { printable, printableEnd } from '../output/printable.ts'
import { canBeDismissed, commandOf, waitsForCommand } from './choose-retries.ts'
import { collectorOf } from './collector-of.ts'
import type { PathReport } from './run-collect-path.ts'

const MAX_NAME = 60
/** Files of a directory that a screen has room for. */
const MAX_LISTED = 20
/** Enough of an id for polo loads retry. */
const ID_LENGTH = 8

/** Requests as a table, and below it why some are not loaded. */
export function renderLoads(loads: readonly LoadReport[]): string {
  const table = renderTable(
    ['id', 'collector', 'what', 'status', 'since', 'failures', 'files', 'rows', 'sum', 'seconds'],
    loads.map(
      ({ load_id, kind, target, status, changed_at, asked_at, tries, files, rows, sums, elapsed_ms }) => [
        load_id.slice(0, ID_LENGTH),
        collectorOf(kind),
        printableEnd(target, MAX_NAME),
        status,
        toMinute(changed_at ?? asked_at),
        tries,
        files,
        rows,
        Object.values(sums)[0] ?? '',
        Math.round(elapsed_ms / 100) / 10,
      ],
    ),
  )
  const problems = loads.filter(({ status }) => status === 'failed' || status === 'given_up')
  return [table, ...problems.map(describeProblem), ...loads.flatMap(describeLosses)].join('\n')
}

/** What people can do about loads that nothing brings in by itself, a line each. */
export function adviseLoads(loads: readonly LoadReport[]): string[] {
  const commands = new Set(loads.filter(waitsForCommand).map(commandOf))
  return [
    ...[...commands].map(
      (command) => `! What waits is loaded by ${command} alone: run it again, unless it runs.`,
    ),
    ...(loads.some(canBeDismissed) ? ['What will never be loaded: polo loads dismiss ID, or --all.'] : []),
  ]
}

/** `! cost_cur org/2026-02 given up: there is no column of …` */
export function describeProblem({ kind, target, status, error, retry_at, storage }: LoadReport): string {
  const tried = retry_at === null ? '' : `, next try ${toMinute(retry_at)}`
  // Only its own command reads a directory of this machine.
  const again = error === INTERRUPTED_LOAD ? ', run the command again' : ', mend it and run the command again'
  const next = storage === 'file' ? again : tried
  return `! ${collectorOf(kind)} ${printableEnd(target, MAX_NAME)} ${status.replace('_', ' ')}${next}: ${printable(error, 400)}`
}

/** What of a load that is loaded did not arrive, a line each. */
export function describeLosses(load: LoadReport): string[] {
  const { expired_records = '0', kept_days = '', malformed_lines = '0' } = load.details
  if (load.status !== 'loaded') return []
  const malformed = Number(malformed_lines)
  const expired = Number(expired_records)
  const losses = [
    ...(malformed > 0 ? [describeMalformed(malformed, isUnreadable(load))] : []),
    ...(expired > 0 ? [describeExpired(expired, kept_days)] : []),
  ]
  return losses.map((loss) => `! ${collectorOf(load.kind)} ${printableEnd(load.target, MAX_NAME)}: ${loss}`)
}

/** Nothing but malformed lines: whatever it is, its traffic is missing. */
export function isUnreadable({ status, rows, details }: LoadReport): boolean {
  return status === 'loaded' && rows === 0 && Number(details.malformed_lines ?? 0) > 0
}

function describeMalformed(lines: number, isAll: boolean): string {
  const all = isAll ? 'nothing but ' : ''
  return `${all}${count(lines, 'malformed line', 'malformed lines')}: see flow_log_malformed_lines`
}

function describeExpired(rows: number, keptDays: string): string {
  const dropped = rows === 1 ? 'is dropped' : 'are dropped'
  return `${count(rows, 'row is', 'rows are')} older than the ${keptDays} days that traffic is kept, and ${dropped}`
}

function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`
}

/** `2026-03-01 10:05` */
function toMinute(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}

/** The report of a directory for people; of many files those with which something is wrong. */
export function renderPathReport({ notes, loads }: Pick<PathReport, 'notes' | 'loads'>): string {
  const listed = loads.length > MAX_LISTED ? loads.filter(isWorthListing).slice(0, MAX_LISTED) : loads
  const others = loads.length - listed.length
  return [
    ...notes.map((note) => `Note: ${printable(note, 500)}.`),
    ...(listed.length > 0 ? [renderLoads(listed)] : []),
    ...(others > 0
      ? [`${others.toLocaleString('en-US')} ${listed.length > 0 ? 'more ' : ''}loads: --json has all.`]
      : []),
    sumUp(loads),
  ].join('\n')
}

function isWorthListing(load: LoadReport): boolean {
  return load.status !== 'loaded' || describeLosses(load).length > 0
}

function sumUp(loads: readonly LoadReport[]): string {
  const sum = (numberOf: (load: LoadReport) => number) =>
    loads.reduce((total, load) => total + numberOf(load), 0)
  const done = loads.filter(({ status }) => status === 'loaded').length
  const expired = sum(({ status, details }) =>
    status === 'loaded' ? Number(details.expired_records ?? 0) : 0,
  )
  const dropped =
    expired > 0 ? `, ${expired.toLocaleString('en-US')} of them too old to be kept (retentionDays)` : ''
  return `${done} of ${loads.length} loaded, ${count(
    sum(({ rows }) => rows),
    'row',
    'rows',
  )}${dropped}.`
}
