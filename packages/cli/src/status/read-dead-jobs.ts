import type { SQSClient } from '@aws-sdk/client-sqs'
import { type DeadJobLetter, readDeadJobLetter } from '../dead-letters/dead-job-letter.ts'
import { peekMessages } from '../dead-letters/peek-messages.ts'
import type { Session } from '../session/session.ts'
import { readDepth } from './read-queue.ts'

/** What was given up for the same reason: jobs of a collector in an account, or its whole firings. */
export interface DeadJobs
  extends Pick<DeadJobLetter, 'kind' | 'collector' | 'aws_account_id' | 'function' | 'error'> {
  readonly jobs: number
  readonly newest_at: string
  /** The latest time that one was for; '' where none says. */
  readonly newest_slot: string
}

/** The dead-letter queue of jobs. */
export interface DeadJobsState {
  readonly messages: number
  /** Of the messages that were looked at, whole firings first, then the newest; null where they may not be looked at. */
  readonly newest: readonly DeadJobs[] | null
}

/** A message more than that is only counted. */
const MAX_PEEKED = 200
const HIDDEN_SECONDS = 2

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
  const seen: DeadJobLetter[] = []
  await peekMessages({ ...queue, hiddenSeconds: HIDDEN_SECONDS }, (message) => {
    seen.push(readDeadJobLetter(message))
    return seen.length >= MAX_PEEKED
  })
  return groupDeadJobs(seen)
}

/** By what they are about and error. A whole firing that is lost is worse than any account's job. */
function groupDeadJobs(letters: readonly DeadJobLetter[]): DeadJobs[] {
  const groups = Map.groupBy(letters, ({ kind, collector, aws_account_id, function: called, error }) =>
    JSON.stringify([kind, collector, aws_account_id, called, error]),
  )
  return [...groups.values()]
    .flatMap(toGroup)
    .sort((a, b) => rank(a) - rank(b) || b.newest_at.localeCompare(a.newest_at))
}

function toGroup(letters: readonly DeadJobLetter[]): DeadJobs[] {
  const [first] = letters
  if (!first) return []
  const { message_id: _, slot: __, given_up_at: ___, ...about } = first
  const newest_at = letters.reduce((newest, { given_up_at }) => later(newest, given_up_at), '')
  const newest_slot = letters.reduce((newest, { slot }) => later(newest, slot), '')
  return [{ ...about, jobs: letters.length, newest_at, newest_slot }]
}

function rank({ kind }: DeadJobs): number {
  return kind === 'firing' ? 0 : 1
}

function later(a: string, b: string): string {
  return a > b ? a : b
}
