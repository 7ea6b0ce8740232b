import { DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { liveAws } from '../../packages/collectors/src/access/live-aws.ts'
import { classifyAwsError } from '../../packages/collectors/src/classify-aws-error.ts'
import { ec2Error, ok, type Replies, startFakeAws } from './fake-aws.ts'
import { forgetAws } from './forget-aws.ts'

const ACCOUNT = '123456789012'
const REGION = 'eu-west-1'
const credentials = async () => ({ accessKeyId: 'key', secretAccessKey: 'secret' })

const identity = () =>
  ok(
    `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  )
const regionItem = (name: string, status: string) =>
  `<item><regionName>${name}</regionName><optInStatus>${status}</optInStatus></item>`
const noVolumes = () => ok('<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>')

const stops: (() => void)[] = []

async function startAws(replies: Replies) {
  const aws = await startFakeAws(replies)
  stops.push(aws.stop)
  return { endpoint: aws.endpoint, asked: () => aws.requests.map((parameters) => parameters.get('Action')) }
}

function ec2Of(source: ReturnType<typeof liveAws>, accountId = ACCOUNT) {
  const calls: string[] = []
  const client = source.client(EC2Client, {
    accountId,
    region: REGION,
    countCall: (operation) => calls.push(operation),
  })
  return { client, calls }
}

beforeEach(forgetAws)

afterEach(() => {
  vi.unstubAllEnvs()
  for (const stop of stops.splice(0)) stop()
})

describe('liveAws', () => {
  test('names the account of the caller', async () => {
    const { endpoint } = await startAws({ GetCallerIdentity: identity })
    expect(await liveAws({ endpoint, credentials }).accounts()).toEqual([{ id: ACCOUNT, source: 'caller' }])
  })

  test('names the regions that are enabled, and no others', async () => {
    const items = [
      regionItem('us-east-1', 'opt-in-not-required'),
      regionItem('ap-east-1', 'opted-in'),
      regionItem('af-south-1', 'not-opted-in'),
    ]
    const { endpoint } = await startAws({
      DescribeRegions: () =>
        ok(`<DescribeRegionsResponse><regionInfo>${items.join('')}</regionInfo></DescribeRegionsResponse>`),
    })
    expect(await liveAws({ endpoint, credentials }).regions(ACCOUNT)).toEqual(['ap-east-1', 'us-east-1'])
  })

  test('asks nobody for regions that it was told', async () => {
    const { endpoint, asked } = await startAws({})
    expect(await liveAws({ endpoint, credentials, regions: [REGION] }).regions(ACCOUNT)).toEqual([REGION])
    expect(asked()).toEqual([])
  })

  test('counts every attempt, under the name that IAM has for the call', async () => {
    const volumes = [() => ec2Error(503, 'RequestLimitExceeded'), noVolumes]
    const { endpoint } = await startAws({
      GetCallerIdentity: identity,
      DescribeVolumes: () => (volumes.shift() ?? noVolumes)(),
    })
    const { client, calls } = ec2Of(liveAws({ endpoint, credentials }))
    await client.send(new DescribeVolumesCommand({}))
    expect(calls).toEqual(['ec2:DescribeVolumes', 'ec2:DescribeVolumes'])
  })

  test('throws a refusal as the SDK does, without trying again', async () => {
    const { endpoint } = await startAws({
      GetCallerIdentity: identity,
      DescribeVolumes: () => ec2Error(403, 'UnauthorizedOperation'),
    })
    const { client, calls } = ec2Of(liveAws({ endpoint, credentials }))
    const error: unknown = await client
      .send(new DescribeVolumesCommand({}))
      .catch((thrown: unknown) => thrown)
    expect(classifyAwsError(error)).toMatchObject({ outcome: 'denied', code: 'UnauthorizedOperation' })
    expect(calls).toHaveLength(1)
  })

  test('refuses to look at another account than the caller’s', async () => {
    const { endpoint, asked } = await startAws({
      GetCallerIdentity: identity,
      DescribeVolumes: noVolumes,
    })
    const { client } = ec2Of(liveAws({ endpoint, credentials }), '999999999999')
    await expect(client.send(new DescribeVolumesCommand({}))).rejects.toThrow(
      "these credentials are account 123456789012's, not 999999999999's",
    )
    expect(asked()).toEqual(['GetCallerIdentity'])
  })

  test('asks for credentials once for all clients', async () => {
    const { endpoint } = await startAws({ GetCallerIdentity: identity, DescribeVolumes: noVolumes })
    const provide = vi.fn(credentials)
    const source = liveAws({ endpoint, credentials: provide })
    await source.accounts()
    await ec2Of(source).client.send(new DescribeVolumesCommand({}))
    await ec2Of(source).client.send(new DescribeVolumesCommand({}))
    expect(provide).toHaveBeenCalledTimes(1)
  })

  test('asks for credentials again when they are about to expire', async () => {
    const { endpoint } = await startAws({ GetCallerIdentity: identity, DescribeVolumes: noVolumes })
    const provide = vi.fn(async () => ({
      ...(await credentials()),
      expiration: new Date(Date.now() + 60_000),
    }))
    const source = liveAws({ endpoint, credentials: provide })
    await source.accounts()
    await ec2Of(source).client.send(new DescribeVolumesCommand({}))
    expect(provide.mock.calls.length).toBeGreaterThan(1)
  })

  test('says what to do when there are no credentials', async () => {
    const error: unknown = await liveAws()
      .accounts()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'MissingCredentialsError' })
    expect(classifyAwsError(error)).toMatchObject({ outcome: 'denied', code: 'MissingCredentialsError' })
    expect(classifyAwsError(error).message).toContain('aws sso login')
  })

  test('says which profile it did not find', async () => {
    const error: unknown = await liveAws({ profile: 'prod' })
      .accounts()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'MissingCredentialsError',
      message: expect.stringContaining("profile 'prod'"),
    })
  })

  test('describes whose AWS it is', () => {
    expect(liveAws({ profile: 'prod' }).description).toBe('live AWS as profile prod')
    expect(liveAws({ endpoint: 'http://localhost:5000' }).description).toBe(
      'live AWS at http://localhost:5000',
    )
  })
})

test('knows the region that is configured, for the partition that it is in', async () => {
  vi.stubEnv('AWS_REGION', 'cn-north-1')
  expect(await liveAws({ credentials }).homeRegion?.()).toBe('cn-north-1')
})
