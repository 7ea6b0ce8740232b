import { UnreachableError } from '../errors.ts'
import { describeError } from '../output/describe-error.ts'
import { toQueryError } from '../query/to-query-error.ts'

/** Where ClickHouse answers; the URL may carry user and password. */
export interface ClickHouseAddress {
  readonly clickhouseUrl: string
  readonly database?: string | undefined
}

export interface ClickHouseCall {
  readonly query: string
  readonly settings: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/**
 * One request to ClickHouse's HTTP interface.
 * @throws QueryError with what ClickHouse said, UnreachableError when it was not ClickHouse, or nobody
 */
export async function callClickHouse(
  { clickhouseUrl, database }: ClickHouseAddress,
  { query, settings, signal }: ClickHouseCall,
): Promise<Response> {
  const { origin, pathname, username, password } = new URL(clickhouseUrl)
  const url = new URL(pathname, origin)
  url.search = new URLSearchParams({ ...(database && { database }), ...settings }).toString()
  const credentials = [username, password].map(decodeURIComponent).join(':')
  const headers = username ? { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } : {}
  const response = await fetch(url, {
    method: 'POST',
    body: query,
    headers,
    ...(signal && { signal }),
  }).catch((cause: unknown) => {
    signal?.throwIfAborted()
    throw new UnreachableError(`ClickHouse at ${origin} does not answer: ${reasonOf(cause)}. ${ADVICE}`, {
      cause,
    })
  })
  if (response.ok) return response
  const text = await response.text()
  if (/^Code: \d+/.test(text)) throw toQueryError(text)
  throw new UnreachableError(
    `what is at ${origin} does not answer as ClickHouse does: HTTP ${response.status} ${firstLine(text)}. ${ADVICE}`,
  )
}

const ADVICE =
  'Start it or correct POLO_CLICKHOUSE_URL; without that variable, Polo runs a ClickHouse of its own.'

/** fetch says "fetch failed" and keeps the reason in its cause. */
function reasonOf(error: unknown): string {
  return describeError(error instanceof Error && error.cause !== undefined ? error.cause : error)
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.slice(0, 200) ?? ''
}
