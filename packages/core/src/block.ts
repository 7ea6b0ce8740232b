import { hash } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { countRows } from './count-json-rows.ts'
import { decompressBounded } from './decompress.ts'
import { BlockError } from './errors.ts'
import { countNativeRows } from './native/walk-native.ts'
import type { QueuedSchema } from './queued-schemas.ts'

/** Level 1 dominates the codecs on rows like ours: higher levels cost more CPU than the bytes they save. */
const ZSTD_LEVEL = 1
/** How `JSON.stringify` writes half of a surrogate pair; a backslash of the text itself is written twice. */
const LONE_SURROGATE = /(?<=(?<!\\)(?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g

/**
 * ClickHouse's names for how a block's rows are encoded. JSONEachRow has one row a line; Native has exactly the schema's
 * columns, in their order and with plain strings for LowCardinality.
 */
export const BLOCK_FORMATS = ['JSONEachRow', 'Native'] as const
export type BlockFormat = (typeof BLOCK_FORMATS)[number]

/** Rows frozen once: what is queued, inserted and deduplicated as one. */
export interface Block {
  /** SHA-256 of `data`, in hex. */
  readonly blockId: string
  readonly rows: number
  readonly format: BlockFormat
  /** The encoded rows, compressed with zstd. */
  readonly data: Buffer
}

/**
 * One row as a line of JSONEachRow, its newline included.
 * Half of a surrogate pair (a name cut within an emoji) becomes U+FFFD: ClickHouse refuses the block otherwise.
 */
export function formatRow(row: object): string {
  const json = JSON.stringify(row)
  const wellFormed = json.includes('\\ud') ? json.replace(LONE_SURROGATE, '\ufffd') : json
  return `${wellFormed}\n`
}

/** `formatRow` in bytes. */
export function encodeRow(row: object): Buffer {
  return Buffer.from(formatRow(row))
}

/** Freezes encoded rows (see `encodeRow`) into a block. */
export async function freezeBlock(lines: readonly Buffer[]): Promise<Block> {
  return freezeEncodedRows(Buffer.concat(lines), lines.length)
}

/** Freezes the bytes of `rows` encoded rows into a block. */
export function freezeEncodedRows(raw: Buffer, rows: number, format: BlockFormat = 'JSONEachRow'): Block {
  // Some milliseconds on this thread; on the thread pool the allocator keeps up to 100 MB of it for good.
  const data = zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } })
  return { blockId: blockIdOf(data), rows, format, data }
}

/** The identity of a block's bytes, and the deduplication token of any INSERT that sends them. */
export function blockIdOf(data: Buffer): string {
  return hash('sha256', data, 'hex')
}

/**
 * Checks that the bytes are what their envelope promises, and decompresses them. Without a schema Native columns may be
 * any. A truncated last zstd frame would be accepted by ClickHouse in silence, hence hash and count.
 * @throws BlockError
 */
export async function openBlock(block: Block, schema?: QueuedSchema): Promise<Buffer> {
  const actual = blockIdOf(block.data)
  if (actual !== block.blockId) {
    throw new BlockError(
      'hash_mismatch',
      `the data's SHA-256 is ${actual}, the envelope says ${block.blockId}`,
    )
  }
  const raw = decompressBounded(block.data)
  const rows = block.format === 'Native' ? countNativeRows(raw, schema) : countRows(raw, block.rows)
  if (rows !== block.rows) {
    throw new BlockError('row_count_mismatch', `the data has ${rows} rows, the envelope says ${block.rows}`)
  }
  return raw
}
