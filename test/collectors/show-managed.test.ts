import { Readable } from 'node:stream'
import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2'
import { expect, it } from 'vitest'
import { createAwsClient } from '../../packages/collectors/src/access/create-aws-client.ts'

/** EC2 as it answers what it is asked, over its own protocol. */
function ec2(answer: (asked: URLSearchParams) => { readonly status?: number; readonly body: string }) {
  const asked: URLSearchParams[] = []
  const requestHandler = {
    handle: async ({ body }: { readonly body: string }) => {
      const parameters = new URLSearchParams(body)
      asked.push(parameters)
      const { status: statusCode = 200, body: text } = answer(parameters)
      const headers = { 'content-type': 'text/xml;charset=UTF-8' }
      return { response: { statusCode, headers, body: Readable.from([Buffer.from(text)]) } }
    },
  }
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const config = { region: 'us-east-1', credentials, requestHandler }
  return { asked, client: createAwsClient(EC2Client, config, { countCall: () => {}, use: () => {} }) }
}

const EMPTY = { body: '<Response/>' }

it.each([
  [new DescribeInstancesCommand({}), 'true'],
  [new DescribeNetworkInterfacesCommand({}), 'true'],
  [new DescribeVolumesCommand({}), 'true'],
  [new DescribeSnapshotsCommand({}), null],
])(
  'asks EC2 for what an account hides of what services manage in it, where it can: %#',
  async (command, expected) => {
    const { asked, client } = ec2(() => EMPTY)
    await client.send(command)
    expect(asked.map((parameters) => parameters.get('IncludeManagedResources'))).toEqual([expected])
  },
)

it('asks without that, and does not try again, where EC2 does not know of it', async () => {
  const page = (next: string) => ({
    body: `<DescribeInstancesResponse><reservationSet/>${next}</DescribeInstancesResponse>`,
  })
  const { asked, client } = ec2((parameters) => {
    if (parameters.has('IncludeManagedResources')) {
      const error = '<Error><Code>UnknownParameter</Code><Message>not recognized</Message></Error>'
      return { status: 400, body: `<Response><Errors>${error}</Errors></Response>` }
    }
    return page(parameters.has('NextToken') ? '' : '<nextToken>2</nextToken>')
  })
  const pages = []
  for await (const one of paginateDescribeInstances({ client }, {})) pages.push(one.Reservations)
  expect(pages).toEqual([[], []])
  expect(asked.map((parameters) => parameters.get('IncludeManagedResources'))).toEqual(['true', null, null])
})

it('leaves every other error as it is', async () => {
  const body =
    '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>'
  const { asked, client } = ec2(() => ({ status: 403, body }))
  await expect(client.send(new DescribeVolumesCommand({}))).rejects.toThrow('no')
  expect(asked).toHaveLength(1)
})
