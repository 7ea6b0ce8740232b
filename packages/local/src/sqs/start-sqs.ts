import { totalmem } from 'node:os'
import { CreateQueueCommand, SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type Child, startChild } from '../child.ts'
import { LocalServerError } from '../errors.ts'
import { LOCAL_SQS_ACCOUNT, LOCAL_SQS_REGION, sqsClient } from './sqs-client.ts'
import type { SqsProcessOptions } from './sqs-process.ts'

const MAXIMUM_MESSAGE_BYTES = 1_048_576

/** A queue as it shall be; the embedded server does not enforce the retention. */
export interface QueueSpec {
  name: string
  visibilityTimeoutSeconds: number
  messageRetentionSeconds: number
  /** Another of the queues; takes a message that was received `maxReceiveCount` times and came back. */
  deadLetterQueue?: { name: string; maxReceiveCount: number }
}

export interface StartSqsOptions {
  /** Holds the messages; belongs to one server at a time. */
  dataDir: string
  /** 0 (the default) takes any free port. */
  port?: number
  queues: QueueSpec[]
  /** Messages are kept in memory as well; half of the machine's by default. */
  heapMegabytes?: number
}

export interface LocalSqs extends Child {
  readonly endpoint: string
  /** By queue name. */
  readonly queueUrls: Record<string, string>
  /** By queue name. */
  readonly queueArns: Record<string, string>
}

/**
 * Starts an SQS server on loopback, in a process of its own, and brings `queues` up to date.
 * What it acknowledged is on disk; messages in flight when it ended are visible again at the next start.
 * When its memory is nearly full it refuses more messages (503) rather than end.
 * @throws PortInUseError, DataDirectoryInUseError, LocalServerError
 */
export async function startSqs(options: StartSqsOptions): Promise<LocalSqs> {
  const { dataDir, port = 0, queues, heapMegabytes = halfOfMemory() } = options
  checkDeadLetterQueues(queues)
  const processOptions: SqsProcessOptions = { dataDir, port, heapMegabytes }
  const child = await startChild({
    name: 'SQS',
    entry: new URL('./sqs-process.ts', import.meta.url),
    options: processOptions,
    env: { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --max-old-space-size=${heapMegabytes}` },
  })
  const endpoint = `http://127.0.0.1:${child.port}`
  const urlOf = (name: string) => `${endpoint}/${LOCAL_SQS_ACCOUNT}/${name}`
  const client = sqsClient(endpoint)
  try {
    for (const queue of queues) await ensureQueue(client, urlOf(queue.name), queue)
  } catch (cause) {
    await child.stop()
    throw new LocalServerError(`SQS could not set up its queues: ${String(cause)}`, { cause })
  } finally {
    client.destroy()
  }
  return {
    ...child,
    endpoint,
    queueUrls: Object.fromEntries(queues.map(({ name }) => [name, urlOf(name)])),
    queueArns: Object.fromEntries(queues.map(({ name }) => [name, arnOf(name)])),
  }
}

// The attributes are set apart from the creation: creating with other attributes than a queue has is refused.
async function ensureQueue(client: SQSClient, url: string, queue: QueueSpec): Promise<void> {
  await client.send(new CreateQueueCommand({ QueueName: queue.name }))
  const dlq = queue.deadLetterQueue
  const redrive = dlq && { deadLetterTargetArn: arnOf(dlq.name), maxReceiveCount: dlq.maxReceiveCount }
  const Attributes = {
    VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(queue.messageRetentionSeconds),
    MaximumMessageSize: String(MAXIMUM_MESSAGE_BYTES),
    RedrivePolicy: redrive ? JSON.stringify(redrive) : '',
  }
  await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }))
}

// The server holds every message in memory; Node's own limit, 4 GB, is less than many machines can give.
function halfOfMemory(): number {
  const available = Math.min(totalmem(), process.constrainedMemory() || Infinity)
  return Math.floor(available / 2 / 1024 ** 2)
}

function arnOf(queueName: string): string {
  return `arn:aws:sqs:${LOCAL_SQS_REGION}:${LOCAL_SQS_ACCOUNT}:${queueName}`
}

// The embedded server takes any redrive policy, and never redrives when the target is missing.
function checkDeadLetterQueues(queues: QueueSpec[]): void {
  for (const { name, deadLetterQueue: dlq } of queues) {
    if (dlq && !queues.some((other) => other.name === dlq.name && other.name !== name)) {
      throw new LocalServerError(`Queue ${name}: its dead-letter queue ${dlq.name} is not among the queues`)
    }
  }
}
