import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { createHolds, type Holds, type MessageHold } from './message-holds.ts'

/** A message as a peek saw it; it stays in the queue. */
export interface PeekedMessage {
  readonly id: string
  readonly body: string
  /** Message attributes that are text. */
  readonly attributes: Readonly<Record<string, string>>
  readonly sentAt: Date
  /** How often it was received, this peek included. */
  readonly receives: number
  /** Set where SQS itself moved the message, after too many receives. */
  readonly sourceQueueArn: string | undefined
}

export interface PeekOptions {
  readonly sqs: SQSClient
  readonly queueUrl: string
  /** How long a message is hidden from others; more only where the queue takes longer to read. */
  readonly hiddenSeconds?: number
  /** Ends the peek, which throws the signal's reason then. */
  readonly signal?: AbortSignal
}

/** True ends the peek. */
type Visit = (message: PeekedMessage, hold: MessageHold) => boolean | undefined | Promise<boolean | undefined>

const MAX_HIDDEN_SECONDS = 300
/** A poll without a wait asks some of SQS's servers only. */
const WAIT_SECONDS = 1

/**
 * Shows every message of a queue to `visit`, each once and up to ten at a time, until it returns true.
 * None is taken from the queue, unless `visit` removes it, and what is hidden in the end is released.
 * Messages that another peek hides at the moment are waited for.
 * @returns how many messages stayed hidden by somebody else
 */
export async function peekMessages(options: PeekOptions, visit: Visit): Promise<number> {
  const holds = createHolds(options)
  try {
    return await visitAll(options, { holds, visit })
  } finally {
    await holds.release()
  }
}

async function visitAll(
  options: PeekOptions,
  { holds, visit }: { holds: Holds; visit: Visit },
): Promise<number> {
  const firstHidden = options.hiddenSeconds ?? 3
  let hiddenSeconds = firstHidden
  let repeats = 0
  let lastNew = Date.now()
  for (;;) {
    options.signal?.throwIfAborted()
    const askedAt = Date.now()
    const received = await receive(options, hiddenSeconds)
    const isSlow = received.some(({ MessageId = '' }) => holds.hiddenSeconds(MessageId) === hiddenSeconds)
    const fresh = received.filter(({ MessageId = '' }) => holds.hiddenSeconds(MessageId) === undefined)
    const held = new Map(received.map((message) => [message, holds.add(message, hiddenSeconds)]))
    const ends = await Promise.all(
      fresh.map(async (message) => {
        const hold = held.get(message)
        return hold && (await visit(toPeeked(message), hold))
      }),
    )
    if (ends.includes(true)) return 0
    if (fresh.length > 0) lastNew = Date.now()
    repeats = fresh.length > 0 ? 0 : repeats + received.length
    // What was read first is back before the last was read: they must be hidden for longer.
    if (isSlow) hiddenSeconds = Math.min(hiddenSeconds * 2, MAX_HIDDEN_SECONDS)
    const isOver = received.length === 0 || repeats > holds.size
    if (!isOver) continue
    const others = (await countHidden(options)) - holds.countHidden()
    if (others <= 0) return 0
    // SQS may still count as hidden what came back after it was asked for messages.
    const isSure = !holds.anyCameBack(askedAt)
    if (isSure && Date.now() > lastNew + (firstHidden + 1) * 1000) return others
  }
}

async function receive({ sqs, queueUrl }: PeekOptions, hiddenSeconds: number): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: hiddenSeconds,
      WaitTimeSeconds: WAIT_SECONDS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  )
  return Messages
}

function toPeeked({ MessageId = '', Body = '', Attributes, MessageAttributes = {} }: Message): PeekedMessage {
  const attributes = Object.entries(MessageAttributes).flatMap(([name, { StringValue }]) =>
    StringValue === undefined ? [] : [[name, StringValue] as const],
  )
  return {
    id: MessageId,
    body: Body,
    attributes: Object.fromEntries(attributes),
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)),
    receives: Number(Attributes?.ApproximateReceiveCount ?? 0),
    sourceQueueArn: Attributes?.DeadLetterQueueSourceArn,
  }
}

async function countHidden({ sqs, queueUrl }: PeekOptions): Promise<number> {
  const name = 'ApproximateNumberOfMessagesNotVisible'
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [name] }),
  )
  return Number(Attributes?.[name] ?? 0)
}
