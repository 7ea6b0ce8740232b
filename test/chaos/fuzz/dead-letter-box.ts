import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { BlockError, openBlock, parseEnvelope } from '@polo/core'
import type { MessageReport } from '@polo/ingester'
import { SQS_MAX_BYTES } from './posted-mutations.ts'

/** Reasons of rows that ClickHouse refused: their letter is a new envelope, all others are the message as it came. */
const OF_ROWS = ['rejected_rows', 'undecided_rows']
/** A message near the limit goes without them. */
const ROOM_FOR_ATTRIBUTES = 2_000
const EMPTY_RECEIVES_AT_THE_END = 3

interface Letters {
  letters: number
  rows: number
}

/** Empties the dead-letter queue while messages are thrown at the ingester, and tells whether every letter came. */
export interface DeadLetterBox {
  readonly received: number
  /** Remembers what must be in the queue because of this report. */
  expect(report: MessageReport, body: string): void
  /** Waits for the last letters and says what is missing or not right. */
  close(): Promise<string[]>
}

export function openDeadLetterBox(sqs: SQSClient, queueUrl: string): DeadLetterBox {
  const expected = new Map<string, Letters>()
  const found = new Map<string, Letters>()
  const complaints: string[] = []
  let received = 0
  let closing = false

  const drain = async () => {
    for (let empty = 0; !closing || empty < EMPTY_RECEIVES_AT_THE_END; ) {
      const messages = await receive(sqs, queueUrl)
      empty = messages.length === 0 ? empty + 1 : 0
      if (messages.length === 0) await sleep(50)
      received += messages.length
      for (const message of messages) {
        const { key, rows, complaint } = await readLetter(message)
        add(found, key, rows)
        if (complaint) complaints.push(complaint)
      }
    }
  }
  const drained = drain()
  // Told by `close`; until then nobody listens.
  drained.catch(() => {})

  return {
    get received() {
      return received
    },
    expect(report, body) {
      if (report.rowsDead === 0 && report.outcome !== 'dead') return
      if (OF_ROWS.includes(report.reason)) add(expected, `rows of ${report.blockId}`, report.rowsDead)
      else add(expected, keyOfBody(body), 0)
    },
    async close() {
      closing = true
      await drained
      return [...complaints, ...compare(expected, found)]
    },
  }
}

async function receive(sqs: SQSClient, QueueUrl: string): Promise<Message[]> {
  const { Messages: messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  )
  if (messages.length === 0) return []
  const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
  return messages
}

/** What a letter stands for; one of rows must be an envelope that could be sent back as it is. */
async function readLetter({ Body = '', MessageAttributes = {} }: Message) {
  const reason = MessageAttributes.reason?.StringValue
  const hasRoom = Buffer.byteLength(Body) < SQS_MAX_BYTES - ROOM_FOR_ATTRIBUTES
  const complaint = reason || !hasRoom ? undefined : `a letter of ${Body.length} characters has no reason`
  if (!reason || !OF_ROWS.includes(reason)) return { key: keyOfBody(Body), rows: 0, complaint }
  try {
    const { envelope, block, schema } = parseEnvelope(Body)
    await openBlock(block, schema).catch(unlessMalformedAlone)
    return { key: `rows of ${envelope.parent_block_id}`, rows: block.rows, complaint }
  } catch (error) {
    return { key: keyOfBody(Body), rows: 0, complaint: `a letter of rows cannot be sent back: ${error}` }
  }
}

/** A line that passes for a row among others need not do so alone; sent back, its letter is refused whole, and kept. */
function unlessMalformedAlone(error: unknown): void {
  if (!(error instanceof BlockError && error.fault === 'malformed_rows')) throw error
}

const keyOfBody = (body: string) => `body ${createHash('sha256').update(body).digest('hex')}`

function add(letters: Map<string, Letters>, key: string, rows: number): void {
  const before = letters.get(key) ?? { letters: 0, rows: 0 }
  letters.set(key, { letters: before.letters + 1, rows: before.rows + rows })
}

/** A letter may come twice, since a batch that failed comes back; it may neither be missing nor hold other rows. */
function compare(expected: ReadonlyMap<string, Letters>, found: ReadonlyMap<string, Letters>): string[] {
  const missing = [...expected].flatMap(([key, { letters, rows }]) => {
    const have = found.get(key) ?? { letters: 0, rows: 0 }
    const isOfRows = key.startsWith('rows')
    const isThere = isOfRows ? have.rows >= rows : have.letters >= letters
    return isThere ? [] : [`missing in the dead-letter queue: ${key} (${have.rows} of ${rows} rows)`]
  })
  const unexpected = [...found.keys()].filter((key) => !expected.has(key))
  return [...missing, ...unexpected.map((key) => `a dead letter of nothing that was sent: ${key}`)]
}
