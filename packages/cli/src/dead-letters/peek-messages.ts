import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'

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
}

const MAX_HIDDEN_SECONDS = 300
/** A poll without a wait asks some of SQS's servers only. */
const WAIT_SECONDS = 1

/** When a message that was seen comes back, and how long it was hidden. */
type Seen = Map<string, { until: number; hiddenSeconds: number }>

/**
 * Shows every message of a queue to `visit`, each once, until it returns true; none is taken from the queue.
 * Messages that another peek hides at the moment are waited for.
 * @returns how many messages stayed hidden by somebody else
 */
export async function peekMessages(
  options: PeekOptions,
  visit: (message: PeekedMessage) => boolean | undefined,
): Promise<number> {
  const firstHidden = options.hiddenSeconds ?? 3
  let hiddenSeconds = firstHidden
  let repeats = 0
  let lastNew = Date.now()
  const seen: Seen = new Map()
  for (;;) {
    const messages = await receive(options, hiddenSeconds)
    const isSlow = messages.some(({ id }) => seen.get(id)?.hiddenSeconds === hiddenSeconds)
    const fresh = messages.filter(({ id }) => !seen.has(id))
    const until = Date.now() + hiddenSeconds * 1000
    for (const { id } of messages) seen.set(id, { until, hiddenSeconds })
    if (fresh.some((message) => visit(message))) return 0
    if (fresh.length > 0) lastNew = Date.now()
    repeats = fresh.length > 0 ? 0 : repeats + messages.length
    // What was read first is back before the last was read: they must be hidden for longer.
    if (isSlow) hiddenSeconds = Math.min(hiddenSeconds * 2, MAX_HIDDEN_SECONDS)
    const isOver = messages.length === 0 || repeats > seen.size
    if (!isOver) continue
    const others = await countHiddenByOthers(options, seen)
    if (others === 0 || Date.now() > lastNew + (firstHidden + 1) * 1000) return others
  }
}

async function receive({ sqs, queueUrl }: PeekOptions, hiddenSeconds: number): Promise<PeekedMessage[]> {
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
  return Messages.map(toPeeked)
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

async function countHiddenByOthers({ sqs, queueUrl }: PeekOptions, seen: Seen): Promise<number> {
  const name = 'ApproximateNumberOfMessagesNotVisible'
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [name] }),
  )
  const now = Date.now()
  const ours = [...seen.values()].filter(({ until }) => until > now).length
  return Math.max(0, Number(Attributes?.[name] ?? 0) - ours)
}
