import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { describe, expect, test, vi } from 'vitest'
import { classifyAwsError } from '../../../packages/collectors/src/classify-aws-error.ts'
import { answer, failure, replay } from './write-recording.ts'

const reservation = (InstanceId: string) => ({ Instances: [{ InstanceId }] })
const describeInstances = new DescribeInstancesCommand({})

async function allReservations(client: EC2Client) {
  const found = []
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, {}))
    found.push(...Reservations)
  return found
}

describe('a recorded answer', () => {
  test('comes out as the SDK gives it, with the status in its metadata', async () => {
    const { client } = replay(EC2Client, {
      'ec2.DescribeInstances_1.json': answer({
        Reservations: [reservation('i-1')],
        ResponseMetadata: { RequestId: 'r-1' },
      }),
    })
    expect(await client.send(describeInstances)).toEqual({
      $metadata: { httpStatusCode: 200, requestId: 'r-1', attempts: 1, totalRetryDelay: 0 },
      Reservations: [reservation('i-1')],
    })
  })

  test('is followed by the next one, so that paginators work', async () => {
    const { client, calls } = replay(EC2Client, {
      'ec2.DescribeInstances_1.json': answer({ Reservations: [reservation('i-1')], NextToken: 'more' }),
      'ec2.DescribeInstances_2.json': answer({ Reservations: [reservation('i-2')] }),
    })
    expect(await allReservations(client)).toEqual([reservation('i-1'), reservation('i-2')])
    expect(calls).toEqual(['ec2:DescribeInstances', 'ec2:DescribeInstances'])
  })

  test('counts from 1 again for another client', async () => {
    const files = { 'ec2.DescribeVolumes_1.json': answer({ Volumes: [] }) }
    for (const { client } of [replay(EC2Client, files), replay(EC2Client, files)]) {
      expect(await client.send(new DescribeVolumesCommand({}))).toMatchObject({ Volumes: [] })
    }
  })

  test('has dates for date objects, ISO strings and epoch seconds, wherever they are', async () => {
    const LaunchTime = {
      __class__: 'datetime',
      year: 2024,
      month: 2,
      day: 29,
      hour: 23,
      minute: 59,
      second: 58,
      microsecond: 123999,
    }
    const { client } = replay(EC2Client, {
      'ec2.DescribeInstances_1.json': answer({
        Reservations: [
          { Instances: [{ LaunchTime }] },
          { Instances: [{ LaunchTime: '2024-02-29T23:59:58+00:00' }] },
          { Instances: [{ LaunchTime: 1709251198 }] },
        ],
      }),
    })
    const { Reservations = [] } = await client.send(describeInstances)
    expect(Reservations.map(({ Instances }) => Instances?.[0]?.LaunchTime)).toEqual([
      new Date('2024-02-29T23:59:58.123Z'),
      new Date('2024-02-29T23:59:58Z'),
      new Date('2024-02-29T23:59:58Z'),
    ])
  })

  test('leaves strings that only look like dates alone', async () => {
    const Tags = [{ Key: 'expires', Value: '2024-02-29T23:59:58Z' }]
    const { client } = replay(EC2Client, {
      'ec2.DescribeVolumes_1.json': answer({ Volumes: [{ Tags }] }),
    })
    expect(await client.send(new DescribeVolumesCommand({}))).toMatchObject({ Volumes: [{ Tags }] })
  })

  test('is not lost for members that this SDK does not know', async () => {
    const { client } = replay(EC2Client, {
      'ec2.DescribeVolumes_1.json': answer({
        Volumes: [{ VolumeId: 'vol-1', Newer: 1, Newest: 2 }],
        NextToken: 'more',
        Bogus: 1,
        Bogus2: 2,
      }),
    })
    const { Volumes, NextToken } = await client.send(new DescribeVolumesCommand({}))
    expect([Volumes?.map(({ VolumeId }) => VolumeId), NextToken]).toEqual([['vol-1'], 'more'])
  })

  test('has undefined for null', async () => {
    const { client } = replay(EC2Client, {
      'ec2.DescribeVolumes_1.json': answer({ Volumes: [{ VolumeId: 'vol-1', Iops: null }], NextToken: null }),
    })
    const { Volumes, NextToken } = await client.send(new DescribeVolumesCommand({}))
    expect([Volumes, NextToken]).toStrictEqual([[{ VolumeId: 'vol-1' }], undefined])
  })

  test('needs neither network nor credentials nor an endpoint from the environment', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true')
    vi.stubEnv('AWS_PROFILE', 'nobody')
    const { client } = replay(EC2Client, { 'ec2.DescribeVolumes_1.json': answer({ Volumes: [] }) })
    expect(await client.send(new DescribeVolumesCommand({}))).toMatchObject({ Volumes: [] })
    vi.unstubAllEnvs()
  })
})

describe('a recorded error', () => {
  test('is thrown as the SDK throws it', async () => {
    const { client, calls } = replay(EC2Client, {
      'ec2.DescribeInstances_1.json': failure(403, 'UnauthorizedOperation', 'You are not authorized.'),
    })
    const error: unknown = await client.send(describeInstances).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'UnauthorizedOperation',
      message: 'You are not authorized.',
      $fault: 'client',
      $metadata: { httpStatusCode: 403, attempts: 1 },
    })
    expect(classifyAwsError(error)).toMatchObject({ outcome: 'denied', code: 'UnauthorizedOperation' })
    expect(calls).toHaveLength(1)
  })

  test('that is a throttle is retried by the SDK, and each attempt counts', async () => {
    const { client, calls } = replay(EC2Client, {
      'ec2.DescribeInstances_1.json': failure(503, 'RequestLimitExceeded'),
      'ec2.DescribeInstances_2.json': answer({ Reservations: [reservation('i-1')] }),
    })
    const { $metadata, Reservations } = await client.send(describeInstances)
    expect([$metadata.attempts, Reservations]).toEqual([2, [reservation('i-1')]])
    expect(calls).toEqual(['ec2:DescribeInstances', 'ec2:DescribeInstances'])
  })

  test.each([
    [500, 'InternalError'],
    [429, 'SomethingNew'],
    [400, 'Throttling'],
  ])('of status %i and code %s is retried', async (status, code) => {
    const { client, calls } = replay(EC2Client, {
      'ec2.DescribeInstances_1.json': failure(status, code),
      'ec2.DescribeInstances_2.json': answer({ Reservations: [] }),
    })
    await client.send(describeInstances)
    expect(calls).toHaveLength(2)
  })

  test('that never ends is thrown after the last attempt', async () => {
    const throttle = failure(503, 'RequestLimitExceeded')
    const files = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`ec2.DescribeInstances_${index + 1}.json`, throttle]),
    )
    const { client, calls } = replay(EC2Client, files)
    await expect(client.send(describeInstances)).rejects.toMatchObject({ name: 'RequestLimitExceeded' })
    expect(calls).toHaveLength(8)
  })

  test('without a code has the name that the SDK gives it', async () => {
    const { client } = replay(EC2Client, { 'ec2.DescribeInstances_1.json': { status_code: 404, data: {} } })
    await expect(client.send(describeInstances)).rejects.toMatchObject({
      name: 'UnknownError',
      $metadata: { httpStatusCode: 404 },
    })
  })
})

describe('where no answer was recorded', () => {
  test('the error names the file and the call is not retried', async () => {
    const { client, calls, directory } = replay(EC2Client, { 'ec2.DescribeVolumes_1.json': '' })
    const error: unknown = await client.send(describeInstances).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'MissingRecordingError' })
    expect(classifyAwsError(error).message).toContain(
      `${directory}/ec2.DescribeInstances_1.json: nothing was recorded for ec2.DescribeInstances`,
    )
    expect(calls).toHaveLength(1)
  })

  test('for another page the error names the file of that page', async () => {
    const { client, directory } = replay(EC2Client, {
      'ec2.DescribeInstances_1.json': answer({ Reservations: [], NextToken: 'more' }),
    })
    await expect(allReservations(client)).rejects.toThrow(
      `${directory}/ec2.DescribeInstances_2.json: ec2.DescribeInstances was called more often than recorded`,
    )
  })
})

describe('a recording that is not usable', () => {
  test.each([
    ['is half-written', '{"status_code": 200, "da', 'is not valid JSON'],
    ['is empty', '', 'is not valid JSON'],
    ['has no status', '{"data": {}}', 'status_code'],
    ['has no data', '{"status_code": 200}', 'data'],
    ['is a list', '[]', 'is not a recorded response'],
    [
      'has a date without a year',
      JSON.stringify(
        answer({ Reservations: [{ Instances: [{ LaunchTime: { __class__: 'datetime', month: 1 } }] }] }),
      ),
      "'year'",
    ],
  ])('because it %s is named, with what is wrong, and not retried', async (_, text, reason) => {
    const { client, calls, directory } = replay(EC2Client, { 'ec2.DescribeInstances_1.json': text })
    const error: unknown = await client.send(describeInstances).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'RecordingError', message: expect.stringContaining(reason) })
    expect(error).toMatchObject({
      message: expect.stringContaining(`${directory}/ec2.DescribeInstances_1.json`),
    })
    expect(calls).toHaveLength(1)
  })
})

describe('a recording of classic and v2 load balancers', () => {
  const classic = answer({ LoadBalancerDescriptions: [{ LoadBalancerName: 'old' }], NextMarker: 'more' })
  const v2 = answer({ LoadBalancers: [{ LoadBalancerName: 'new' }] })

  test('answers a v2 client with the v2 answers alone', async () => {
    const { client } = replay(ElasticLoadBalancingV2Client, {
      'elasticloadbalancing.DescribeLoadBalancers_1.json': classic,
      'elasticloadbalancing.DescribeLoadBalancers_2.json': classic,
      'elasticloadbalancing.DescribeLoadBalancers_3.json': v2,
    })
    const { LoadBalancers } = await client.send(new DescribeLoadBalancersCommand({}))
    expect(LoadBalancers).toEqual([{ LoadBalancerName: 'new' }])
  })

  test('tells their tags apart', async () => {
    const { client } = replay(ElasticLoadBalancingV2Client, {
      'elasticloadbalancing.DescribeTags_1.json': answer({
        TagDescriptions: [{ LoadBalancerName: 'old', Tags: [] }],
      }),
      'elasticloadbalancing.DescribeTags_2.json': answer({
        TagDescriptions: [{ ResourceArn: 'arn:new', Tags: [] }],
      }),
    })
    const { TagDescriptions } = await client.send(new DescribeTagsCommand({ ResourceArns: ['arn:new'] }))
    expect(TagDescriptions).toEqual([{ ResourceArn: 'arn:new', Tags: [] }])
  })

  test('says which answers it skipped when none is left', async () => {
    const { client } = replay(ElasticLoadBalancingV2Client, {
      'elasticloadbalancing.DescribeLoadBalancers_1.json': classic,
    })
    await expect(client.send(new DescribeLoadBalancersCommand({}))).rejects.toThrow(
      /DescribeLoadBalancers_2\.json: nothing was recorded for .* \(elasticloadbalancing\.DescribeLoadBalancers_1\.json: an answer of another API\)/,
    )
  })

  test('counts v2 calls under the name that IAM has for them', async () => {
    const { client, calls } = replay(ElasticLoadBalancingV2Client, {
      'elasticloadbalancing.DescribeLoadBalancers_1.json': v2,
    })
    await client.send(new DescribeLoadBalancersCommand({}))
    expect(calls).toEqual(['elasticloadbalancing:DescribeLoadBalancers'])
  })
})
