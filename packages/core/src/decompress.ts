import { createZstdDecompress } from 'node:zlib'
import { BlockError } from './errors.ts'

const DECODED_CHUNK_BYTES = 256 * 1024

/** Bytes that a block may decompress to; more is taken for a bomb. */
export const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024

/** zstd frames that a block may consist of: each costs a decoder, however few bytes it holds. */
export const MAX_FRAMES = 256

/**
 * Decompresses every zstd frame of `data`.
 * @throws BlockError
 */
export async function decompressBounded(data: Buffer): Promise<Buffer> {
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
