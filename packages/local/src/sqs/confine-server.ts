import { channel } from 'node:diagnostics_channel'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import type { buildApp } from 'fauxqs'
import { LOCAL_SQS_ACCOUNT } from './sqs-client.ts'

const HEADROOM = { ofHeap: 0.15, atLeastBytes: 100 * 1024 ** 2 }

type App = ReturnType<typeof buildApp>

/**
 * Confines the next fauxqs server of this process to loopback and to the SQS protocol.
 * fauxqs binds every address and has no option for it; what it does have is Fastify, which announces
 * each server it makes (`fastify.initialization`) before routes and listening. That is the one public
 * place to get at it: no import of fauxqs internals, no patched `net`.
 * It also refuses messages that the heap of `heapMegabytes` could not hold.
 * @returns whether a server was confined; a caller must not go on when none was
 */
export function confineNextServer(heapMegabytes: number): () => boolean {
  const created = channel('fastify.initialization')
  let confined = false
  const confine = (message: unknown) => {
    created.unsubscribe(confine)
    if (!hasApp(message)) return
    confined = true
    const app = message.fastify
    const listen = app.listen.bind(app)
    Object.assign(app, { listen: ({ port }: { port: number }) => listen({ port, host: '127.0.0.1' }) })
    addHooks(app, heapMegabytes)
  }
  created.subscribe(confine)
  return () => confined
}

function addHooks(app: App, heapMegabytes: number): void {
  app.addHook('onRequest', async ({ method, url, headers }, reply) => {
    // A request in another region would replace the queue of that name, and its messages with it.
    delete headers.authorization
    if (!isLocal(headers)) return reply.code(403).send({ message: 'Only programs on this machine may ask' })
    if (!isSqs(headers) && !(method === 'GET' && url === '/health')) {
      return reply.code(404).send({ message: 'Only the SQS protocol (JSON) is served here' })
    }
  })
  app.addHook('preHandler', async ({ body, headers }, reply) => {
    releaseByShortTimeout(body)
    if (isSend(headers) && isNearlyFull(heapMegabytes)) {
      return reply.code(503).send({ __type: 'ServiceUnavailable', message: 'The queues fill the memory' })
    }
  })
  app.addHook('preSerialization', async ({ headers, body, raw }, _reply, payload) => {
    if (hasMessages(payload) && (await isGone(raw.socket))) await takeBack(app, { body, payload })
    return withReachableUrls(payload, headers.host ?? '')
  })
}

function isSqs(headers: IncomingHttpHeaders): boolean {
  return (
    (headers['content-type'] ?? '').startsWith('application/x-amz-json-1.0') &&
    `${headers['x-amz-target']}`.startsWith('AmazonSQS.')
  )
}

function isSend(headers: IncomingHttpHeaders): boolean {
  return `${headers['x-amz-target']}`.startsWith('AmazonSQS.SendMessage')
}

// All messages are in memory: one too many would end the server, and every later start on its data.
function isNearlyFull(heapMegabytes: number): boolean {
  const limit = heapMegabytes * 1024 ** 2
  const headroom = Math.max(HEADROOM.ofHeap * limit, HEADROOM.atLeastBytes)
  return getHeapStatistics().used_heap_size > limit - headroom
}

// The Host check is against DNS rebinding, the Origin check against pages that post across origins.
function isLocal({ host, origin }: IncomingHttpHeaders): boolean {
  return isLoopback(`http://${host}`) && (origin === undefined || isLoopback(origin))
}

function isLoopback(url: string): boolean {
  const { hostname } = URL.parse(url) ?? { hostname: '' }
  return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname) || hostname.endsWith('.localhost')
}

// fauxqs loses a message whose visibility is set to 0 (its database refuses the reset); a millisecond is safe.
function releaseByShortTimeout(body: unknown): void {
  if (!isRecord(body)) return
  if (body.ReceiptHandle !== undefined && body.VisibilityTimeout === 0) body.VisibilityTimeout = 0.001
  if (Array.isArray(body.Entries)) body.Entries.forEach(releaseByShortTimeout)
}

// Two turns of the event loop, so that a close which came before the message is noticed before the answer.
async function isGone(socket: Socket): Promise<boolean> {
  await setImmediate()
  await setImmediate()
  return socket.destroyed || socket.readableEnded
}

// A long poll outlives its caller here, and would hide the next messages from everyone for their visibility timeout.
async function takeBack(app: App, { body, payload }: { body: unknown; payload: unknown }): Promise<void> {
  if (!isRecord(body) || !hasMessages(payload)) return
  const Entries = payload.Messages.map(({ ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
    VisibilityTimeout: 0,
  }))
  await app.inject({
    method: 'POST',
    url: '/',
    headers: {
      host: 'localhost',
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.ChangeMessageVisibilityBatch',
    },
    payload: { QueueUrl: body.QueueUrl, Entries },
  })
}

// fauxqs answers with a host name that does not resolve everywhere.
function withReachableUrls(payload: unknown, host: string): unknown {
  if (!isRecord(payload)) return payload
  const reachable = (url: unknown) => `http://${host}/${LOCAL_SQS_ACCOUNT}/${`${url}`.split('/').at(-1)}`
  if (payload.QueueUrl) return { ...payload, QueueUrl: reachable(payload.QueueUrl) }
  if (Array.isArray(payload.QueueUrls)) return { ...payload, QueueUrls: payload.QueueUrls.map(reachable) }
  return payload
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function hasMessages(payload: unknown): payload is { Messages: { ReceiptHandle: string }[] } {
  return isRecord(payload) && Array.isArray(payload.Messages)
}

function hasApp(message: unknown): message is { fastify: App } {
  return isRecord(message) && isRecord(message.fastify) && typeof message.fastify.listen === 'function'
}
