import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

/** The APIs that functions call besides SQS, over HTTP on one port, with what was asked of them. */
export interface FakeApis {
  readonly endpoint: string
  /** Asynchronous invocations, in order. */
  readonly invoked: { readonly functionName: string; readonly payload: unknown }[]
  /** Objects of any bucket, by `bucket/key`. */
  readonly objects: Map<string, string>
  /** Of the one event source mapping there is. */
  readonly tags: Map<string, string>
  /** Actions that STS was asked for; it refuses all. */
  readonly asked: string[]
  stop(): void
}

interface Reply {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An event source mapping that is on, and still changes: no update of it is taken. */
const MAPPING = {
  UUID: 'live',
  EventSourceMappingArn: 'arn:aws:lambda:us-east-1:999988887777:event-source-mapping:live',
  State: 'Enabled',
}
const IN_USE = '{"Type":"User","message":"Cannot update the event source mapping because it is in use."}'
const REFUSAL =
  '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>'
const NO_SUCH_KEY = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>'

export async function startFakeApis(): Promise<FakeApis> {
  const apis = {
    invoked: [],
    objects: new Map<string, string>(),
    tags: new Map<string, string>(),
    asked: [],
  } satisfies Omit<FakeApis, 'endpoint' | 'stop'>
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://fake').pathname
    const asked = { method: request.method ?? '', path, body: await text(request) }
    const { status, body = '', headers = {} } = answerTo(asked, apis)
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the fake APIs have no port')
  return {
    ...apis,
    endpoint: `http://127.0.0.1:${address.port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body: string
}

function answerTo(
  { method, path, body }: Asked,
  { invoked, objects, tags, asked }: Omit<FakeApis, 'endpoint' | 'stop'>,
): Reply {
  const functionName = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path)?.[1]
  if (functionName !== undefined) {
    invoked.push({ functionName, payload: JSON.parse(body) })
    return { status: 202 }
  }
  if (path.startsWith('/2015-03-31/event-source-mappings') && method === 'PUT') {
    return { status: 400, body: IN_USE, headers: { 'x-amzn-errortype': 'ResourceInUseException' } }
  }
  if (path.startsWith('/2015-03-31/event-source-mappings')) {
    return { status: 200, body: JSON.stringify({ EventSourceMappings: [MAPPING] }) }
  }
  if (path.startsWith('/2017-03-31/tags/')) {
    return { status: 200, body: JSON.stringify({ Tags: Object.fromEntries(tags) }) }
  }
  if (method === 'POST') {
    asked.push(new URLSearchParams(body).get('Action') ?? '')
    return { status: 403, body: REFUSAL }
  }
  const key = path.slice(1)
  if (method === 'PUT') {
    objects.set(key, body)
    return { status: 200 }
  }
  const object = objects.get(key)
  return object === undefined ? { status: 404, body: NO_SUCH_KEY } : { status: 200, body: object }
}
