import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import type { BodySpool } from './body-spool.ts'
import { ClickHouseFailure, failures } from './click-house-failure.ts'
import type { RequestOptions } from './read-request.ts'
import { type InsertWithData, type PlainStatement, splitInsert } from './split-insert.ts'
import { quoteString } from './sql-literals.ts'

/** What a request wants run: SQL that is wholly the client's own, or an INSERT whose data is in a file. */
export type Statement =
  | { kind: 'insert'; sql: string; file: string }
  | { kind: 'statement'; text: Buffer; parsed: PlainStatement }

const HEAD_BYTES = 1024 * 1024
const MAX_SQL_BYTES = 16 * 1024 * 1024

// Content-Encoding → name of the compression in the engine.
const ENGINE_COMPRESSIONS = new Set(['gzip', 'deflate', 'br', 'xz', 'zstd', 'lz4', 'snappy'])
const DECODERS = new Map<string, () => Transform & { bytesWritten: number }>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
])

/**
 * Takes in a request's `query` parameter and body, which together are one text, and tells SQL from data.
 * Data goes to a file as it arrives and never becomes part of an SQL text.
 * @throws ClickHouseFailure for what cannot be decoded, split or stored
 */
export async function receiveStatement(
  request: IncomingMessage,
  options: RequestOptions,
  spool: BodySpool,
): Promise<Statement> {
  const { query, contentEncoding } = options
  const encoding = contentEncoding === 'identity' ? '' : contentEncoding
  const url = Buffer.from(query)
  const alone = splitOrUndefined(url)
  if (alone?.kind === 'insert' && alone.dataAt >= url.length) {
    if (encoding !== '' && !ENGINE_COMPRESSIONS.has(encoding)) throw unknownEncoding(encoding)
    const file = await spool.write(bodyOf(request), declaredBytes(request))
    return insertFrom(url, alone, { file, compression: encoding || 'none' })
  }
  return receiveText(withPrefix(url, decoded(request, encoding)), spool)
}

/** Splits SQL that is complete, such as a form's. */
export async function receiveText(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  spool: BodySpool,
): Promise<Statement> {
  const rest = iterate(chunks)
  let text = Buffer.alloc(0)
  let ended = false
  const readTo = async (limit: number) => {
    const parts = [text]
    for (let size = text.length; size < limit && !ended; ) {
      const { value, done } = await rest.next()
      ended = done === true
      if (value !== undefined) parts.push(Buffer.from(value))
      size += value?.length ?? 0
    }
    text = Buffer.concat(parts)
  }
  await readTo(HEAD_BYTES)
  let parsed = ended ? splitInsert(text.toString('latin1')) : splitOrUndefined(text)
  if (!ended && !(parsed?.kind === 'insert' && parsed.dataAt < text.length)) {
    await readTo(MAX_SQL_BYTES)
    if (!ended) throw failures.syntax(`The statement is longer than ${MAX_SQL_BYTES} bytes`)
    parsed = splitInsert(text.toString('latin1'))
  }
  parsed ??= splitInsert(text.toString('latin1'))
  if (parsed.kind === 'statement') return { kind: 'statement', text: text.subarray(0, parsed.end), parsed }
  const data = withPrefix(text.subarray(parsed.dataAt), rest, '')
  const file = await spool.write(data, ended ? text.length : undefined)
  return insertFrom(text, parsed, { file, compression: 'none' })
}

async function* iterate(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  yield* chunks
}

function insertFrom(
  text: Buffer,
  { infileAt, formatAt, format }: InsertWithData,
  { file, compression }: { file: string; compression: string },
): Statement {
  const target = text.toString('utf8', 0, infileAt)
  const settings = text.toString('utf8', infileAt, formatAt)
  // A line break, because what stands before may end in a comment.
  const source = `\nFROM INFILE ${quoteString(file)} COMPRESSION ${quoteString(compression)}`
  return { kind: 'insert', file, sql: `${target}${source}\n${settings}\nFORMAT ${format}` }
}

function splitOrUndefined(text: Buffer) {
  try {
    return splitInsert(text.toString('latin1'))
  } catch {
    // What is cut off makes no sense yet; the whole is split again, and then speaks for itself.
    return undefined
  }
}

async function* withPrefix(prefix: Buffer, rest: AsyncIterable<Uint8Array>, joint = '\n') {
  let pending = prefix.length > 0
  for await (const chunk of rest) {
    if (pending) yield Buffer.concat([prefix, Buffer.from(joint)])
    pending = false
    yield chunk
  }
  if (pending) yield prefix
}

async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  // The request outlives a failure here, so that its sender still gets an answer.
  yield* request.iterator({ destroyOnReturn: false })
}

async function* decoded(request: IncomingMessage, encoding: string): AsyncGenerator<Uint8Array> {
  if (encoding === '') return yield* bodyOf(request)
  const decoder = DECODERS.get(encoding)?.()
  if (decoder === undefined) throw unknownEncoding(encoding)
  let received = 0
  request.on('data', (chunk: Buffer) => {
    received += chunk.length
  })
  request.once('error', (error) => decoder.destroy(error))
  request.pipe(decoder)
  try {
    yield* decoder
    // Node's decoders take the end of a first frame for the end of all, and say nothing.
    if (decoder.bytesWritten !== received) throw new Error('data after the end of its first frame')
  } catch (error) {
    if (request.destroyed && !request.complete) throw error
    throw new ClickHouseFailure(
      271,
      'CANNOT_DECOMPRESS',
      `The body, which begins with its statement, is not valid ${encoding}: ${error}`,
    )
  } finally {
    request.unpipe(decoder)
    decoder.destroy()
  }
}

function unknownEncoding(encoding: string): ClickHouseFailure {
  return failures.notImplemented(`Unknown compression method '${encoding}'`)
}

function declaredBytes(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length']
  return length === undefined ? undefined : Number(length)
}
