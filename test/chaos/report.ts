import { FAULT_KINDS, type FaultCounts } from './faults.ts'
import { failures } from './finding.ts'
import type { JobResult } from './run-jobs.ts'
import type { ScheduleReport } from './run-schedule.ts'
import { isFoundOut } from './self-check.ts'

/** Every schedule kept its promises, and every sabotaged ingester was found out. */
export function isGreen(results: readonly JobResult[]): boolean {
  return results.every(isAsItShouldBe)
}

function isAsItShouldBe(result: JobResult): boolean {
  const { job, report } = result
  if (job.sabotage !== 'none') return isFoundOut(result)
  return !(report instanceof Error) && failures(report.findings).length === 0
}

/** One line for a schedule, and where it failed, what was expected and how to run it again. */
export function formatResult(result: JobResult): string {
  const { job, report } = result
  const name = `seed ${job.seed}`.padEnd(10)
  const isRight = isAsItShouldBe(result)
  if (job.sabotage !== 'none') {
    const verdict = isRight ? 'found out' : 'NOT FOUND OUT'
    return `self-check: an ingester sabotaged by ${job.sabotage} is ${verdict} (${symptoms(report)})`
  }
  if (report instanceof Error) return `${name}BROKE OFF  ${report.message}\n  ${replayCommand(job.seed)}`
  const line = [name, isRight ? 'ok    ' : 'FAILED', describe(report)].join(' ')
  if (isRight) return line
  const wrong = failures(report.findings).map(
    ({ check, expected, found }) => `  ${check}: expected ${expected}, found ${found}`,
  )
  return [line, ...wrong, `  ${replayCommand(job.seed)}`].join('\n')
}

function symptoms(report: JobResult['report']): string {
  if (report instanceof Error) return report.message
  const failed = failures(report.findings).length
  return `lost ${report.lost}, doubled ${report.doubled}, checks failed ${failed}`
}

function describe(report: ScheduleReport): string {
  return [
    seconds(report.durationMs).padStart(7),
    `${report.messages} messages, ${report.rows} rows, ${report.poison} poison (${report.mended} mended)`,
    `killed: ingester ${report.ingesterKills}, ClickHouse ${report.clickhouseKills}; stopped: ${report.clickhouseStops}`,
    `faults ${total(report.faults)}`,
    `lost ${report.lost}, doubled ${report.doubled}`,
    `drained in ${seconds(report.drainMs)}`,
  ].join('  ')
}

/** The figures of all schedules but those with a sabotaged ingester. */
export function formatSummary(results: readonly JobResult[]): string {
  const schedules = results.filter(({ job }) => job.sabotage === 'none')
  const reports = schedules.flatMap(({ report }) => (report instanceof Error ? [] : [report]))
  const sum = (of: (report: ScheduleReport) => number) =>
    reports.reduce((amount, report) => amount + of(report), 0)
  const drains = reports.map(({ drainMs }) => drainMs).sort((a, b) => a - b)
  const ingesterKills = sum((report) => report.ingesterKills)
  const clickhouseKills = sum((report) => report.clickhouseKills)
  const faults = FAULT_KINDS.map((kind) => `${kind} ${sum((report) => report.faults[kind])}`)
  const failed = schedules.filter((result) => !isAsItShouldBe(result))
  return [
    `schedules ${schedules.length}, failed ${failed.length}`,
    `kills ${ingesterKills + clickhouseKills} (ingester ${ingesterKills}, ClickHouse ${clickhouseKills}), ` +
      `ClickHouse stopped for a while ${sum((report) => report.clickhouseStops)}`,
    `faults ${sum((report) => total(report.faults))} (${faults.join(', ')})`,
    `messages ${sum((report) => report.messages)}, rows ${sum((report) => report.rows)}, ` +
      `poison rows ${sum((report) => report.poison)}, of them mended ${sum((report) => report.mended)}`,
    `lost ${sum((report) => report.lost)}`,
    `doubled ${sum((report) => report.doubled)}`,
    `time to drain: median ${seconds(drains[drains.length >> 1] ?? 0)}, longest ${seconds(drains.at(-1) ?? 0)}`,
    ...failed.map(({ job }) => replayCommand(job.seed)),
  ].join('\n')
}

function total(faults: FaultCounts): number {
  return FAULT_KINDS.reduce((sum, kind) => sum + faults[kind], 0)
}

function replayCommand(seed: number): string {
  return `run it again: npm run test:chaos -- --no-self-check --seeds 1 --seed ${seed}`
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
