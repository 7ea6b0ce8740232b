import { EC2Client } from '@aws-sdk/client-ec2'
import { describe, expect, test } from 'vitest'
import { createAwsClient } from '../../packages/collectors/src/access/create-aws-client.ts'

const options = { countCall: () => {}, use: () => {} }

class Impostor {
  destroy() {}
}

/** What the SDK has of a service whose client is not installed. */
function fakeClient(defaultSigningName: string) {
  const added: ((next: () => Promise<object>, context: object) => (args: object) => Promise<object>)[] = []
  return class {
    config = { defaultSigningName, endpointProvider: () => ({ url: new URL('https://example.com') }) }
    middlewareStack = { add: (middleware: (typeof added)[number]) => added.push(middleware) }
    destroy() {}
    async call(commandName: string) {
      for (const middleware of added) await middleware(async () => ({}), { commandName })({})
    }
  }
}

describe('createAwsClient', () => {
  test.each([
    ['monitoring', 'GetMetricDataCommand', 'cloudwatch:GetMetricData'],
    ['tagging', 'GetResourcesCommand', 'tag:GetResources'],
    ['sagemaker', 'ListEndpointsCommand', 'sagemaker:ListEndpoints'],
  ])('counts calls signed for %s as IAM names them', async (signingName, command, counted) => {
    const calls: string[] = []
    const countCall = (operation: string) => calls.push(operation)
    await createAwsClient(fakeClient(signingName), {}, { ...options, countCall }).call(command)
    expect(calls).toEqual([counted])
  })

  test('makes a client of the class it was given', () => {
    const client = createAwsClient(EC2Client, { region: 'us-east-1' }, options)
    expect(client).toBeInstanceOf(EC2Client)
  })

  test('refuses what is not a client of the SDK', () => {
    expect(() => createAwsClient(Impostor, {}, options)).toThrow('Impostor is not an AWS SDK v3 client')
  })
})
