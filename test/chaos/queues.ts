import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { LOCAL_SQS_ACCOUNT, LOCAL_SQS_REGION } from '@polo/local'

export interface Queue {
  readonly url: string
  readonly arn: string
}

const COUNTS: QueueAttributeName[] = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
]
const MAX_RECEIVES = 50
const ATTEMPTS = 40
const ATTEMPT_AFTER_MS = 50

/** Of one schedule: what the ingester drains, and where it sends what is dead. */
export interface Queues {
  readonly events: Queue
  readonly backfill: Queue
  readonly deadLetters: Queue
}

export async function createQueues(
  client: SQSClient,
  { name, visibilitySeconds }: { name: string; visibilitySeconds: number },
): Promise<Queues> {
  const deadLetters = await createQueue(client, `${name}-dlq`, { VisibilityTimeout: '30' })
  const drained = {
    VisibilityTimeout: String(visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: MAX_RECEIVES }),
  }
  const events = await createQueue(client, name, drained)
  const backfill = await createQueue(client, `${name}-backfill`, drained)
  return { events, backfill, deadLetters }
}

export async function deleteQueue(client: SQSClient, { url }: Queue): Promise<void> {
  await client.send(new DeleteQueueCommand({ QueueUrl: url }))
}

/** Messages in the queue, hidden ones included. */
export async function countMessages(client: SQSClient, { url }: Queue): Promise<number> {
  const { Attributes: counts = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: COUNTS }),
  )
  return COUNTS.reduce((sum, name) => sum + Number(counts[name] ?? 0), 0)
}

/** Takes every visible message off the queue. */
export async function takeAll(client: SQSClient, queue: Queue): Promise<Message[]> {
  const taken: Message[] = []
  for (;;) {
    const messages = await receive(client, queue, 10)
    if (messages.length === 0) return taken
    for (const message of messages) await deleteMessage(client, queue, message)
    taken.push(...messages)
  }
}

/** Sends messages of the queue again, under new ids, as moving them there and back would. */
export async function requeue(
  client: SQSClient,
  queue: Queue,
  { messages: count, keepsOriginals }: { messages: number; keepsOriginals: boolean },
): Promise<number> {
  const messages = await receive(client, queue, count)
  for (const message of messages) {
    await send(client, queue, { body: message.Body ?? '' })
    if (!keepsOriginals) await deleteMessage(client, queue, message)
  }
  return messages.length
}

/** Sends until the queue took it, so perhaps more than once. */
export async function send(
  client: SQSClient,
  { url }: Queue,
  { body, delaySeconds = 0 }: { body: string; delaySeconds?: number },
): Promise<void> {
  const command = { QueueUrl: url, MessageBody: body, DelaySeconds: delaySeconds }
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new SendMessageCommand(command))
      return
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
      await sleep(ATTEMPT_AFTER_MS)
    }
  }
}

async function createQueue(client: SQSClient, name: string, Attributes: Record<string, string>) {
  const { QueueUrl: url = '' } = await client.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { ...Attributes, MaximumMessageSize: '1048576' } }),
  )
  return { url, arn: `arn:aws:sqs:${LOCAL_SQS_REGION}:${LOCAL_SQS_ACCOUNT}:${name}` }
}

async function receive(client: SQSClient, { url }: Queue, count: number): Promise<Message[]> {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: count,
      MessageAttributeNames: ['All'],
    }),
  )
  return messages
}

async function deleteMessage(client: SQSClient, { url }: Queue, { ReceiptHandle }: Message): Promise<void> {
  await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }))
}
