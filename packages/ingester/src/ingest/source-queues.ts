import { loadSqs, type SqsAccess } from './sqs-access.ts'
import type { SqsRecord } from './sqs-event.ts'

/**
 * The queues that messages come from, by what their records say.
 * Needs sqs:GetQueueUrl, GetQueueAttributes, ChangeMessageVisibility and DeleteMessage on them.
 */
export interface SourceQueues {
  /**
   * Keeps the messages hidden from other consumers while `work` runs, however long that takes.
   * Where that fails they may be delivered once more, which changes nothing.
   */
  whileHidden<Result>(records: readonly SqsRecord[], work: () => Promise<Result>): Promise<Result>
  /** Deletes messages whose work is done, ahead of the rest of their batch. Where that fails they come back. */
  delete(records: readonly SqsRecord[]): Promise<void>
}

interface Queue {
  readonly url: string
  readonly visibilityTimeoutSeconds: number
}

/** Most batches are over by then, and cost no call. */
const FIRST_LOOK_MS = 1_000
/** Where the queue does not say, or may not be asked. */
const RETRY_SECONDS = 30
/** As SQS takes them. */
const ENTRIES_PER_CALL = 10

export function createSourceQueues(sqs: SqsAccess): SourceQueues {
  const queues = new Map<string, Promise<Queue>>()
  const find = (arn: string) => {
    const queue = queues.get(arn) ?? lookUp(sqs, arn)
    queues.set(arn, queue)
    queue.catch(() => queues.delete(arn))
    return queue
  }
  const hide = async (records: readonly SqsRecord[]): Promise<number> => {
    const extended = receivedByQueue(records).map(async ([arn, batch]) => {
      const { url, visibilityTimeoutSeconds: VisibilityTimeout } = await find(arn)
      const Entries = batch.map((entry) => ({ ...entry, VisibilityTimeout }))
      const { sdk, client } = await loadSqs(sqs)
      await client.send(new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }))
      return VisibilityTimeout
    })
    return Math.min(...(await Promise.all(extended)))
  }
  const deleteFrom = async (arn: string, Entries: ReceivedMessage[]) => {
    const { url } = await find(arn)
    const { sdk, client } = await loadSqs(sqs)
    await client.send(new sdk.DeleteMessageBatchCommand({ QueueUrl: url, Entries }))
  }
  return {
    async whileHidden(records, work) {
      let timer: NodeJS.Timeout | undefined
      let isOver = false
      const hideAgain = async () => {
        const seconds = await hide(records).catch(() => RETRY_SECONDS)
        if (!isOver) timer = setTimeout(hideAgain, Math.min(seconds * 1_000, MAX_TIMER_MS) / 3)
      }
      timer = setTimeout(hideAgain, FIRST_LOOK_MS)
      try {
        return await work()
      } finally {
        isOver = true
        clearTimeout(timer)
      }
    },
    async delete(records) {
      for (const [arn, Entries] of receivedByQueue(records)) {
        await deleteFrom(arn, Entries).catch(() => {})
      }
    },
  }
}

/** Far beyond any function's time, and within what a timer takes. */
const MAX_TIMER_MS = 3_600_000

interface ReceivedMessage {
  readonly Id: string
  readonly ReceiptHandle: string
}

/** In lists as long as SQS takes them. */
function receivedByQueue(records: readonly SqsRecord[]): [arn: string, messages: ReceivedMessage[]][] {
  const byQueue = Map.groupBy(records, ({ eventSourceARN = '' }) => eventSourceARN)
  byQueue.delete('')
  return [...byQueue].flatMap(([arn, some]) => {
    const messages = some.flatMap(({ receiptHandle: ReceiptHandle }, index) =>
      ReceiptHandle ? [{ Id: String(index), ReceiptHandle }] : [],
    )
    const count = Math.ceil(messages.length / ENTRIES_PER_CALL)
    return Array.from({ length: count }, (_, index): [string, ReceivedMessage[]] => [
      arn,
      messages.slice(index * ENTRIES_PER_CALL, (index + 1) * ENTRIES_PER_CALL),
    ])
  })
}

/** Asked, not composed: a queue's address differs by partition, and locally. */
async function lookUp(sqs: SqsAccess, arn: string): Promise<Queue> {
  const [, , , , QueueOwnerAWSAccountId = '', QueueName = ''] = arn.split(':')
  const { sdk, client } = await loadSqs(sqs)
  const { QueueUrl: url = '' } = await client.send(
    new sdk.GetQueueUrlCommand({ QueueName, QueueOwnerAWSAccountId }),
  )
  const { Attributes = {} } = await client.send(
    new sdk.GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['VisibilityTimeout'] }),
  )
  return { url, visibilityTimeoutSeconds: Number(Attributes.VisibilityTimeout) }
}
