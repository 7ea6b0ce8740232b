import { DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import {
  type AssumeRoleOptions,
  type AwsSource,
  assumeRoleAws,
  classifyAwsError,
  runCollector,
} from '@polo/collectors'
import { parseConfig } from '@polo/core'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { configEbs } from '../../packages/collectors/src/aws/config-ebs.ts'
import { readRows } from '../core/read-rows.ts'
import { ok, queryError, type Replies, startFakeAws } from './fake-aws.ts'
import { forgetAws } from './forget-aws.ts'
import { ACCOUNT, awsError, collectingSink, SLOT } from './run-stub.ts'

const ROLE = `arn:aws:iam::${ACCOUNT}:role/polo-read`
const HUB_KEY = 'AKIAHUBHUBHUBHUBHUBX'
const SESSION_KEY = 'ASIASESSIONSESSIONS1'
const SECRETS = [SESSION_KEY, 'hub-secret', 'session-secret', 'session-token']
const REGIONS = Array.from({ length: 17 }, (_, index) => `eu-west-${index + 1}`)
const HOUR_MS = 3_600_000

const noVolumes = () => ok('<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>')
const regions = (names: readonly string[]) => () =>
  ok(
    `<DescribeRegionsResponse><regionInfo>${names
      .map((name) => `<item><regionName>${name}</regionName><optInStatus>opted-in</optInStatus></item>`)
      .join('')}</regionInfo></DescribeRegionsResponse>`,
  )
const session = (lifeMs = HOUR_MS) =>
  ok(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${SESSION_KEY}</AccessKeyId>
    <SecretAccessKey>session-secret</SecretAccessKey><SessionToken>session-token</SessionToken>
    <Expiration>${new Date(Date.now() + lifeMs).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
const refusal = () =>
  queryError(
    403,
    'AccessDenied',
    `User: arn:aws:sts::999988887777:assumed-role/polo-test-collect-config-ebs/x is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
  )

async function startAws(replies: Replies, options: Partial<AssumeRoleOptions> = {}) {
  const aws = await startFakeAws({
    AssumeRole: () => session(),
    DescribeRegions: regions(REGIONS),
    DescribeVolumes: noVolumes,
    ...replies,
  })
  onTestFinished(aws.stop)
  return { ...aws, source: sourceOf({ endpoint: aws.endpoint, ...options }) }
}

function sourceOf(options: Partial<AssumeRoleOptions> = {}): AwsSource {
  return assumeRoleAws({
    accountId: ACCOUNT,
    roleArn: ROLE,
    externalId: 'polo-999988887777',
    permissions: configEbs.permissions,
    sessionName: 'polo-config_ebs',
    sessionTags: { 'polo:collector': 'config_ebs', 'polo:stage': undefined },
    region: 'eu-central-1',
    credentials: async () => ({ accessKeyId: HUB_KEY, secretAccessKey: 'hub-secret' }),
    ...options,
  })
}

function describeVolumes(source: AwsSource) {
  const client = source.client(EC2Client, { accountId: ACCOUNT, region: 'eu-west-1', countCall: () => {} })
  return client.send(new DescribeVolumesCommand({}))
}

async function run(aws: AwsSource, regions?: readonly string[], regionConcurrency = 4) {
  const sink = collectingSink()
  const account = { id: ACCOUNT, role: '', tagDefaults: {} }
  const record = await runCollector(
    { collector: configEbs, account, slot: SLOT, regions, timeoutMs: 600_000 },
    { aws, sink, config: parseConfig({}), regionConcurrency },
  )
  return { record, published: await readRows(sink.bodies, 'collector_run/1') }
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('assumeRoleAws', () => {
  it('assumes the role once for all regions of a run, and reads each of them as the role', async () => {
    const aws = await startAws({})

    const { record } = await run(aws.source)

    expect(record.region_outcomes).toEqual(Object.fromEntries(REGIONS.map((name) => [name, 'complete'])))
    expect(aws.asked('AssumeRole')).toBe(1)
    expect(aws.asked('DescribeVolumes')).toBe(REGIONS.length)
    const scopes = aws.authorizations.map((text) =>
      /Credential=(\w+)\/\d+\/([^/]+\/\w+)/.exec(text)?.slice(1),
    )
    expect(scopes.slice(0, 2)).toEqual([
      [HUB_KEY, 'eu-central-1/sts'],
      [SESSION_KEY, 'eu-central-1/ec2'],
    ])
    expect(scopes.slice(2).sort()).toEqual(REGIONS.map((name) => [SESSION_KEY, `${name}/ec2`]).sort())
  })

  it('shares one call among regions that ask side by side', async () => {
    const aws = await startAws({})

    const { record } = await run(aws.source, REGIONS, REGIONS.length)

    expect(record.status).toBe('complete')
    expect(aws.asked('AssumeRole')).toBe(1)
  })

  it('asks for an hour, with external id, name, tags and a policy cut to the permissions', async () => {
    const aws = await startAws({})

    await aws.source.regions(ACCOUNT)

    const { Policy, ...parameters } = Object.fromEntries(aws.requests[0] ?? [])
    expect(parameters).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'polo-config_ebs',
      ExternalId: 'polo-999988887777',
      DurationSeconds: '3600',
      'Tags.member.1.Key': 'polo:collector',
      'Tags.member.1.Value': 'config_ebs',
    })
    expect(JSON.parse(Policy ?? '')).toMatchObject({
      Statement: [{ Action: ['ec2:DescribeRegions', 'ec2:DescribeVolumes'] }],
    })
  })

  it('assumes the role again once, five minutes before the session ends', async () => {
    const lives = [4 * 60_000]
    const aws = await startAws({ AssumeRole: () => session(lives.shift()) }, { regions: ['eu-west-1'] })
    await aws.source.regions(ACCOUNT)

    await Promise.all([describeVolumes(aws.source), describeVolumes(aws.source), describeVolumes(aws.source)])
    await describeVolumes(aws.source)

    expect(aws.asked('AssumeRole')).toBe(2)
  })

  it('keeps a session that lasts longer than five minutes', async () => {
    const aws = await startAws({ AssumeRole: () => session(6 * 60_000) })

    await aws.source.regions(ACCOUNT)
    await describeVolumes(aws.source)

    expect(aws.asked('AssumeRole')).toBe(1)
  })

  it('tries again while STS does not answer', async () => {
    const replies = [() => queryError(503, 'ServiceUnavailable'), () => queryError(400, 'Throttling')]
    const aws = await startAws({ AssumeRole: () => (replies.shift() ?? session)() })

    expect(await aws.source.regions(ACCOUNT)).toHaveLength(REGIONS.length)
    expect(aws.asked('AssumeRole')).toBe(3)
  })

  it('names of the enabled regions only those that are allowed', async () => {
    const { source } = await startAws({}, { allowedRegions: ['eu-west-3', 'us-east-1', 'eu-west-2'] })

    expect(await source.regions(ACCOUNT)).toEqual(['eu-west-2', 'eu-west-3'])
  })

  it('says so when none of the allowed regions is enabled', async () => {
    const { source } = await startAws({}, { allowedRegions: ['us-east-1'] })

    await expect(source.regions(ACCOUNT)).rejects.toThrow(
      `none of the regions us-east-1 is enabled in account ${ACCOUNT}`,
    )
  })

  it('asks nobody for regions that it was told, but assumes the role', async () => {
    const aws = await startAws({}, { regions: ['us-east-1'] })

    expect(await aws.source.regions(ACCOUNT)).toEqual(['us-east-1'])
    expect([aws.asked('AssumeRole'), aws.asked('DescribeRegions')]).toEqual([1, 0])
  })

  it('reads no other account than the role’s', async () => {
    const { source } = await startAws({})

    expect(() =>
      source.client(EC2Client, { accountId: '1', region: 'eu-west-1', countCall: () => {} }),
    ).toThrow(`${ROLE} reads account ${ACCOUNT}, not 1`)
    await expect(source.regions('1')).rejects.toMatchObject({ name: 'WrongAccountError' })
  })

  it.each([
    ['of another account', 'arn:aws:iam::999988887777:role/polo-read', `is not account ${ACCOUNT}'s`],
    ['of another partition', `arn:aws-cn:iam::${ACCOUNT}:role/polo-read`, 'needs a hub of its own'],
  ])('does not try to assume a role %s', async (_, roleArn, message) => {
    const aws = await startAws({}, { roleArn })

    expect(await failureOf(aws.source.regions(ACCOUNT))).toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(message),
    })
    expect(aws.asked('AssumeRole')).toBe(0)
  })

  it('says what to do when the hub has no credentials', async () => {
    forgetAws()
    onTestFinished(() => void vi.unstubAllEnvs())

    const error = await failureOf(sourceOf({ credentials: undefined }).regions(ACCOUNT))

    expect(classifyAwsError(error)).toMatchObject({ outcome: 'denied', code: 'MissingCredentialsError' })
  })

  it.each([
    ['us-east-1', 'aws', 'sts.us-east-1.amazonaws.com'],
    ['cn-north-1', 'aws-cn', 'sts.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'aws-us-gov', 'sts.us-gov-west-1.amazonaws.com'],
    ['eusc-de-east-1', 'aws-eusc', 'sts.eusc-de-east-1.amazonaws.eu'],
  ])('asks the STS of the hub’s region %s', async (region, partition, host) => {
    const sts = mockClient(STSClient)
    onTestFinished(() => void sts.restore())
    sts.on(AssumeRoleCommand).rejects(awsError('AccessDenied'))

    await failureOf(
      sourceOf({ region, roleArn: `arn:${partition}:iam::${ACCOUNT}:role/polo-read` }).regions(ACCOUNT),
    )

    const client = sts.commandCalls(AssumeRoleCommand)[0]?.thisValue
    if (!(client instanceof STSClient)) throw new Error('STS was not asked')
    const { endpointProvider, region: ofClient, useGlobalEndpoint } = client.config
    const Region = await ofClient()
    const UseGlobalEndpoint = await useGlobalEndpoint
    expect(
      endpointProvider({ Region, ...(UseGlobalEndpoint ? { UseGlobalEndpoint: true } : {}) }).url.host,
    ).toBe(host)
  })
})

describe('a role that cannot be assumed', () => {
  it.each([
    ['of every enabled region', undefined],
    ['of regions that the job names', REGIONS],
  ])('is denied for a run %s, and asked for once', async (_, regions) => {
    const aws = await startAws({ AssumeRole: refusal })

    const { record, published } = await run(aws.source, regions)

    expect(record.status).toBe('denied')
    expect(record.errors[0]).toContain(ROLE)
    expect(record.errors[0]).toContain("external id 'polo-999988887777'")
    expect(record.errors[0]).toContain('polo accounts role')
    expect(record.errors[0]).toContain('is not authorized to perform: sts:AssumeRole')
    expect(published).toMatchObject([{ run_id: record.run_id, status: 'denied', aws_account_id: ACCOUNT }])
    expect(aws.asked('AssumeRole')).toBe(1)
  })

  it('is named once when the source knows the regions', async () => {
    const { source } = await startAws({ AssumeRole: refusal }, { regions: REGIONS })

    const { record } = await run(source)

    expect(record).toMatchObject({ status: 'denied', region_outcomes: {} })
    expect(record.errors).toHaveLength(1)
  })

  it('tells no secret', async () => {
    const leak = () =>
      queryError(403, 'AccessDenied', `key ${HUB_KEY} with token ${'session-token'.repeat(20)}`)
    const { source } = await startAws({ AssumeRole: leak })

    const { published } = await run(source)

    const text = JSON.stringify(published)
    for (const secret of [...SECRETS, HUB_KEY]) expect(text).not.toContain(secret)
    expect(text).toContain('AccessDenied')
  })

  it.each([
    [awsError('Throttling'), 'throttled'],
    [awsError('ServiceUnavailable'), 'failed'],
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'failed'],
    [awsError('PackedPolicyTooLarge'), 'failed'],
    [awsError('ExpiredToken'), 'denied'],
  ])('because of %s is %s', async (error, outcome) => {
    const sts = mockClient(STSClient)
    onTestFinished(() => void sts.restore())
    sts.on(AssumeRoleCommand).rejects(error)

    const failure = classifyAwsError(await failureOf(sourceOf().regions(ACCOUNT)))

    expect(failure.outcome).toBe(outcome)
    expect(failure.message).toContain(`cannot assume ${ROLE}`)
  })

  it('is asked for again by the next region where it was only throttled', async () => {
    const sts = mockClient(STSClient)
    onTestFinished(() => void sts.restore())
    sts.on(AssumeRoleCommand).rejects(awsError('Throttling'))
    const source = sourceOf({ regions: ['eu-west-1'] })

    await failureOf(source.regions(ACCOUNT))
    await failureOf(source.regions(ACCOUNT))

    expect(sts.commandCalls(AssumeRoleCommand)).toHaveLength(2)
  })

  it('says so when the answer has no credentials in it', async () => {
    const empty = () => ok('<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>')
    const { source } = await startAws({ AssumeRole: empty })

    await expect(source.regions(ACCOUNT)).rejects.toThrow('sts:AssumeRole answered without credentials')
  })
})
