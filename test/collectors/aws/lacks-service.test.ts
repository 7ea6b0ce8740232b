import { lookup } from 'node:dns/promises'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { configSagemaker } from '../../../packages/collectors/src/aws/config-sagemaker.ts'
import { collect } from '../harness.ts'

vi.mock('node:dns/promises', () => ({ lookup: vi.fn() }))
const NAME_NOT_FOUND = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })

let namesKnown: string[] = []

beforeEach(() => {
  vi.mocked(lookup).mockImplementation(async (hostname) => {
    if (!namesKnown.includes(hostname)) throw NAME_NOT_FOUND
    return { address: '192.0.2.1', family: 4 }
  })
})

/** A network in which only some names are known, and whoever answers knows no operation. */
const requestHandler = {
  handle: async ({ hostname }: { hostname: string }) => {
    if (!namesKnown.includes(hostname)) {
      throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', hostname })
    }
    return {
      response: {
        statusCode: 400,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: new TextEncoder().encode('{"__type":"UnknownOperationException"}'),
      },
    }
  },
}

describe('a service', () => {
  it.each([
    ['mx-central-1', 'api.sagemaker.us-east-1.amazonaws.com'],
    ['us-gov-east-1', 'api.sagemaker.us-gov-west-1.amazonaws.com'],
  ])('is not offered in %s where only its name at home is known', async (region, home) => {
    namesKnown = [home]

    const { run } = await collect(configSagemaker, { requestHandler, region })

    expect(run).toMatchObject({ status: 'complete', errors: [] })
    expect(run.notes).toEqual([`${region}: SageMaker is not offered here, so there are no notebooks`])
  })

  it('is not offered where it answers that it does not know the operation', async () => {
    namesKnown = ['api.sagemaker.mx-central-1.amazonaws.com']

    const { run } = await collect(configSagemaker, { requestHandler, region: 'mx-central-1' })

    expect(run).toMatchObject({ status: 'complete', notes: [expect.stringContaining('not offered')] })
  })

  it.each(['mx-central-1', 'us-east-1'])(
    'is out of reach, which says nothing of it, where no name is known: %s',
    async (region) => {
      namesKnown = []

      const { run } = await collect(configSagemaker, { requestHandler, region })

      expect(run).toMatchObject({ status: 'failed', notes: [] })
      expect(run.errors).toEqual([expect.stringContaining('ENOTFOUND')])
    },
  )
})
