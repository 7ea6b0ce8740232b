import {
  type Block,
  EventTooLargeError,
  encodeRow,
  formatEnvelope,
  freezeBlock,
  type QueuedSchemaName,
} from '@polo/core'
import type { BlockSink } from './block-sink.ts'
import { PublishError } from './errors.ts'

/** Bytes of a message body: blocks aim for the target; over the maximum they are split. */
export const BODY_BYTES = { target: 600 * 1024, max: 900 * 1024 } as const

const BASE64_GROWTH = 4 / 3
/** Compressed by original size of rows like ours; only the first block goes by it, later ones by what they saw. */
const FIRST_GUESS_OF_RATIO = 0.15
const RAW_BYTES = { min: 256 * 1024, max: 8 * 1024 * 1024 } as const
/** Blocks under way at once; with `RAW_BYTES.max` it bounds the memory, however many rows there are. */
const MAX_IN_FLIGHT = 4

export interface PublishedBlock {
  readonly blockId: string
  readonly rows: number
}

export interface Publisher {
  /**
   * Takes a row; waits while too many blocks are under way.
   * @throws PublishError as soon as one block was not taken
   */
  publish(row: object): Promise<void>
  /** Sends what is left, waits for every block, and names those that are safe; `error` when any was not taken. */
  finish(): Promise<{ readonly blocks: readonly PublishedBlock[]; readonly error: PublishError | undefined }>
}

export interface PublisherOptions {
  readonly sink: BlockSink
  readonly schema: QueuedSchemaName
  readonly runId: string
  readonly collector: string
  /** Told of each row that no block can hold; the row is not published. */
  readonly onTooLarge: (error: EventTooLargeError) => void
}

/** Packs rows into blocks as they stream in, freezes each block once and sends it. */
export function createPublisher(options: PublisherOptions): Publisher {
  const published: PublishedBlock[] = []
  const inFlight = new Set<Promise<void>>()
  let lines: Buffer[] = []
  let rawBytes = 0
  let ratio = FIRST_GUESS_OF_RATIO
  let failure: PublishError | undefined

  const send = async (block: Block) => {
    const body = formatEnvelope(
      {
        schema: options.schema,
        run_id: options.runId,
        collector: options.collector,
        created_at: new Date().toISOString(),
      },
      block,
    )
    await options.sink.send(body)
    published.push({ blockId: block.blockId, rows: block.rows })
  }

  const freezeAndSend = async (rows: readonly Buffer[]) => {
    for await (const { block, raw } of freezeWithinLimit(rows, options.onTooLarge)) {
      ratio = block.data.length / raw
      await send(block)
    }
  }

  const flush = async () => {
    if (lines.length === 0) return
    const task = freezeAndSend(lines)
      .catch((error: unknown) => {
        failure ??= toPublishError(error)
      })
      .finally(() => inFlight.delete(task))
    inFlight.add(task)
    lines = []
    rawBytes = 0
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight)
  }

  return {
    async publish(row) {
      if (failure !== undefined) throw failure
      const line = encodeRow(row)
      lines.push(line)
      rawBytes += line.length
      if (rawBytes >= targetRawBytes(ratio)) await flush()
    },
    async finish() {
      await flush()
      await Promise.all(inFlight)
      return { blocks: published, error: failure }
    },
  }
}

function targetRawBytes(ratio: number): number {
  const target = BODY_BYTES.target / BASE64_GROWTH / ratio
  return Math.min(RAW_BYTES.max, Math.max(RAW_BYTES.min, target))
}

/** One block, or where that would not fit into a message, several. */
async function* freezeWithinLimit(
  lines: readonly Buffer[],
  onTooLarge: PublisherOptions['onTooLarge'],
): AsyncGenerator<{ block: Block; raw: number }> {
  const raw = lines.reduce((sum, line) => sum + line.length, 0)
  const block = await freezeBlock(lines)
  if (block.data.length * BASE64_GROWTH + ENVELOPE_BYTES <= BODY_BYTES.max) {
    yield { block, raw }
    return
  }
  const [only] = lines
  if (lines.length === 1 && only) {
    onTooLarge(tooLarge(only, block))
    return
  }
  const middle = Math.ceil(lines.length / 2)
  yield* freezeWithinLimit(lines.slice(0, middle), onTooLarge)
  yield* freezeWithinLimit(lines.slice(middle), onTooLarge)
}

/** What an envelope adds to its data, generously. */
const ENVELOPE_BYTES = 1024

function tooLarge(line: Buffer, block: Block): EventTooLargeError {
  const { resource_arn, resource_id }: Record<string, unknown> = JSON.parse(line.toString())
  return new EventTooLargeError(
    `the event of ${resource_arn || resource_id} has ${line.length} bytes (${block.data.length} compressed); ` +
      `a message carries ${BODY_BYTES.max}. It was not published`,
  )
}

function toPublishError(error: unknown): PublishError {
  if (error instanceof PublishError) return error
  return new PublishError(error instanceof Error ? error.message : String(error), { cause: error })
}
