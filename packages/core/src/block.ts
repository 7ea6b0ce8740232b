import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import { BlockError } from './errors.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Level 1 dominates the codecs on rows like ours: higher levels cost more CPU than the bytes they save. */
const ZSTD_LEVEL = 1
const NEWLINE = 0x0a
const OPENING_BRACE = 0x7b
const JOINED_OBJECTS = /\}(?:[,[]|[^\S\n])*\{/

/** Bytes that a block may decompress to; more is taken for a bomb. */
export const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024

/** Rows frozen once: what is queued, inserted and deduplicated as one. */
export interface Block {
  /** SHA-256 of `data`, in hex. */
  readonly blockId: string
  readonly rows: number
  /** JSONEachRow, one row a line, compressed with zstd. */
  readonly data: Buffer
}

/** One row as a line of JSONEachRow, its newline included. */
export function encodeRow(row: object): Buffer {
  return Buffer.from(`${JSON.stringify(row)}\n`)
}

/** Freezes encoded rows (see `encodeRow`) into a block. */
export async function freezeBlock(lines: readonly Buffer[]): Promise<Block> {
  const data = await compress(Buffer.concat(lines), {
    params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
  })
  return { blockId: blockIdOf(data), rows: lines.length, data }
}

/** The identity of a block's bytes, and the deduplication token of any INSERT that sends them. */
export function blockIdOf(data: Buffer): string {
  return hash('sha256', data, 'hex')
}

/**
 * Checks that the bytes are what their envelope promises, and decompresses them.
 * A truncated last zstd frame would be accepted by ClickHouse in silence, hence hash and count.
 * @throws BlockError
 */
export async function openBlock(block: Block): Promise<Buffer> {
  const actual = blockIdOf(block.data)
  if (actual !== block.blockId) {
    throw new BlockError(
      'hash_mismatch',
      `the data's SHA-256 is ${actual}, the envelope says ${block.blockId}`,
    )
  }
  const raw = await decompressBounded(block.data)
  const rows = countRows(raw)
  if (rows !== block.rows) {
    throw new BlockError('row_count_mismatch', `the data has ${rows} rows, the envelope says ${block.rows}`)
  }
  return raw
}

async function decompressBounded(data: Buffer): Promise<Buffer> {
  try {
    return await decompress(data, { maxOutputLength: MAX_DECOMPRESSED_BYTES })
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new BlockError(
        'too_large',
        `the data decompresses to more than ${MAX_DECOMPRESSED_BYTES} bytes`,
        {
          cause,
        },
      )
    }
    throw new BlockError('undecodable', 'the data is not valid zstd', { cause })
  }
}

/**
 * Rows that ClickHouse will read from `raw`: one per line that is not blank.
 * @throws BlockError where a line is not exactly one JSON object, so that the count would not hold
 */
export function countRows(raw: Buffer): number {
  const mayJoinRows = JOINED_OBJECTS.test(raw.toString('latin1'))
  let rows = 0
  for (const line of splitRows(raw)) {
    if (line[0] !== OPENING_BRACE) throw malformed(rows)
    if (mayJoinRows && !isOneObject(line)) throw malformed(rows)
    rows++
  }
  return rows
}

/** The lines of a decompressed block, without their newlines; blank ones are left out. */
export function* splitRows(raw: Buffer): Generator<Buffer> {
  for (let start = 0; start < raw.length; ) {
    const newline = raw.indexOf(NEWLINE, start)
    const end = newline === -1 ? raw.length : newline
    if (end > start) yield raw.subarray(start, end)
    start = end + 1
  }
}

/** Only where one object's end meets another's start can a line hold two rows; strings may look the same, so parse. */
function isOneObject(line: Buffer): boolean {
  if (!JOINED_OBJECTS.test(line.toString('latin1'))) return true
  try {
    JSON.parse(line.toString('utf8'))
    return true
  } catch {
    return false
  }
}

function malformed(row: number): BlockError {
  return new BlockError('malformed_rows', `row ${row} is not one JSON object on a line of its own`)
}
