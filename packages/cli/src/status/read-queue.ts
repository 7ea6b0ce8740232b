import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { Session } from '../session/session.ts'
import { oldestMessageAge } from './oldest-message-age.ts'

/** A queue's messages, as SQS counts them. */
export interface QueueState {
  readonly waiting: number
  readonly in_flight: number
  /** null where there is no message, or nobody knows. */
  readonly oldest_age_seconds: number | null
}

/** How many messages a queue holds; null where no queue is known. */
export async function readDepth(
  { sqs }: Pick<Session, 'sqs'>,
  queueUrl: string,
): Promise<Omit<QueueState, 'oldest_age_seconds'> | null> {
  if (!queueUrl) return null
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  )
  return {
    waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
    in_flight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
  }
}

/** How many, and how long the oldest has been there. */
export async function readQueue(
  session: Pick<Session, 'sqs' | 'isDeployed'>,
  { queueUrl, dataDir, now }: { queueUrl: string; dataDir: string; now: Date },
): Promise<QueueState | null> {
  const depth = await readDepth(session, queueUrl)
  if (!depth) return null
  const isEmpty = depth.waiting + depth.in_flight === 0
  const age = isEmpty ? null : await oldestMessageAge(session, { queueUrl, dataDir, now })
  return { ...depth, oldest_age_seconds: age }
}
