import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { S3Client } from '@aws-sdk/client-s3'
import {
  type AwsSource,
  assumeRoleAws,
  COLLECTORS,
  type Collector,
  liveAws,
  type PermissionCheck,
  verifyAccount,
} from '@polo/collectors'
import { parseConfig } from '@polo/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { configEbs } from '../../packages/collectors/src/aws/config-ebs.ts'
import { configNetwork } from '../../packages/collectors/src/aws/config-network.ts'
import { costCur } from '../../packages/collectors/src/aws/cost-cur.ts'
import { createEmptyAws } from './empty-aws.ts'
import { ec2Error, ok, queryError, type Replies, startFakeAws } from './fake-aws.ts'
import { ACCOUNT, stubCollector } from './run-stub.ts'

const REGION = 'eu-west-1'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/polo-read`
const credentials = async () => ({ accessKeyId: 'key', secretAccessKey: 'secret' })

const EMPTY_ACCOUNT: Replies = {
  GetCallerIdentity: () =>
    ok(
      `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    ),
  DescribeRegions: () =>
    ok(
      `<DescribeRegionsResponse><regionInfo><item><regionName>${REGION}</regionName></item></regionInfo></DescribeRegionsResponse>`,
    ),
  DescribeVolumes: () => ok('<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>'),
  DescribeAddresses: () => ok('<DescribeAddressesResponse><addressesSet/></DescribeAddressesResponse>'),
  DescribeNatGateways: () =>
    ok('<DescribeNatGatewaysResponse><natGatewaySet/></DescribeNatGatewaysResponse>'),
  DescribeNetworkInterfaces: () =>
    ok('<DescribeNetworkInterfacesResponse><networkInterfaceSet/></DescribeNetworkInterfacesResponse>'),
  DescribeLoadBalancers: () =>
    ok(
      '<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers/></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>',
    ),
  DescribeTags: () => queryError(400, 'LoadBalancerNotFound', 'One or more load balancers not found'),
}

async function startAws(replies: Replies = {}) {
  const aws = await startFakeAws({ ...EMPTY_ACCOUNT, ...replies })
  onTestFinished(aws.stop)
  return { ...aws, source: liveAws({ endpoint: aws.endpoint, credentials }) }
}

function verify(aws: AwsSource, collectors: readonly Collector[], signal = new AbortController().signal) {
  return verifyAccount({
    aws,
    collectors,
    config: parseConfig({}),
    account: { id: ACCOUNT },
    region: REGION,
    signal,
  })
}

const statusOf = (checks: readonly PermissionCheck[]) =>
  Object.fromEntries(checks.map(({ permission, status }) => [permission, status]))

it('tries every permission in an account that has nothing', async () => {
  const { source, requests } = await startAws()

  const checks = await verify(source, [configNetwork])

  expect(checks).toEqual(
    ['ec2:DescribeRegions', ...configNetwork.permissions].map((permission) => ({
      collector: 'config_network',
      permission,
      status: 'allowed',
      message: '',
    })),
  )
  const probe = requests.find((parameters) => parameters.get('Action') === 'DescribeTags')
  expect(probe?.get('ResourceArns.member.1')).toMatch(
    `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:loadbalancer/`,
  )
})

it('says which permissions are denied, in AWS’s words, and goes on with the others', async () => {
  const { source } = await startAws({
    DescribeNatGateways: () => ec2Error(403, 'UnauthorizedOperation'),
    DescribeTags: () => queryError(403, 'AccessDenied', 'not authorized to perform: DescribeTags'),
    DescribeRegions: () => ec2Error(403, 'UnauthorizedOperation'),
  })

  const checks = await verify(source, [configNetwork])

  expect(statusOf(checks)).toEqual({
    'ec2:DescribeRegions': 'denied',
    'ec2:DescribeAddresses': 'allowed',
    'ec2:DescribeNatGateways': 'denied',
    'ec2:DescribeNetworkInterfaces': 'allowed',
    'elasticloadbalancing:DescribeLoadBalancers': 'allowed',
    'elasticloadbalancing:DescribeTags': 'denied',
  })
  expect(checks.find(({ permission }) => permission.endsWith('DescribeTags'))?.message).toContain(
    'AccessDenied: not authorized to perform: DescribeTags. Allow the action',
  )
})

it.each([
  [500, 'InternalError', 'failed'],
  [503, 'RequestLimitExceeded', 'throttled'],
  [400, 'InvalidParameterValue', 'allowed'],
])('takes a probe that AWS answers with %d %s for %s', async (code, name, status) => {
  const { source, endpoint } = await startAws({ DescribeInstances: () => ec2Error(code, name) })
  const collector = stubCollector(
    {},
    {
      permissions: ['ec2:DescribeInstances'],
      probes: {
        'ec2:DescribeInstances': (_clients, abortSignal) => {
          const client = new EC2Client({ endpoint, region: REGION, credentials, maxAttempts: 1 })
          return client.send(new DescribeInstancesCommand({}), { abortSignal })
        },
      },
    },
  )

  expect(statusOf(await verify(source, [collector]))).toMatchObject({ 'ec2:DescribeInstances': status })
})

it('stops looking when every permission was tried', async () => {
  const page = ok(
    '<DescribeVolumesResponse><volumeSet/><nextToken>more</nextToken></DescribeVolumesResponse>',
  )
  const { source, asked } = await startAws({ DescribeVolumes: () => page })

  expect(statusOf(await verify(source, [configEbs]))).toMatchObject({ 'ec2:DescribeVolumes': 'allowed' })
  expect(asked('DescribeVolumes')).toBeLessThanOrEqual(2)
})

it('says what nothing led to', async () => {
  const { source } = await startAws()
  const collector = stubCollector({}, { permissions: ['ec2:DescribeImages'] })

  expect(await verify(source, [collector])).toContainEqual({
    collector: 'config_stub',
    permission: 'ec2:DescribeImages',
    status: 'untried',
    message: '',
  })
})

describe('a permission that is for what the configuration names', () => {
  const costExports = [{ name: 'org', bucket: 'billing', prefix: 'exports/', region: 'us-east-1' }]

  it('is not tried where it names nothing', async () => {
    const { aws, asked } = createEmptyAws({ id: ACCOUNT, region: REGION })

    expect(await verify(aws, [costCur])).toEqual([])
    expect([...asked]).toEqual([])
  })

  it('is tried on that', async () => {
    const { aws } = createEmptyAws({ id: ACCOUNT, region: REGION })
    const listed: string[] = []
    const watched: AwsSource = {
      ...aws,
      client(clientClass, place) {
        const client = aws.client(clientClass, place)
        if (client instanceof S3Client) {
          client.middlewareStack.add(
            (next) => (args) => {
              if ('Bucket' in args.input) listed.push(String(args.input.Bucket))
              return next(args)
            },
            { step: 'initialize' },
          )
        }
        return client
      },
    }

    const checks = await verifyAccount({
      aws: watched,
      collectors: [costCur],
      config: parseConfig({ costExports }),
      account: { id: ACCOUNT },
      region: REGION,
      signal: new AbortController().signal,
    })

    expect(statusOf(checks)).toEqual({ 's3:ListBucket': 'allowed' })
    expect(listed).toEqual(['billing'])
  })
})

it('says of every permission that the role cannot be assumed, having asked once', async () => {
  const aws = await startAws({ AssumeRole: () => queryError(403, 'AccessDenied', 'no') })
  const source = assumeRoleAws({
    accountId: ACCOUNT,
    roleArn: ROLE,
    externalId: 'polo-1',
    permissions: [],
    sessionName: 'polo-verify',
    region: REGION,
    endpoint: aws.endpoint,
    credentials,
  })

  const checks = await verify(source, COLLECTORS)

  expect(checks.length).toBeGreaterThan(COLLECTORS.length)
  expect([...new Set(checks.map(({ status }) => status))]).toEqual(['denied'])
  expect([...new Set(checks.map(({ message }) => message))]).toEqual([
    expect.stringContaining(`cannot assume ${ROLE}`),
  ])
  expect(aws.asked('AssumeRole')).toBe(1)
})

it('tries nothing once it was interrupted', async () => {
  const { source, requests } = await startAws()

  const checks = await verify(source, [configNetwork], AbortSignal.abort(new Error('interrupted by SIGINT')))

  expect(new Set(checks.map(({ status, message }) => `${status}: ${message}`))).toEqual(
    new Set(['untried: interrupted by SIGINT']),
  )
  expect(requests).toEqual([])
})
