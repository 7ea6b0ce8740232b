import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export type Reply = { readonly status: number; readonly body: string }
/** Replies by action; whatever is not in it is InvalidAction. */
export type Replies = Record<string, ((parameters: URLSearchParams) => Reply) | undefined>

export interface FakeAws {
  readonly endpoint: string
  /** The parameters of each request, in order. */
  readonly requests: readonly URLSearchParams[]
  /** The `Authorization` header of each request, which names the key and the region that it was signed with. */
  readonly authorizations: readonly string[]
  asked(action: string): number
  stop(): void
}

export const ok = (body: string): Reply => ({ status: 200, body })

/** As EC2 words an error. */
export const ec2Error = (status: number, code: string): Reply => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>no</Message></Error></Errors></Response>`,
})

/** As STS and Elastic Load Balancing word an error. */
export const queryError = (status: number, code: string, message = 'no'): Reply => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
})

/** The AWS APIs of the query protocols, over HTTP, as a few canned replies. */
export async function startFakeAws(replies: Replies): Promise<FakeAws> {
  const requests: URLSearchParams[] = []
  const authorizations: string[] = []
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const parameters = new URLSearchParams(body)
    requests.push(parameters)
    authorizations.push(request.headers.authorization ?? '')
    const reply = (replies[parameters.get('Action') ?? ''] ?? (() => ec2Error(400, 'InvalidAction')))(
      parameters,
    )
    response.writeHead(reply.status, { 'content-type': 'text/xml' }).end(reply.body)
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the fake AWS has no port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    authorizations,
    asked: (action) => requests.filter((parameters) => parameters.get('Action') === action).length,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
