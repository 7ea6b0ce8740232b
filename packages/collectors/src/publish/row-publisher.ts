import { EventTooLargeError } from '@polo/core'
import { PublishError } from '../errors.ts'
import { type ControlRows, publishControlRows } from '../run/run-records.ts'
import type { BlockSink } from './block-sink.ts'
import type { PublishedBlock } from './publisher.ts'

/** Bytes of JSON. What does not compress at all still fits into a message as base64. */
const BLOCK_BYTES = { target: 256 * 1024, max: 600 * 1024 } as const

/** Packs the few rows of a control schema into blocks. */
export interface RowPublisher {
  /**
   * @throws EventTooLargeError for a row that no block can hold; it is not published
   * @throws PublishError as soon as one block was not taken
   */
  publish(row: object): Promise<void>
  /** Sends what is left, and names the blocks that are safe; `error` when any was not taken. */
  finish(): Promise<{ readonly blocks: readonly PublishedBlock[]; readonly error: PublishError | undefined }>
}

export interface RowPublisherOptions extends Pick<ControlRows, 'schema' | 'runId' | 'collector'> {
  readonly sink: BlockSink
  /** Told once, as soon as a block was not taken. */
  readonly onFailure: () => void
}

export function createRowPublisher({ sink, onFailure, ...head }: RowPublisherOptions): RowPublisher {
  const blocks: PublishedBlock[] = []
  let waiting: object[] = []
  let bytes = 0
  let failure: PublishError | undefined

  const flush = async () => {
    if (waiting.length === 0) return
    const rows = waiting
    waiting = []
    bytes = 0
    try {
      blocks.push(await publishControlRows(sink, { ...head, rows }))
    } catch (error) {
      if (failure !== undefined) return
      failure = toPublishError(error)
      onFailure()
    }
  }

  return {
    async publish(row) {
      if (failure !== undefined) throw failure
      const size = checkRowSize(row)
      if (bytes + size > BLOCK_BYTES.max) await flush()
      waiting.push(row)
      bytes += size
      if (bytes >= BLOCK_BYTES.target) await flush()
    },
    async finish() {
      await flush()
      return { blocks, error: failure }
    },
  }
}

/** The row's bytes as JSON. @throws EventTooLargeError for one that no block can hold */
export function checkRowSize(row: object): number {
  const size = Buffer.byteLength(JSON.stringify(row))
  if (size <= BLOCK_BYTES.max) return size
  throw new EventTooLargeError(`it has ${size} bytes; a block carries ${BLOCK_BYTES.max}`)
}

function toPublishError(error: unknown): PublishError {
  if (error instanceof PublishError) return error
  return new PublishError(error instanceof Error ? error.message : String(error), { cause: error })
}
