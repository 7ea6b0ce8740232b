import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, type FaultCounts, type FaultPlan, noFaults } from './faults.ts'

/** Stands between an HTTP client and its server, and lets requests meet faults while there is a plan. */
export interface FaultProxy {
  readonly url: string
  /** Faults met so far. */
  readonly counts: Readonly<FaultCounts>
  /** From now on requests meet these faults, counted on from the last. */
  storm(plan: FaultPlan): void
  /** From now on they meet none; connections that were held open break. */
  calm(): void
  stop(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Buffer
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length'])

/** Starts a proxy on loopback; `upstreamPort` is asked for each request, since a server may come back elsewhere. */
export async function startFaultProxy(upstreamPort: () => number): Promise<FaultProxy> {
  const counts = noFaults()
  let plan: FaultPlan | undefined
  let ordinal = 0
  let calmed = new AbortController()

  const server = createServer((incoming, response) => {
    const fault = plan?.(ordinal++)
    if (fault) counts[fault.kind]++
    const exchange = new Exchange(incoming, response, upstreamPort())
    exchange.run(fault, calmed.signal).catch(() => exchange.reset())
  })
  const calm = () => {
    plan = undefined
    calmed.abort()
    calmed = new AbortController()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    storm(next) {
      plan = next
    },
    calm,
    async stop() {
      calm()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** One request and its answer. */
class Exchange {
  readonly #incoming: IncomingMessage
  readonly #response: ServerResponse
  readonly #upstreamPort: number

  constructor(incoming: IncomingMessage, response: ServerResponse, upstreamPort: number) {
    this.#incoming = incoming
    this.#response = response
    this.#upstreamPort = upstreamPort
  }

  /** The client sees its connection reset. */
  reset(): void {
    const { socket } = this.#incoming
    if (!socket.destroyed) socket.resetAndDestroy()
  }

  async run(fault: Fault | undefined, calmed: AbortSignal): Promise<void> {
    const body = await buffer(this.#incoming)
    switch (fault?.kind) {
      case undefined:
        return this.#answer(await this.#forward(body))
      case 'delay':
        await pause(fault.ms, calmed)
        return this.#answer(await this.#forward(body))
      case 'reset_before':
        return this.reset()
      case 'reset_midway':
        await this.#forwardPart(body.subarray(0, Math.floor(body.length * fault.fraction)))
        return this.reset()
      case 'reset_after_commit':
        await this.#forward(body)
        return this.reset()
      case 'status_500':
        return this.#answer(plainAnswer(500))
      case 'status_429':
        return this.#answer(plainAnswer(429))
      case 'status_502_after_commit':
        await this.#forward(body)
        return this.#answer(plainAnswer(502))
      case 'truncated_response':
        return this.#answerPart(await this.#forward(body), fault.fraction)
      case 'half_open':
        await pause(fault.ms, calmed)
        return this.reset()
      case 'half_open_after_commit':
        await this.#forward(body)
        await pause(fault.ms, calmed)
        return this.reset()
    }
  }

  #open() {
    const { method, url, headers } = this.#incoming
    const upstream = request({
      host: '127.0.0.1',
      port: this.#upstreamPort,
      method,
      path: url,
      headers,
      agent: false,
    })
    // The server learns that the client has gone, as it would without a proxy.
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) upstream.destroy()
    })
    return upstream
  }

  async #forward(body: Buffer): Promise<Answer> {
    const upstream = this.#open()
    upstream.end(body)
    const [answer]: IncomingMessage[] = await once(upstream, 'response')
    if (!answer) throw new Error('no response')
    return { status: answer.statusCode ?? 0, headers: answer.rawHeaders, body: await buffer(answer) }
  }

  /** Breaks the connection to the server once it was sent the beginning of a request. */
  async #forwardPart(beginning: Buffer): Promise<void> {
    const upstream = this.#open()
    upstream.on('error', () => {})
    upstream.flushHeaders()
    if (!upstream.socket?.writable) await once(upstream, 'socket')
    await new Promise<unknown>((resolve) => upstream.write(beginning, resolve))
    upstream.destroy()
  }

  #answer(answer: Answer): void {
    if (this.#response.destroyed) return
    this.#response.writeHead(answer.status, [
      ...endToEnd(answer.headers),
      'content-length',
      String(answer.body.length),
    ])
    this.#response.end(answer.body)
  }

  /** Chunked, so that only the last chunk, which never comes, would say that the body is complete. */
  async #answerPart(answer: Answer, fraction: number): Promise<void> {
    const headers = pairs([...endToEnd(answer.headers), 'transfer-encoding', 'chunked'])
    const head = [`HTTP/1.1 ${answer.status} -`, ...headers.map(([name, value]) => `${name}: ${value}`)]
    const { length } = answer.body
    const whole = Buffer.concat([
      Buffer.from(`${head.join('\r\n')}\r\n\r\n`),
      ...(length > 0 ? [Buffer.from(`${length.toString(16)}\r\n`), answer.body, Buffer.from('\r\n')] : []),
    ])
    const { socket } = this.#incoming
    await writeAndClose(socket, whole.subarray(0, Math.ceil(whole.length * fraction)))
  }
}

async function writeAndClose(socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<unknown>((resolve) => socket.write(bytes, resolve))
  socket.destroy()
}

async function pause(ms: number, calmed: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: calmed }).catch(() => {})
}

function plainAnswer(status: number): Answer {
  return { status, headers: ['content-type', 'text/plain'], body: Buffer.from('not now\n') }
}

function endToEnd(rawHeaders: readonly string[]): string[] {
  return pairs(rawHeaders)
    .filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()))
    .flat()
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : []))
}
