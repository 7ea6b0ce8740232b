import {
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import pRetry, { AbortError } from 'p-retry'
import { PublishError } from '../errors.ts'
import type { BlockSink } from './block-sink.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_BATCH_BYTES = 1024 * 1024
const MAX_BATCH_MESSAGES = 10

export interface SqsSinkOptions {
  readonly client: SQSClient
  readonly queueUrl: string
  /** Tries after the first, for what SQS did not take. */
  readonly retries?: number
  /** Wait before the first retry; doubles, with jitter. */
  readonly retryDelayMs?: number
  /** How long a small body waits for others to share its request. */
  readonly lingerMs?: number
}

interface Waiting {
  readonly body: string
  readonly bytes: number
  readonly taken: () => void
  readonly refused: (error: PublishError) => void
}

/** Sends bodies to SQS, packed into batches by bytes; what SQS refuses is sent again. */
export function createSqsSink(options: SqsSinkOptions): BlockSink {
  const { lingerMs = 10 } = options
  let waiting: Waiting[] = []
  let timer: NodeJS.Timeout | undefined

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    if (batch.length > 0) void sendBatch(batch, options)
  }

  return {
    send(body) {
      const bytes = Buffer.byteLength(body)
      const queued = waiting.reduce((sum, message) => sum + message.bytes, 0)
      if (queued + bytes > MAX_BATCH_BYTES) flush()
      return new Promise((taken, refused) => {
        waiting.push({ body, bytes, taken, refused })
        if (waiting.length === MAX_BATCH_MESSAGES) flush()
        else timer ??= setTimeout(flush, lingerMs)
      })
    },
  }
}

async function sendBatch(batch: readonly Waiting[], options: SqsSinkOptions): Promise<void> {
  const { retries = 6, retryDelayMs = 200 } = options
  let remaining = batch
  try {
    await pRetry(
      async () => {
        remaining = await sendOnce(remaining, options)
        if (remaining.length > 0)
          throw new PublishError(`SQS refused ${remaining.length} messages of a batch`)
      },
      { retries, minTimeout: retryDelayMs, randomize: true },
    )
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const error = new PublishError(`SQS at ${options.queueUrl} did not take a block: ${reason}`, { cause })
    for (const message of remaining) message.refused(error)
  }
}

/** Returns what SQS did not take but may take next time. */
async function sendOnce(
  batch: readonly Waiting[],
  { client, queueUrl }: SqsSinkOptions,
): Promise<readonly Waiting[]> {
  const Entries = batch.map(({ body }, index) => ({ Id: String(index), MessageBody: body }))
  const answer = await sendRequest(client, { QueueUrl: queueUrl, Entries })
  for (const { Id } of answer.Successful ?? []) batch[Number(Id)]?.taken()
  const failed = answer.Failed ?? []
  for (const { Id, Code, SenderFault } of failed) {
    if (SenderFault) batch[Number(Id)]?.refused(new PublishError(`SQS refused a block for good: ${Code}`))
  }
  const accounted = new Set(
    [...(answer.Successful ?? []), ...failed.filter((entry) => entry.SenderFault)].map(({ Id }) => Id),
  )
  return batch.filter((_, index) => !accounted.has(String(index)))
}

async function sendRequest(client: SQSClient, input: SendMessageBatchCommandInput) {
  try {
    return await client.send(new SendMessageBatchCommand(input))
  } catch (error) {
    throw isPermanent(error) ? new AbortError(error) : error
  }
}

const PERMANENT = new Set([
  'QueueDoesNotExist',
  'AWS.SimpleQueueService.NonExistentQueue',
  'AccessDenied',
  'AccessDeniedException',
  'InvalidClientTokenId',
  'BatchRequestTooLong',
])

function isPermanent(error: unknown): error is Error {
  return error instanceof Error && PERMANENT.has(error.name)
}
