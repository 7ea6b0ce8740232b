import { type ClickHouseAddress, callClickHouse } from '../session/call-clickhouse.ts'
import { toQueryError } from './to-query-error.ts'

export interface AskOptions {
  /** The format of a query that names none. */
  readonly format: string
  readonly settings?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The answer to a query, as ClickHouse wrote it. */
export interface Answer {
  /** The format that it is in; empty for a statement that answers nothing. */
  readonly format: string
  /** @throws QueryError when ClickHouse failed half-way */
  readonly chunks: AsyncIterable<Buffer>
}

/** ClickHouse ends an answer that it cannot finish with a mark and at most 16 KiB of message. */
const LONGEST_FAILURE_BYTES = 20 * 1024

/**
 * Asks ClickHouse; nothing is written. The official client would not do: it adds a format to every query and cuts
 * messages at the first word in capitals.
 * @throws QueryError with ClickHouse's message, UnreachableError
 */
export async function askClickHouse(
  address: ClickHouseAddress,
  query: string,
  { format, settings = {}, signal }: AskOptions,
): Promise<Answer> {
  const response = await callClickHouse(address, {
    query,
    signal,
    // 2: reads only, but a query may still bring settings of its own.
    settings: { readonly: '2', wait_end_of_query: '1', default_format: format, ...settings },
  })
  const tag = response.headers.get('x-clickhouse-exception-tag') ?? ''
  return {
    format: response.headers.get('x-clickhouse-format') ?? '',
    chunks: readChunks(response, tag),
  }
}

/** The lines of an answer, empty ones left out. */
export async function* readLines({ chunks }: Answer): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield line
  }
  if (rest !== '') yield rest
}

/** Holds the end back until it is known that it is no failure. */
async function* readChunks(response: Response, tag: string): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0)
  for await (const chunk of response.body ?? []) {
    held = Buffer.concat([held, chunk])
    if (held.length <= 2 * LONGEST_FAILURE_BYTES) continue
    yield held.subarray(0, -LONGEST_FAILURE_BYTES)
    held = held.subarray(-LONGEST_FAILURE_BYTES)
  }
  const mark = Buffer.from(`__exception__\r\n${tag}\r\n`)
  const end = tag === '' ? -1 : held.lastIndexOf(mark)
  if (end === -1) {
    yield held
    return
  }
  const [message = ''] = held
    .subarray(end + mark.length)
    .toString()
    .split(/\r?\n/)
  throw toQueryError(message)
}
