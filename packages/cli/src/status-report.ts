import type { JobStatus } from '@polo/local'

/** Messages of a queue, as SQS counts them. */
export interface QueueDepth {
  readonly waiting: number
  readonly in_flight: number
}

export type ReportedJob = JobStatus & { readonly green: boolean }

export interface StatusReport {
  /** Every collector's newest job is complete and reconciled, and no message is on its way. */
  readonly green: boolean
  readonly jobs: readonly ReportedJob[]
  /** null where no queue is known to ask. */
  readonly queue: QueueDepth | null
  /** null where no dead-letter queue is known to ask. */
  readonly dead_letters: number | null
}

/** Joins what the database says with what the two queues hold. */
export function toStatusReport(
  latest: readonly JobStatus[],
  queue: QueueDepth | null,
  deadLetters: QueueDepth | null,
): StatusReport {
  const jobs = latest
    .map((job) => ({ ...job, green: job.outcome === 'complete' && job.reconciliation === 'reconciled' }))
    .sort(
      (a, b) => a.aws_account_id.localeCompare(b.aws_account_id) || a.collector.localeCompare(b.collector),
    )
  return {
    green: jobs.length > 0 && jobs.every((job) => job.green) && countMessages(queue) === 0,
    jobs,
    queue,
    dead_letters: deadLetters && countMessages(deadLetters),
  }
}

/** What it all comes to, in a line or two. */
export function concludeStatus({ jobs, queue, dead_letters }: StatusReport): string {
  const moving = countMessages(queue)
  const isWhole = jobs.every((job) => job.green)
  return [
    ...(moving > 0 ? [describeMoving(moving)] : []),
    ...(isWhole ? [] : ['Not everything is complete: see the lines with !']),
    ...(jobs.length === 0 ? ['Nothing was collected yet.'] : []),
    ...(isWhole && moving === 0 && jobs.length > 0 ? ['Everything is complete and accounted for.'] : []),
    ...(dead_letters ? [describeDead(dead_letters)] : []),
  ].join('\n')
}

/** The two queues in a line. */
export function describeQueues({ queue, dead_letters }: StatusReport): string {
  const depth = queue ? `${queue.waiting} waiting, ${queue.in_flight} in flight` : 'unknown'
  const dead = dead_letters ?? 'unknown (POLO_DEAD_LETTER_QUEUE_URL is not set)'
  return `Queue: ${depth}. Dead letters: ${dead}.`
}

function describeMoving(messages: number): string {
  return messages === 1
    ? '1 message is on its way: what it holds is not counted yet.'
    : `${messages} messages are on their way: what they hold is not counted yet.`
}

function describeDead(letters: number): string {
  const what = letters === 1 ? '1 dead letter holds' : `${letters} dead letters hold`
  return `${what} what was refused: see polo dlq ls`
}

function countMessages(queue: QueueDepth | null): number {
  return queue ? queue.waiting + queue.in_flight : 0
}
