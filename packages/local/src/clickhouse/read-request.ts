import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { failures } from './click-house-failure.ts'

/** What a request asks for besides its statement; all names are validated, values are not. */
export interface RequestOptions {
  method: string
  path: string
  query: string
  database: string | undefined
  defaultFormat: string
  queryId: string
  session: { id: string; timeoutMs: number; mustExist: boolean } | undefined
  /** Settings of the engine, by name. */
  settings: Map<string, string>
  /** Values of `{name:Type}`, by name, escaped as in TabSeparated. */
  params: Map<string, string>
  compressResponse: boolean
  acceptEncoding: string
  contentEncoding: string
}

// Parameters of ClickHouse's HTTP interface that are no settings of the engine.
const PROTOCOL_PARAMETERS = new Set([
  ...['query', 'query_id', 'database', 'default_format', 'user', 'password', 'role', 'quota_key'],
  ...['session_id', 'session_timeout', 'session_check', 'close_session', 'client_protocol_version'],
  ...['compress', 'decompress', 'buffer_size', 'wait_end_of_query', 'stacktrace'],
])
const DEFAULT_SESSION_TIMEOUT_S = 60
const MAX_SESSION_TIMEOUT_S = 3_600

/**
 * Reads URL and headers the way ClickHouse's HTTP interface does; `form` holds what a multipart body adds.
 * @throws ClickHouseFailure for names that cannot be settings, formats or parameters
 */
export function readRequest(request: IncomingMessage, form?: Iterable<[string, string]>): RequestOptions {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  for (const [name, value] of form ?? []) searchParams.append(name, value)
  const header = (name: string) => request.headers[name]?.toString()
  if (searchParams.get('decompress') === '1' || searchParams.get('compress') === '1') {
    throw failures.notImplemented(
      "ClickHouse's own compressed blocks are not supported: use Content-Encoding",
    )
  }
  const defaultFormat = header('x-clickhouse-format') ?? searchParams.get('default_format') ?? 'TabSeparated'
  if (!/^\w+$/.test(defaultFormat)) throw failures.badArguments('The default format is no name of a format')
  return {
    method: request.method ?? 'GET',
    path: pathname,
    query: searchParams.getAll('query').join(''),
    database: header('x-clickhouse-database') ?? searchParams.get('database') ?? undefined,
    defaultFormat,
    queryId: searchParams.get('query_id') || randomUUID(),
    session: readSession(searchParams),
    ...readSettings(searchParams),
    compressResponse: searchParams.get('enable_http_compression') === '1',
    acceptEncoding: header('accept-encoding') ?? '',
    contentEncoding: (header('content-encoding') ?? '').trim().toLowerCase(),
  }
}

function readSession(search: URLSearchParams): RequestOptions['session'] {
  const id = search.get('session_id')
  if (!id) return undefined
  const seconds = Number(search.get('session_timeout') ?? DEFAULT_SESSION_TIMEOUT_S)
  if (!(seconds >= 0 && seconds <= MAX_SESSION_TIMEOUT_S)) {
    throw failures.badArguments(`Session timeout must be between 0 and ${MAX_SESSION_TIMEOUT_S} seconds`)
  }
  return { id, timeoutMs: seconds * 1000, mustExist: search.get('session_check') === '1' }
}

function readSettings(search: URLSearchParams): Pick<RequestOptions, 'settings' | 'params'> {
  const settings = new Map<string, string>()
  const params = new Map<string, string>()
  for (const [name, value] of search) {
    if (PROTOCOL_PARAMETERS.has(name)) continue
    const param = /^param_(\w+)$/.exec(name)?.[1]
    if (param !== undefined) params.set(param, value)
    else if (/^[A-Za-z_]\w*$/.test(name)) settings.set(name, value)
    else throw failures.unknownSetting(name)
  }
  return { settings, params }
}
