import { describeAge } from '../dead-letters/render-dead-letters.ts'
import { nameAccounts } from '../output/name-accounts.ts'
import { renderTable } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { count, limit, more, type RenderOptions, say } from './render-lines.ts'
import type { ReportedJob, StatusReport } from './status-report.ts'

/** More jobs than a screen holds are summed up; what is not green is always named. */
const MAX_LISTED = 20
const MAX_BLOCKS = 3
const MAX_ERRORS = 1
const HEAD = [
  'account',
  'collector',
  'slot',
  'state',
  'published',
  'stored',
  'dead',
  'regions',
  'last complete',
]

/** How many jobs are green, and a line for each, or for those that are not. */
export function renderJobs({ jobs, at }: StatusReport, { all }: RenderOptions): string {
  const listed = all || jobs.length <= MAX_LISTED ? jobs : jobs.filter((job) => !isFine(job))
  const shown = all ? listed : listed.slice(0, MAX_LISTED)
  const rows = shown.map((job) => [
    job.aws_account_id,
    job.collector,
    describeSlot(job.slot, at),
    describeState(job),
    job.published_rows,
    job.stored_rows,
    job.dead_rows,
    describeRegions(job),
    describeFreshness(job),
  ])
  return [
    summarize(jobs),
    ...(rows.length > 0 ? [renderTable(HEAD, rows)] : []),
    ...more(listed.length - shown.length),
  ].join('\n')
}

/** Why jobs are not green: which blocks are not stored, and what the collectors said. */
export function renderProblems({ jobs }: StatusReport, options: RenderOptions): string[] {
  const problems = jobs.filter((job) => !isFine(job))
  const told = [describeBlocks, describeErrors].flatMap((describe) =>
    problems.flatMap((job) =>
      describe(job, options).map((text) => ({ account: job.aws_account_id, collector: job.collector, text })),
    ),
  )
  return limit(
    nameAccounts(told).map((line) => `! ${line}`),
    options,
  )
}

/** Green, and not too long ago; or left out on purpose. */
export function isFine({ green, freshness, left_out }: ReportedJob): boolean {
  return left_out || (green && !freshness.stale)
}

function summarize(jobs: readonly ReportedJob[]): string {
  const accounts = new Set(jobs.map((job) => job.aws_account_id)).size
  const groups = Map.groupBy(jobs, classOf)
  const counts = ['green', 'pending', 'not green', 'stale', 'left out'].flatMap((name) => {
    const number = groups.get(name)?.length ?? 0
    return number > 0 ? [`${say(number)} ${name}`] : []
  })
  return `Newest jobs of ${count(accounts, 'account')}: ${counts.join(', ') || 'none'}.`
}

function classOf(job: ReportedJob): string {
  const { green, outcome, reconciliation, left_out } = job
  if (left_out) return 'left out'
  if (green) return isFine(job) ? 'green' : 'stale'
  const isPending = outcome === 'pending' || (outcome === 'complete' && reconciliation === 'pending')
  return isPending ? 'pending' : 'not green'
}

/** The year where it is another than now. */
function describeSlot(slot: string, at: string): string {
  const minutes = slot.slice(0, 16).replace('T', ' ')
  return slot.slice(0, 4) === at.slice(0, 4) ? minutes.slice(5) : minutes
}

/** `green`, or what keeps it from being that: the outcome, and whether its rows are accounted for. */
function describeState({ green, outcome, reconciliation, left_out }: ReportedJob): string {
  if (left_out) return 'left out'
  if (green) return 'green'
  if (outcome === 'pending' || reconciliation === 'reconciled') return outcome
  const rows = { pending: 'storing', missing: 'missing' }[reconciliation]
  return outcome === 'complete' ? rows : `${outcome}, ${rows}`
}

function describeRegions({ region_outcomes }: ReportedJob): string {
  const outcomes = Object.values(region_outcomes)
  const complete = outcomes.filter((outcome) => outcome === 'complete').length
  return complete === outcomes.length ? `${complete}` : `${complete} of ${outcomes.length}`
}

function describeFreshness({ freshness: { age_seconds, stale } }: ReportedJob): string {
  if (age_seconds === null) return 'not lately'
  return `${describeAge(age_seconds)} ago${stale ? ', stale' : ''}`
}

function describeBlocks({ missing_blocks, reconciliation }: ReportedJob, { all }: RenderOptions): string[] {
  const named = all ? missing_blocks : missing_blocks.slice(0, MAX_BLOCKS)
  const words =
    reconciliation === 'missing' ? 'is missing: its rows are unaccounted for' : 'is not stored yet'
  return [
    ...named.map((block) => `block ${block} ${words}`),
    ...andMore(missing_blocks.length - named.length, 'block'),
  ]
}

function describeErrors({ errors }: ReportedJob, { all }: RenderOptions): string[] {
  const named = all ? errors : errors.slice(0, MAX_ERRORS)
  return [...named.map((error) => printable(error, 200)), ...andMore(errors.length - named.length, 'error')]
}

function andMore(number: number, noun: string): string[] {
  return number > 0 ? [`and ${count(number, `more ${noun}`)}: polo status --all`] : []
}
