import { describeTarget, toMinute } from '../dead-letters/render-dead-jobs.ts'
import { describeAge } from '../dead-letters/render-dead-letters.ts'
import { printable } from '../output/printable.ts'
import type { DeadJobs } from './read-dead-jobs.ts'
import { DEAD_ROWS_DAYS } from './read-dead-rows.ts'
import type { QueueState } from './read-queue.ts'
import { count, limit, type RenderOptions, say } from './render-lines.ts'
import { renderLoadsState } from './render-loads-state.ts'
import { countMoving, type StatusReport } from './status-report.ts'

/** Queues, breaker, dead letters and duplicates, a line each. */
export function renderPipeline(report: StatusReport, options: RenderOptions): string[] {
  const { queue, backfill_queue, dead_letters, breaker } = report
  const dead = dead_letters === null ? 'unknown (POLO_DEAD_LETTER_QUEUE_URL is not set)' : say(dead_letters)
  return [
    `Queue: ${describeQueue(queue)}. Backfill queue: ${describeQueue(backfill_queue)}.`,
    breaker
      ? describeBreaker(breaker)
      : 'Breaker: unknown (POLO_INGESTER_FUNCTION is not set, or Lambda does not say).',
    `Messages in the dead-letter queue: ${dead}.`,
    ...describeDeadJobs(report, options),
    ...describeDeadRows(report, options),
    ...renderLoadsState(report.loads, options),
    describeDuplicates(report),
  ]
}

/** The state of the breaker, and what that means. */
export function describeBreaker(breaker: NonNullable<StatusReport['breaker']>): string {
  const { state, since, reason, failed_probes } = breaker
  if (state === 'closed') return 'Breaker: closed.'
  const meaning = {
    open: 'all waits in the queues',
    half_open: 'the queues drain slowly, to see if it lasts',
  }
  const why = `${printable(reason, 60)} since ${since}, ${count(failed_probes, 'failed probe')}`
  return `! Breaker: ${state.replace('_', ' ')}, ${meaning[state]} (${why}).`
}

/** How many messages, and how old the oldest is. */
export function describeQueue(queue: QueueState | null): string {
  if (!queue) return 'unknown'
  if (countMoving(queue) === 0) return 'empty'
  const age = queue.oldest_age_seconds === null ? 'unknown' : describeAge(queue.oldest_age_seconds)
  return `${say(queue.waiting)} waiting, ${say(queue.in_flight)} in flight, oldest ${age}`
}

function describeDeadJobs({ dead_jobs }: StatusReport, options: RenderOptions): string[] {
  if (dead_jobs === null) return ['Jobs given up: unknown (POLO_JOBS_DEAD_LETTER_QUEUE_URL is not set).']
  const { messages, newest } = dead_jobs
  if (messages === 0) return ['Jobs given up: 0.']
  if (newest === null)
    return [`Jobs given up: ${say(messages)}; which ones is unknown (their queue may not be read).`]
  return [
    `Jobs given up after their retry, in the last 14 days: ${say(messages)} (polo jobs ls):`,
    ...limit(newest.map(describeDeadJob), options),
  ]
}

const NOUNS = { job: 'job', firing: 'firing', function: 'call', unknown: 'message' } as const

/** `! 111122223333 config_ec2: 2 jobs, last for 2026-03-01 10:00, given up 2026-03-01 10:16: throttled` */
function describeDeadJob(group: DeadJobs): string {
  const { kind, collector, error, jobs, newest_at, newest_slot } = group
  const name = collector || group.function || '?'
  const what = [describeTarget(group), name].filter(Boolean).map((text) => printable(text, 80))
  const slot = newest_slot === '' ? '' : ` for ${toMinute(newest_slot)},`
  const last = `last${slot} given up ${toMinute(newest_at)}`
  return `! ${what.join(' ')}: ${count(jobs, NOUNS[kind])}, ${last}: ${printable(error, 200)}`
}

function describeDeadRows({ dead_rows }: StatusReport, options: RenderOptions): string[] {
  const total = dead_rows.reduce((sum, { rows }) => sum + rows, 0)
  const sum = `Rows refused in the last ${DEAD_ROWS_DAYS} days and not stored since, purged ones included: ${say(total)}`
  if (total === 0) return [`${sum}.`]
  const lines = dead_rows.map(({ rows, reason, schema, collector }) => {
    const words = [reason, schema, collector].map((text) => printable(text, 60))
    return `  ${say(rows)} ${words.join(' ')}`
  })
  return [`${sum}, by reason:`, ...limit(lines, options)]
}

function describeDuplicates({ duplicates }: StatusReport): string {
  if (!duplicates) return 'Duplicates awaiting merge: unknown.'
  const { partition, rows, duplicates: number, estimated } = duplicates
  if (rows === 0) return 'Duplicates awaiting merge: none; no event is stored.'
  const month = `${partition.slice(0, 4)}-${partition.slice(4)}`
  return `Duplicates awaiting merge: ${estimated ? 'about ' : ''}${say(number)} of ${count(rows, 'row')} of ${month}.`
}
