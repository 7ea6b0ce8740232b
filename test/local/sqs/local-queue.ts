import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { onTestFinished } from 'vitest'
import { sqsClient } from '../../../packages/local/src/sqs/sqs-client.ts'
import {
  type LocalSqs,
  type QueueSpec,
  type StartSqsOptions,
  startSqs,
} from '../../../packages/local/src/sqs/start-sqs.ts'

export const EVENTS: QueueSpec = {
  name: 'events',
  visibilityTimeoutSeconds: 30,
  messageRetentionSeconds: 604_800,
}

/** A directory that is removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'polo-sqs-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}

export interface TestSqs extends LocalSqs {
  client: SQSClient
}

/** A server that is stopped when the test ends, with a client for it. */
export async function startTestSqs(options: Partial<StartSqsOptions> = {}): Promise<TestSqs> {
  const dataDir = options.dataDir ?? (await temporaryDirectory())
  const sqs = await startSqs({ queues: [EVENTS], ...options, dataDir })
  const client = sqsClient(sqs.endpoint)
  onTestFinished(async () => {
    client.destroy()
    await sqs.stop()
  })
  return { ...sqs, client }
}

export async function send(sqs: TestSqs, bodies: string[], queue = 'events'): Promise<void> {
  for (const MessageBody of bodies) {
    await sqs.client.send(new SendMessageCommand({ QueueUrl: sqs.queueUrls[queue], MessageBody }))
  }
}

/** One receive of up to ten messages, with all attributes. */
export async function receive(sqs: TestSqs, queue = 'events', WaitTimeSeconds = 0): Promise<Message[]> {
  const answer = await sqs.client.send(
    new ReceiveMessageCommand({
      QueueUrl: sqs.queueUrls[queue],
      MaxNumberOfMessages: 10,
      WaitTimeSeconds,
      MessageSystemAttributeNames: ['All'],
    }),
  )
  return answer.Messages ?? []
}

/** Receives until there is something: a long poll of the embedded server may end early and empty. */
export async function receiveSome(sqs: TestSqs, queue = 'events'): Promise<Message[]> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const messages = await receive(sqs, queue, 1)
    if (messages.length > 0) return messages
  }
  return []
}

export async function attributesOf(sqs: TestSqs, queue = 'events'): Promise<Record<string, string>> {
  const command = new GetQueueAttributesCommand({ QueueUrl: sqs.queueUrls[queue], AttributeNames: ['All'] })
  return (await sqs.client.send(command)).Attributes ?? {}
}

/** Messages of the queue that are not deleted, in flight ones included. */
export async function countLeft(sqs: TestSqs, queue = 'events'): Promise<number> {
  const attributes = await attributesOf(sqs, queue)
  return (
    Number(attributes.ApproximateNumberOfMessages) + Number(attributes.ApproximateNumberOfMessagesNotVisible)
  )
}

export async function kill(sqs: LocalSqs): Promise<void> {
  process.kill(sqs.pid, 'SIGKILL')
  await sqs.exited
}
