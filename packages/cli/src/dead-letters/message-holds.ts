import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs'

/** A message that is hidden from other readers for a while. */
export interface MessageHold {
  /**
   * Hides the message for so many more seconds, unless it is for as long already.
   * @throws what SQS says when the message is somebody else's by now
   */
  keep(seconds: number): Promise<void>
  /** Deletes the message from the queue. */
  remove(): Promise<void>
}

/** The messages that a peek has seen. */
export interface Holds {
  readonly size: number
  add(message: Message, hiddenSeconds: number): MessageHold
  /** How long a message was hidden when it was seen; undefined where it was not. */
  hiddenSeconds(id: string): number | undefined
  /** Messages that are hidden on account of this peek. */
  countHidden(): number
  /** Whether any has come back by itself since that time, and was not seen again. */
  anyCameBack(sinceMs: number): boolean
  /** Makes what is still hidden visible again. */
  release(): Promise<void>
}

interface Held {
  readonly id: string
  readonly hiddenSeconds: number
  handle: string | undefined
  until: number
}

const BATCH = 10
/** What is about to come back by itself may be another reader's when the request arrives. */
const MARGIN_MS = 500

export function createHolds({ sqs, queueUrl }: { sqs: SQSClient; queueUrl: string }): Holds {
  const seen = new Map<string, Held>()
  const areHidden = (marginMs: number) => {
    const limit = Date.now() + marginMs
    return [...seen.values()].filter(({ handle, until }) => handle !== undefined && until > limit)
  }
  return {
    get size() {
      return seen.size
    },
    add({ MessageId: id = '', ReceiptHandle: handle }, hiddenSeconds) {
      const held: Held = { id, hiddenSeconds, handle, until: Date.now() + hiddenSeconds * 1000 }
      seen.set(id, held)
      return holdOf(held, { sqs, queueUrl })
    },
    hiddenSeconds: (id) => seen.get(id)?.hiddenSeconds,
    countHidden: () => areHidden(0).length,
    anyCameBack(sinceMs) {
      const now = Date.now()
      return [...seen.values()].some(
        ({ handle, until }) => handle !== undefined && until > sinceMs && until <= now,
      )
    },
    async release() {
      const hidden = areHidden(MARGIN_MS)
      for (let first = 0; first < hidden.length; first += BATCH) {
        const batch = hidden.slice(first, first + BATCH)
        // Whatever is not released comes back by itself, only later.
        const isDone = await releaseBatch(batch, { sqs, queueUrl }).catch(() => false)
        if (!isDone) return
      }
    },
  }
}

function holdOf(held: Held, { sqs, queueUrl: QueueUrl }: { sqs: SQSClient; queueUrl: string }): MessageHold {
  return {
    async keep(seconds) {
      const until = Date.now() + seconds * 1000
      if (held.until >= until) return
      const { handle: ReceiptHandle } = held
      await sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: seconds }),
      )
      held.until = until
    },
    async remove() {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: held.handle }))
      held.handle = undefined
    },
  }
}

async function releaseBatch(
  batch: readonly Held[],
  { sqs, queueUrl: QueueUrl }: { sqs: SQSClient; queueUrl: string },
): Promise<boolean> {
  const Entries = batch.map(({ handle: ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
    VisibilityTimeout: 0,
  }))
  await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))
  return true
}
