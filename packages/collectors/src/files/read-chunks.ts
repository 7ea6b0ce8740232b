import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

const CHUNK_BYTES = 256 * 1024
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])

/**
 * A file's bytes as they stream in, decompressed where they are gzip, whatever the file is called.
 * @throws what the file system or zlib throws, after what could be read
 */
export async function* readChunks(path: string): AsyncGenerator<Buffer> {
  const file: AsyncIterator<Buffer> = createReadStream(path, { highWaterMark: CHUNK_BYTES })[
    Symbol.asyncIterator
  ]()
  const { value: first, done } = await file.next()
  if (done) return
  const all = startingWith(first, file)
  if (!GZIP_MAGIC.equals(first.subarray(0, 2))) return yield* all
  // What fails on the way comes out of the last stream.
  const unzipped: AsyncIterable<Buffer> = pipeline(all, createGunzip({ chunkSize: CHUNK_BYTES }), () => {})
  yield* unzipped
}

async function* startingWith(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
