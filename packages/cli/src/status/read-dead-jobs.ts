import type { SQSClient } from '@aws-sdk/client-sqs'
import { DeadJob } from '@polo/collectors'
import { z } from 'zod'
import { peekMessages } from '../dead-letters/peek-messages.ts'
import type { Session } from '../session.ts'
import { readDepth } from './read-queue.ts'

/** Jobs of a collector in an account that were given up for the same reason. */
export interface DeadJobs {
  /** '' where the message does not say. */
  readonly collector: string
  readonly aws_account_id: string
  readonly error: string
  readonly jobs: number
  readonly newest_at: string
}

/** The dead-letter queue of jobs. */
export interface DeadJobsState {
  readonly messages: number
  /** Of the messages that were looked at, the newest first; null where they may not be looked at. */
  readonly newest: readonly DeadJobs[] | null
}

/** A message more than that is only counted. */
const MAX_PEEKED = 200
const HIDDEN_SECONDS = 2

const Payload = z.looseObject({
  collector: z.string().catch(''),
  account: z.looseObject({ id: z.string() }).catch({ id: '' }),
})

/** Nobody takes jobs from this queue, so looking at them hides none from anybody; null where no such queue is known. */
export async function readDeadJobs({
  sqs,
  jobsDeadLetterQueueUrl: queueUrl,
}: Pick<Session, 'sqs' | 'jobsDeadLetterQueueUrl'>): Promise<DeadJobsState | null> {
  const depth = await readDepth({ sqs }, queueUrl)
  if (!depth) return null
  const messages = depth.waiting + depth.in_flight
  if (messages === 0) return { messages, newest: [] }
  return { messages, newest: await peekNewest({ sqs, queueUrl }).catch(() => null) }
}

async function peekNewest(queue: {
  readonly sqs: SQSClient
  readonly queueUrl: string
}): Promise<DeadJobs[]> {
  const seen: DeadJobs[] = []
  await peekMessages({ ...queue, hiddenSeconds: HIDDEN_SECONDS }, ({ body, sentAt }) => {
    seen.push(toDeadJob(body, sentAt))
    return seen.length >= MAX_PEEKED
  })
  return groupDeadJobs(seen)
}

/** By collector, account and error, the newest first. */
function groupDeadJobs(jobs: readonly DeadJobs[]): DeadJobs[] {
  const groups = Map.groupBy(jobs, (job) => JSON.stringify([job.collector, job.aws_account_id, job.error]))
  return [...groups.values()]
    .map((group) => group.toSorted((a, b) => b.newest_at.localeCompare(a.newest_at)))
    .flatMap(([newest, ...older]) => (newest ? [{ ...newest, jobs: older.length + 1 }] : []))
    .sort((a, b) => b.newest_at.localeCompare(a.newest_at))
}

/** What a message of the queue says; one that is no dead job is told by that. */
function toDeadJob(body: string, sentAt: Date): DeadJobs {
  const unreadable = { collector: '', aws_account_id: '', error: 'not a job that was given up', jobs: 1 }
  const read = DeadJob.safeParse(parseJson(body))
  if (!read.success) return { ...unreadable, newest_at: sentAt.toISOString() }
  const { timestamp, requestContext, requestPayload, responsePayload } = read.data
  const { collector, account } = Payload.catch({ collector: '', account: { id: '' } }).parse(requestPayload)
  const error = responsePayload?.errorMessage || requestContext.condition
  return { collector, aws_account_id: account.id, error, jobs: 1, newest_at: timestamp }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
