import {
  type Block,
  EventTooLargeError,
  formatEnvelope,
  freezeEncodedRows,
  MAX_DECOMPRESSED_BYTES,
  NativeEncoder,
  QUEUED_SCHEMAS,
  type QueuedSchemaName,
  readBlockRows,
} from '@polo/core'
import { PublishError } from '../errors.ts'
import type { BlockSink } from './block-sink.ts'

/** Bytes of a message body: blocks aim for the target; over the maximum they are split. */
export const BODY_BYTES = { target: 600 * 1024, max: 900 * 1024 } as const

const BASE64_GROWTH = 4 / 3
/** What an envelope adds to its data, generously. */
const ENVELOPE_BYTES = 1024
/** Compressed by original size of rows like ours; only the first block goes by it, later ones by what they saw. */
const FIRST_GUESS_OF_RATIO = 0.15
const RAW_BYTES = { min: 256 * 1024, max: 8 * 1024 * 1024 } as const
/** Blocks under way at once; with `BODY_BYTES.max` it bounds the memory, however many rows there are. */
const MAX_IN_FLIGHT = 3

export interface PublishedBlock {
  readonly blockId: string
  readonly rows: number
}

export interface Publisher {
  /**
   * Takes a row; the promise, if any, is to be waited for: too many blocks are under way.
   * @throws PublishError as soon as one block was not taken
   * @throws TypeError when the row does not fit the schema's columns
   */
  publish(row: Readonly<Record<string, unknown>>): Promise<void> | undefined
  /** Sends what is left, waits for every block, and names those that are safe; `error` when any was not taken. */
  finish(): Promise<{ readonly blocks: readonly PublishedBlock[]; readonly error: PublishError | undefined }>
}

export interface PublisherOptions {
  readonly sink: BlockSink
  readonly schema: QueuedSchemaName
  readonly runId: string
  readonly collector: string
  /** Told of each row that no block can hold; the row is not published. */
  readonly onTooLarge: (error: EventTooLargeError, row: Readonly<Record<string, unknown>>) => void
  /** Told once, as soon as a block was not taken: publishing on would be in vain. */
  readonly onFailure?: (error: PublishError) => void
}

/** Packs rows into Native blocks as they stream in, freezes each block once and sends it. */
export function createPublisher(options: PublisherOptions): Publisher {
  const published: PublishedBlock[] = []
  const inFlight = new Set<Promise<void>>()
  const filling = new NativeEncoder(QUEUED_SCHEMAS[options.schema])
  let ratio = FIRST_GUESS_OF_RATIO
  let failure: PublishError | undefined

  const freeze = (): Block[] => {
    const raw = filling.body()
    const blocks = freezeWithinLimit(raw, filling.rows, options.onTooLarge)
    ratio = sum(blocks.map(({ data }) => data.length)) / raw.length || ratio
    filling.clear()
    return blocks
  }

  const send = async (blocks: readonly Block[]) => {
    for (const block of blocks) {
      await options.sink.send(formatBlock(block, options))
      published.push({ blockId: block.blockId, rows: block.rows })
    }
  }

  const flush = async () => {
    if (filling.rows === 0) return
    const task = send(freeze())
      .catch((error: unknown) => {
        if (failure !== undefined) return
        failure = toPublishError(error)
        options.onFailure?.(failure)
      })
      .finally(() => inFlight.delete(task))
    inFlight.add(task)
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight)
  }

  return {
    // Not async: a promise for each row costs as much as encoding a part of it, and so does waiting for one.
    publish(row) {
      if (failure !== undefined) return Promise.reject(failure)
      try {
        filling.append(row)
      } catch (error) {
        return Promise.reject(error)
      }
      return filling.byteLength >= targetRawBytes(ratio) ? flush() : undefined
    },
    async finish() {
      await flush()
      await Promise.all(inFlight)
      return { blocks: published, error: failure }
    },
  }
}

function formatBlock(block: Block, { schema, runId, collector }: PublisherOptions): string {
  return formatEnvelope({ schema, run_id: runId, collector, created_at: new Date().toISOString() }, block)
}

function targetRawBytes(ratio: number): number {
  const target = BODY_BYTES.target / BASE64_GROWTH / ratio
  return Math.min(RAW_BYTES.max, Math.max(RAW_BYTES.min, target))
}

/** One block, or where that would not fit into a message, several. */
function freezeWithinLimit(raw: Buffer, rows: number, onTooLarge: PublisherOptions['onTooLarge']): Block[] {
  const block = freezeEncodedRows(raw, rows, 'Native')
  const bodyBytes = block.data.length * BASE64_GROWTH + ENVELOPE_BYTES
  if (bodyBytes <= BODY_BYTES.max && raw.length <= MAX_DECOMPRESSED_BYTES) return [block]
  const encoded = readBlockRows(raw, 'Native')
  if (rows === 1) {
    const row: Record<string, unknown> = JSON.parse(encoded.json(0))
    onTooLarge(tooLarge(row, block, raw.length), row)
    return []
  }
  const indices = Array.from({ length: rows }, (_, index) => index)
  const middle = Math.ceil(rows / 2)
  return [indices.slice(0, middle), indices.slice(middle)].flatMap((half) =>
    freezeWithinLimit(encoded.select(half), half.length, onTooLarge),
  )
}

function tooLarge(row: Readonly<Record<string, unknown>>, block: Block, bytes: number): EventTooLargeError {
  const { resource_arn, resource_id } = row
  return new EventTooLargeError(
    `the event of ${resource_arn || resource_id} has ${bytes} bytes (${block.data.length} compressed); ` +
      `a message carries ${BODY_BYTES.max}. It was not published`,
  )
}

function toPublishError(error: unknown): PublishError {
  if (error instanceof PublishError) return error
  return new PublishError(error instanceof Error ? error.message : String(error), { cause: error })
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
