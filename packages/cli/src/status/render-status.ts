import { keyOf } from './read-history.ts'
import type { ProblemRuns } from './read-last-day.ts'
import { renderCoverage } from './render-coverage.ts'
import { isFine, renderJobs, renderProblems } from './render-jobs.ts'
import { describeLifecycle, renderSilence } from './render-lifecycle.ts'
import { count, limit, type RenderOptions, say } from './render-lines.ts'
import { renderNotes, renderPaidCalls } from './render-paid-calls.ts'
import { renderPipeline } from './render-pipeline.ts'
import { countMoving, type StatusReport } from './status-report.ts'

/** The report for people: what is not as it should be in full, the rest in sums. */
export function renderStatus(report: StatusReport, options: RenderOptions): string {
  const sections = [
    [renderJobs(report, options)],
    renderNeverRun(report, options),
    renderLeftOut(report),
    renderProblems(report, options),
    renderCoverage(report.regions, options),
    renderLastDay(report, options),
    [...renderPipeline(report, options), ...renderPaidCalls(report)],
    renderNotes(report, options),
    [concludeStatus(report)],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

const ONLY_LOADED = 'No collector has run yet; files were loaded: see polo loads ls --all.'

/** What it all comes to. */
export function concludeStatus(report: StatusReport): string {
  const { green, jobs, never_collected, last_day, queue, backfill_queue, breaker, dead_letters, loads } =
    report
  const moving = countMoving(queue, backfill_queue)
  const isWhole = jobs.every(isFine) && never_collected.length === 0 && last_day.unaccounted === 0
  return [
    ...(breaker && breaker.state !== 'closed'
      ? [`The breaker is ${breaker.state.replace('_', ' ')}: what is collected waits in the queues.`]
      : []),
    ...(moving > 0 ? [describeMoving(moving)] : []),
    ...(isWhole ? [] : ['Not everything is complete: see what is not green above.']),
    ...(jobs.length === 0 ? [loads.any_loaded ? ONLY_LOADED : 'Nothing was collected yet.'] : []),
    ...(green ? ['Everything is complete and accounted for.'] : []),
    ...(dead_letters ? [describeDead(dead_letters)] : []),
    ...(loads.failed + loads.given_up > 0
      ? ['Not everything that was to be loaded is: see polo loads ls']
      : []),
  ].join('\n')
}

function renderNeverRun({ never_collected }: StatusReport, options: RenderOptions): string[] {
  const lines = never_collected.map((job) => `! ${job.aws_account_id} ${job.collector} was never run`)
  return limit(lines, options)
}

/** How many accounts are not collected from, and why. */
function renderLeftOut({ left_out }: StatusReport): string[] {
  if (left_out.length === 0) return []
  const groups = Map.groupBy(left_out, ({ polo_status }) => polo_status)
  const parts = [...groups].map(([status, accounts]) => {
    const [first] = accounts
    return accounts.length === 1 && first
      ? `${first.aws_account_id} is ${status}`
      : `${say(accounts.length)} are ${status}`
  })
  return [`Left out: ${count(left_out.length, 'account')} (${parts.join(', ')}): polo accounts ls`]
}

/** Runs that newer ones have followed are listed apart, so that nothing is hidden by what came after. */
function renderLastDay({ last_day, lifecycle, jobs }: StatusReport, options: RenderOptions): string[] {
  const { runs, green, pending, not_green, unaccounted, problems } = last_day
  const parts = [
    `${say(green)} green`,
    ...(pending > 0 ? [`${say(pending)} pending`] : []),
    ...(not_green > 0 ? [`${say(not_green)} not green`] : []),
    ...(unaccounted > 0 ? [`${say(unaccounted)} of them with missing blocks`] : []),
  ]
  const newest = new Set(jobs.map(kindOf))
  const earlier = problems.filter((one) => one.runs > 1 || !newest.has(kindOf(one)))
  return [
    `Last 24 hours: ${count(runs, 'run')}, ${parts.join(', ')}. ${describeLifecycle(lifecycle)}`,
    ...limit(earlier.map(describeRuns), options),
    ...renderSilence(lifecycle, options),
  ]
}

function kindOf(
  one: Pick<ProblemRuns, 'collector' | 'aws_account_id' | 'outcome' | 'reconciliation'>,
): string {
  return `${keyOf(one)} ${one.outcome} ${one.reconciliation}`
}

function describeRuns(problem: ProblemRuns): string {
  const { aws_account_id, collector, outcome, reconciliation, runs, newest_slot, missing_blocks } = problem
  const missing = reconciliation === 'reconciled' ? '' : `, ${reconciliation}`
  const [first, ...others] = missing_blocks
  const blocks = first ? `: block ${first}${others.length > 0 ? ` and ${say(others.length)} more` : ''}` : ''
  const what = `${aws_account_id} ${collector} ${outcome}${missing} in ${count(runs, 'run')}`
  return `${first ? '!' : ' '} ${what}, last ${newest_slot.slice(0, 16).replace('T', ' ')}${blocks}`
}

function describeMoving(messages: number): string {
  return messages === 1
    ? '1 message is on its way: what it holds is not counted yet.'
    : `${say(messages)} messages are on their way: what they hold is not counted yet.`
}

function describeDead(letters: number): string {
  const what = letters === 1 ? '1 dead letter holds' : `${say(letters)} dead letters hold`
  return `${what} what was refused: see polo dlq ls`
}
