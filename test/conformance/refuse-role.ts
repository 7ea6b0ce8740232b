import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What STS answers to a caller whom a role does not trust (recorded in many a support thread; the request id is made up). */
const REFUSAL = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>User: arn:aws:sts::123456789012:assumed-role/polo-dispatcher/x is not authorized to perform: sts:AssumeRole</Message>
</Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>`

interface Answer {
  readonly status: number
  readonly body: string
}

/** As AWS answers of what does not exist, where moto 5.2 knows no such call or breaks off. */
const MISSING_IN_MOTO: Readonly<Record<string, Answer>> = {
  DescribeIpams: { status: 200, body: '<DescribeIpamsResponse><ipamSet/></DescribeIpamsResponse>' },
  GetIpamDiscoveredPublicAddresses: {
    status: 400,
    body: '<Response><Errors><Error><Code>InvalidIpamResourceDiscoveryId.NotFound</Code></Error></Errors></Response>',
  },
  'SageMaker.ListTags': { status: 400, body: '{"__type":"ValidationException"}' },
}

/** An emulator that lets everybody assume every role, behind a door that refuses one role as AWS would. */
export interface RefusingDoor {
  readonly endpoint: string
  stop(): Promise<void>
}

/** Passes everything to `endpoint` but requests to assume `roleArn`, and what the emulator cannot answer. */
export async function refuseRole(endpoint: string, roleArn: string): Promise<RefusingDoor> {
  const server = createServer((incoming, response) => {
    pass(incoming, response, { endpoint, roleArn }).catch((error: unknown) =>
      response.destroy(toError(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${portOf(server.address())}`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function pass(
  incoming: IncomingMessage,
  response: ServerResponse,
  { endpoint, roleArn }: { endpoint: string; roleArn: string },
): Promise<void> {
  const body = await text(incoming)
  const parameters = new URLSearchParams(body)
  if (parameters.get('Action') === 'AssumeRole' && parameters.get('RoleArn') === roleArn) {
    response.writeHead(403, { 'content-type': 'text/xml' }).end(REFUSAL)
    return
  }
  const { method, headers, url = '/' } = incoming
  const missing = MISSING_IN_MOTO[String(headers['x-amz-target'] ?? parameters.get('Action'))]
  if (missing) {
    response.writeHead(missing.status, { 'content-type': 'text/xml' }).end(missing.body)
    return
  }
  const outgoing = request(new URL(url, endpoint), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  outgoing.on('error', (error) => response.destroy(error))
  outgoing.end(body)
}

function portOf(address: AddressInfo | string | null): number {
  return address !== null && typeof address === 'object' ? address.port : 0
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
