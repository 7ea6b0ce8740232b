import { zstdDecompressSync } from 'node:zlib'
import { BlockError } from './errors.ts'

const MAGIC = 0xfd2f_b528
/** For frames that do not say how much they hold. */
const CHUNK_BYTES = 256 * 1024
/** zlib takes no smaller chunks. */
const MIN_CHUNK_BYTES = 64
/** A frame header's fields by what its descriptor says of them. */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const

/** Bytes that a block may decompress to, twice what Polo's publisher makes; more is taken for a bomb. */
export const MAX_DECOMPRESSED_BYTES = 16 * 1024 * 1024

/** zstd frames that a block may consist of: each costs a decoder, however few bytes it holds. */
export const MAX_FRAMES = 256

/**
 * Decompresses every zstd frame, as ClickHouse does; Node's function stops after the first.
 * It blocks, for some milliseconds, since the stream costs five times the CPU: it copies everything several times.
 * @throws BlockError
 */
export function decompressBounded(data: Buffer): Buffer {
  const frames: Buffer[] = []
  let room = MAX_DECOMPRESSED_BYTES
  let offset = 0
  do {
    if (frames.length === MAX_FRAMES) {
      throw new BlockError('undecodable', `the data has more than ${MAX_FRAMES} zstd frames`)
    }
    const { buffer, engine } = decompressFrame(data.subarray(offset), room)
    frames.push(buffer)
    room -= buffer.length
    offset += engine.bytesWritten
  } while (offset < data.length)
  const [first] = frames
  return frames.length === 1 && first ? first : Buffer.concat(frames)
}

/** What zlib's functions return when asked for `info`, which their types do not tell. */
interface Decompressed {
  readonly buffer: Buffer
  /** `bytesWritten` is what the decoder took of its input. */
  readonly engine: { readonly bytesWritten: number }
}

function decompressFrame(data: Buffer, room: number): Decompressed {
  const declared = contentSizeOf(data)
  if (declared !== undefined && declared > room) throw tooLarge()
  let frame: unknown
  try {
    frame = zstdDecompressSync(data, {
      info: true,
      maxOutputLength: Math.max(room, 1),
      // One byte more than the frame holds: decoded in one go, and no second chunk to see that this was all.
      chunkSize: declared === undefined ? CHUNK_BYTES : Math.max(declared + 1, MIN_CHUNK_BYTES),
    })
  } catch (cause) {
    if (isBufferTooLarge(cause)) throw tooLarge()
    throw new BlockError('undecodable', 'the data is not valid zstd', { cause })
  }
  if (!isDecompressed(frame)) throw new TypeError('zlib did not say what it decompressed')
  if (frame.buffer.length > room) throw tooLarge()
  return frame
}

/**
 * What the frame's header says it decompresses to; zlib refuses the frame unless that is so.
 * https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1
 */
function contentSizeOf(frame: Buffer): number | undefined {
  if (frame.length < 5 || frame.readUInt32LE(0) !== MAGIC) return undefined
  const descriptor = frame.readUInt8(4)
  const isSingleSegment = (descriptor & 0b0010_0000) !== 0
  const at = 5 + (isSingleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 0b11] ?? 0)
  const bytes = CONTENT_SIZE_BYTES[descriptor >> 6] || (isSingleSegment ? 1 : 0)
  if (bytes === 0 || frame.length < at + bytes) return undefined
  if (bytes === 8) return Number(frame.readBigUInt64LE(at))
  return frame.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

function isDecompressed(value: unknown): value is Decompressed {
  return typeof value === 'object' && value !== null && 'buffer' in value && 'engine' in value
}

function isBufferTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}

function tooLarge(): BlockError {
  return new BlockError('too_large', `the data decompresses to more than ${MAX_DECOMPRESSED_BYTES} bytes`)
}
