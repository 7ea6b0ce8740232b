import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import pLimit from 'p-limit'
import { LocalServerError, PortInUseError } from '../errors.ts'
import { answerFailure } from './answer-request.ts'
import { authenticate } from './authenticate.ts'
import type { BodySpool } from './body-spool.ts'
import { toClickHouseFailure } from './click-house-failure.ts'
import type { Engine } from './engine.ts'
import { refuseForeignRequest } from './guard-request.ts'
import { handleQuery, type QueryContext } from './handle-query.ts'
import type { ResultPipe } from './result-pipes.ts'

const HOST = '127.0.0.1'
// ClickHouse's own http_max_uri_size, and room for the other headers.
const MAX_HEADER_BYTES = 1_100_000
const STOP_PATIENCE_MS = 6_000
// ClickHouse's own. With less, a client's next request may meet the closing of its connection when the machine is busy.
const KEEP_ALIVE_MS = 30_000

export interface Front {
  port: number
  /** Takes no more requests, cancels those that read, and waits for those that write. */
  stop(): Promise<void>
}

export interface FrontOptions {
  engine: Engine
  spool: BodySpool
  /** One per query that may run at once. */
  pipes: readonly ResultPipe[]
  port: number
  /** What every request but /ping must carry, if there is one. */
  password: string | undefined
}

/** Serves ClickHouse's HTTP interface on loopback. @throws PortInUseError, LocalServerError */
export async function startHttpFront({ engine, spool, pipes, port, password }: FrontOptions): Promise<Front> {
  const stopping = new AbortController()
  const work = new Set<Promise<void>>()
  const slots = pLimit(pipes.length)
  const context: QueryContext = {
    engine,
    spool,
    slots,
    freePipes: [...pipes],
    stopping: stopping.signal,
    password,
  }
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS }
  const server = createServer(limits, (request, response) => {
    const done = handle(context, request, response).finally(() => work.delete(done))
    work.add(done)
  })
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    else socket.destroy()
  })
  await listen(server, port)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async stop() {
      server.close()
      stopping.abort()
      // Who does not read the answer must not keep the others from being stopped in time.
      const impatience = setTimeout(() => server.closeAllConnections(), STOP_PATIENCE_MS)
      await Promise.all(work)
      clearTimeout(impatience)
      server.closeAllConnections()
    },
  }
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  try {
    server.listen(port, HOST)
    await once(server, 'listening')
  } catch (error) {
    const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    const message = inUse
      ? `Port ${port}, which ClickHouse was to serve on, is taken. Stop what uses it, or choose another port.`
      : `ClickHouse cannot serve on port ${port}: ${error}`
    throw new (inUse ? PortInUseError : LocalServerError)(message, { cause: error })
  }
}

function answerText(response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`
  const type = 'text/plain; charset=UTF-8'
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

async function handle(
  context: QueryContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', () => {})
  request.on('error', () => {})
  try {
    const refusal = refuseForeignRequest(request)
    if (refusal !== undefined) return answerText(response, 403, refusal)
    if (context.stopping.aborted) return answerText(response, 503, 'ClickHouse is stopping')
    response.setHeader('X-ClickHouse-Server-Display-Name', 'polo')
    response.setHeader('X-ClickHouse-Timezone', context.engine.timezone)
    const path = request.url?.split('?')[0]
    const asksForHealth = request.method !== 'POST' && !request.url?.includes('query=')
    if (path === '/ping') return answerText(response, 200, 'Ok.')
    if (context.password !== undefined) authenticate(request, context.password)
    if (path === '/replicas_status' || (path === '/' && asksForHealth)) {
      return answerText(response, 200, 'Ok.')
    }
    if (path !== '/') return answerText(response, 404, `There is no handle ${path}`)
    await handleQuery(context, request, response)
  } catch (error) {
    answerFailure(response, toClickHouseFailure(error), context.engine.version)
  } finally {
    // What is left of the body is read, so that its sender gets to read the answer.
    request.resume()
  }
}
