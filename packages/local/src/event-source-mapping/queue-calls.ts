import { setTimeout as sleep } from 'node:timers/promises'
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { GatherOptions } from './gather-batch.ts'
import { type SqsRecord, toSqsRecord } from './sqs-event.ts'

const ENTRIES_PER_CALL = 10
const DELETE_ATTEMPTS = 4
const DELETE_RETRY_MS = 200

export interface MappedQueue {
  client: SQSClient
  queueUrl: string
  queueArn: string
  region: string
}

/** One ReceiveMessage, with every attribute, as records. */
export function receiveFrom({ client, queueUrl, queueArn, region }: MappedQueue): GatherOptions['receive'] {
  return async ({ count, waitSeconds, signal }) => {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: count,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    })
    const { Messages = [] } = await client.send(command, { abortSignal: signal })
    return Messages.map((message) => toSqsRecord(message, { arn: queueArn, region }))
  }
}

/** Deletes the messages, retrying those that fail; returns those that are still there and will come back. */
export async function deleteMessages(
  { client, queueUrl }: MappedQueue,
  records: SqsRecord[],
): Promise<SqsRecord[]> {
  let left = records
  for (let attempt = 1; left.length > 0 && attempt <= DELETE_ATTEMPTS; attempt += 1) {
    if (attempt > 1) await sleep(DELETE_RETRY_MS * 2 ** attempt)
    const chunks = await Promise.all(chunk(left).map((some) => deleteOnce(client, queueUrl, some)))
    left = chunks.flat()
  }
  return left
}

/** Makes messages that were received but not delivered visible again at once. */
export async function releaseMessages(
  { client, queueUrl }: MappedQueue,
  records: SqsRecord[],
): Promise<void> {
  for (const some of chunk(records)) {
    const Entries = some.map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: 0,
    }))
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
  }
}

async function deleteOnce(client: SQSClient, queueUrl: string, records: SqsRecord[]): Promise<SqsRecord[]> {
  const Entries = records.map(({ receiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle: receiptHandle,
  }))
  try {
    const answer = await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
    const deleted = new Set(answer.Successful?.map(({ Id }) => Id))
    return records.filter((_, index) => !deleted.has(String(index)))
  } catch {
    return records
  }
}

function chunk(records: SqsRecord[]): SqsRecord[][] {
  const count = Math.ceil(records.length / ENTRIES_PER_CALL)
  return Array.from({ length: count }, (_, index) =>
    records.slice(index * ENTRIES_PER_CALL, (index + 1) * ENTRIES_PER_CALL),
  )
}
