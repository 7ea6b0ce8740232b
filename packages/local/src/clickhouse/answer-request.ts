import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  constants as zlib,
} from 'node:zlib'
import { type ClickHouseFailure, httpStatusOf, toClickHouseFailure } from './click-house-failure.ts'
import type { RequestOptions } from './read-request.ts'
import type { Outcome, Summary } from './run-statement.ts'

const COMPRESSORS: readonly [name: string, create: () => Transform][] = [
  ['zstd', () => createZstdCompress({ params: { [zlib.ZSTD_c_compressionLevel]: 1 } })],
  ['gzip', () => createGzip({ level: 1 })],
  ['br', () => createBrotliCompress({ params: { [zlib.BROTLI_PARAM_QUALITY]: 1 } })],
  ['deflate', () => createDeflate({ level: 1 })],
]

const CONTENT_TYPES: readonly [format: RegExp, type: string][] = [
  [
    /^JSON(Compact|Strings)?(EachRow|LinesWithProgress)|^JSONLines|^NDJSON|^JSON.*EachRow/,
    'application/x-ndjson; charset=UTF-8',
  ],
  [/^JSON/, 'application/json; charset=UTF-8'],
  [/^CSV.*WithNames/, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/, 'text/csv; charset=UTF-8; header=absent'],
  [/^(TabSeparated|TSV)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^(Pretty|Vertical|Values|SQLInsert|Markdown|LineAsString)/, 'text/plain; charset=UTF-8'],
  [/^XML$/, 'application/xml; charset=UTF-8'],
]

/** Answers with an outcome; a failure while it streams is written into the body, as ClickHouse does. */
export async function answerOutcome(
  response: ServerResponse,
  options: RequestOptions,
  { format, body, summary }: Outcome,
): Promise<void> {
  const type = CONTENT_TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? 'application/octet-stream'
  response.setHeader('Content-Type', type)
  response.setHeader('X-ClickHouse-Format', format)
  if (summary !== undefined) response.setHeader('X-ClickHouse-Summary', summaryHeader(summary))
  const compressor = options.compressResponse ? chooseCompressor(options.acceptEncoding) : undefined
  if (body instanceof Uint8Array && (compressor === undefined || body.length === 0)) {
    response.setHeader('Content-Length', body.length)
    response.end(body)
    return
  }
  const tag = randomBytes(8).toString('hex')
  response.setHeader('X-ClickHouse-Exception-Tag', tag)
  const source = Readable.from(body instanceof Uint8Array ? [body] : withFailure(body, tag), {
    objectMode: false,
  })
  if (compressor === undefined) return pipeline(source, response)
  response.setHeader('Content-Encoding', compressor.name)
  return pipeline(source, compressor.create(), response)
}

/** Answers with a failure in ClickHouse's words, if the answer has not begun. */
export function answerFailure(response: ServerResponse, failure: ClickHouseFailure, version: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const body = `${inWords(failure)} (version ${version} (embedded))\n`
  response.writeHead(httpStatusOf(failure.code), {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(body),
    'X-ClickHouse-Exception-Code': String(failure.code),
  })
  response.end(body)
}

async function* withFailure(body: AsyncIterable<Uint8Array>, tag: string) {
  try {
    yield* body
  } catch (error) {
    const message = `${inWords(toClickHouseFailure(error))}\n`
    const marker = '__exception__'
    const length = Buffer.byteLength(message)
    yield Buffer.from(`\r\n${marker}\r\n${tag}\r\n${message}${length} ${tag}\r\n${marker}\r\n`)
  }
}

function inWords({ code, message, type }: ClickHouseFailure): string {
  return `Code: ${code}. DB::Exception: ${message.replace(/\.$/, '')}. (${type})`
}

function chooseCompressor(acceptEncoding: string) {
  const accepted = new Set(acceptEncoding.split(',').map((part) => part.split(';')[0]?.trim().toLowerCase()))
  const found = COMPRESSORS.find(([name]) => accepted.has(name))
  return found && { name: found[0], create: found[1] }
}

function summaryHeader({ resultRows, resultBytes, writtenRows, writtenBytes, elapsedNs }: Summary): string {
  return JSON.stringify({
    read_rows: String(writtenRows || resultRows),
    read_bytes: String(writtenBytes || resultBytes),
    written_rows: String(writtenRows),
    written_bytes: String(writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(resultRows),
    result_bytes: String(resultBytes),
    elapsed_ns: String(elapsedNs),
  })
}
