import type { QueueSpec } from '../sqs/start-sqs.ts'

const DAY_SECONDS = 86_400

export const EVENTS_QUEUE = 'polo-events'
/** What may wait: old data must not delay what happens now, so it has a queue and a concurrency of its own. */
export const BACKFILL_QUEUE = 'polo-backfill'
/** Of both queues: one place where operators look. */
export const EVENTS_DEAD_LETTER_QUEUE = 'polo-events-dlq'

/** What the deployed collectors' on-failure destination is: jobs that were given up. */
export const JOBS_DEAD_LETTER_QUEUE = 'polo-jobs-dlq'

/** The ingester's time limit; the queue hides a message for six times as long, as Lambda recommends. */
export const INGESTER_TIMEOUT_MS = 30_000
export const VISIBILITY_TIMEOUT_SECONDS = 180

/** Retention and redrive as deployed: 7 days in the queue, 14 in the DLQ, which keeps the original enqueue time. */
export const LOCAL_QUEUES: QueueSpec[] = [
  deadLetterQueue(EVENTS_DEAD_LETTER_QUEUE),
  deadLetterQueue(JOBS_DEAD_LETTER_QUEUE),
  sourceQueue(EVENTS_QUEUE),
  sourceQueue(BACKFILL_QUEUE),
]

function deadLetterQueue(name: string): QueueSpec {
  return { name, visibilityTimeoutSeconds: 30, messageRetentionSeconds: 14 * DAY_SECONDS }
}

function sourceQueue(name: string): QueueSpec {
  return {
    name,
    visibilityTimeoutSeconds: VISIBILITY_TIMEOUT_SECONDS,
    messageRetentionSeconds: 7 * DAY_SECONDS,
    deadLetterQueue: { name: EVENTS_DEAD_LETTER_QUEUE, maxReceiveCount: 50 },
  }
}
