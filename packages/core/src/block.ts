import { hash } from 'node:crypto'
import { constants, createZstdDecompress, zstdCompressSync } from 'node:zlib'
import { BlockError } from './errors.ts'
import type { QueuedSchema } from './queued-schemas.ts'

/** Level 1 dominates the codecs on rows like ours: higher levels cost more CPU than the bytes they save. */
const ZSTD_LEVEL = 1
const DECODED_CHUNK_BYTES = 256 * 1024
const NEWLINE = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
/** How `JSON.stringify` writes half of a surrogate pair; a backslash of the text itself is written twice. */
const LONE_SURROGATE = /(?<=(?<!\\)(?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g

/** Bytes that a block may decompress to; more is taken for a bomb. */
export const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024

/** zstd frames that a block may consist of: each costs a decoder, however few bytes it holds. */
export const MAX_FRAMES = 256

/** ClickHouse's names for how a block's rows are encoded; JSONEachRow has one row a line. */
export const BLOCK_FORMATS = ['JSONEachRow'] as const
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
export function freezeBlock(lines: readonly Buffer[]): Promise<Block> {
  return freezeEncodedRows(Buffer.concat(lines), lines.length)
}

/** Freezes the bytes of `rows` encoded rows into a block. */
export async function freezeEncodedRows(
  raw: Buffer,
  rows: number,
  format: BlockFormat = 'JSONEachRow',
): Promise<Block> {
  // Some milliseconds on this thread; on the thread pool the allocator keeps up to 100 MB of it for good.
  const data = zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } })
  return { blockId: blockIdOf(data), rows, format, data }
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
export async function openBlock(block: Block, _schema?: QueuedSchema): Promise<Buffer> {
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

/** Node's one-shot function stops after the first zstd frame, where ClickHouse reads them all. */
async function decompressBounded(data: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = []
  let room = MAX_DECOMPRESSED_BYTES
  let offset = 0
  for (let frames = 0; frames === 0 || offset < data.length; frames++) {
    if (frames === MAX_FRAMES) {
      throw new BlockError('undecodable', `the data has more than ${MAX_FRAMES} zstd frames`)
    }
    const frame = await decompressFrame(data.subarray(offset), room)
    chunks.push(...frame.chunks)
    room -= frame.bytes
    offset += frame.consumed
  }
  return Buffer.concat(chunks)
}

async function decompressFrame(data: Buffer, room: number) {
  const decoder = createZstdDecompress({ chunkSize: DECODED_CHUNK_BYTES })
  decoder.end(data)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of decoder) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > room) break
    }
  } catch (cause) {
    throw new BlockError('undecodable', 'the data is not valid zstd', { cause })
  }
  if (bytes > room) {
    throw new BlockError('too_large', `the data decompresses to more than ${MAX_DECOMPRESSED_BYTES} bytes`)
  }
  return { chunks, bytes, consumed: decoder.bytesWritten }
}

/**
 * Rows that ClickHouse will read from `raw`: one per line that is not empty.
 * ClickHouse also takes rows that share a line or span several, as well as arrays; there the count would not hold.
 * @throws BlockError where a line is not exactly one JSON object
 */
export function countRows(raw: Buffer): number {
  const text = raw.toString('latin1')
  let rows = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    if (end > start) {
      if (!isOneObject(text, start, end)) throw malformed(rows)
      rows++
    }
    start = end + 1
  }
  return rows
}

/** The lines of a decompressed block, without their newlines; empty ones are left out. */
export function* splitRows(raw: Buffer): Generator<Buffer> {
  for (let start = 0; start < raw.length; ) {
    const newline = raw.indexOf(NEWLINE, start)
    const end = newline === -1 ? raw.length : newline
    if (end > start) yield raw.subarray(start, end)
    start = end + 1
  }
}

/** Looks at braces outside strings alone, which is a third of the cost of parsing; the rest is ClickHouse's to check. */
function isOneObject(text: string, start: number, end: number): boolean {
  if (text.charCodeAt(start) !== OPENING_BRACE) return false
  let depth = 0
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = closingQuote(text, at)
    } else if (code === OPENING_BRACE) {
      depth++
    } else if (code === CLOSING_BRACE) {
      depth--
      if (depth === 0) return text.slice(at + 1, end).trim() === ''
    }
  }
  return false
}

function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return text.length
}

function malformed(row: number): BlockError {
  return new BlockError('malformed_rows', `row ${row} is not one JSON object on a line of its own`)
}
