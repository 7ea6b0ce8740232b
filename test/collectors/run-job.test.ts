import {
  JobFailedError,
  type JobMessage,
  type RunJobOptions,
  readRoleSource,
  runJob,
  type Source,
  withinRegions,
} from '@polo/collectors'
import { ConfigError, parseConfig } from '@polo/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { configEbs } from '../../packages/collectors/src/aws/config-ebs.ts'
import { queryError, startFakeAws } from './fake-aws.ts'
import {
  ACCOUNT,
  awsError,
  collectingSink,
  readEvents,
  readRuns,
  refusingSink,
  stubAws,
  stubCollector,
  volume,
  yielding,
} from './run-stub.ts'

function jobMessage(overrides: Partial<JobMessage> = {}): JobMessage {
  return {
    v: 1,
    collector: 'config_stub',
    slot: '2026-03-01T10:00:00.000Z',
    account: { id: ACCOUNT, role: 'production', tagDefaults: { marqo_env: 'prod' } },
    access: { roleArn: `arn:aws:iam::${ACCOUNT}:role/polo-read`, externalId: 'polo-999988887777' },
    ...overrides,
  }
}

/** Runs a job of a source of the test, whose AWS has two regions enabled. */
function run(source: Source, message: Partial<JobMessage> = {}, options: Partial<RunJobOptions> = {}) {
  const sink = collectingSink()
  const aws = stubAws({ regions: async () => ['eu-west-1', 'us-east-1'] })
  const running = runJob(jobMessage(message), {
    collector: stubCollector({ source }),
    sourceFor: (job) => withinRegions(aws, job),
    sink,
    config: parseConfig({}),
    timeoutMs: 600_000,
    ...options,
  })
  return { running, runs: () => readRuns(sink.bodies), events: () => readEvents(sink.bodies) }
}

const oneVolume = yielding(() => [volume('vol-1')])
const throwing = (code: string): Source =>
  yielding(() => {
    throw awsError(code)
  })

describe('runJob', () => {
  test('runs the job for its slot, with what it says of the account', async () => {
    const { running, events } = run(oneVolume, { regions: ['eu-north-1'] })
    expect(await running).toMatchObject({ status: 'complete', region_outcomes: { 'eu-north-1': 'complete' } })
    expect(await events()).toMatchObject([
      {
        event_time: '2026-03-01T10:00:00.000Z',
        aws_region: 'eu-north-1',
        account_role: 'production',
        marqo_env: 'prod',
      },
    ])
  })

  test.each([
    ['every enabled region', {}, ['eu-west-1', 'us-east-1']],
    [
      'of the enabled regions those that it names',
      { amongRegions: ['us-east-1', 'ap-east-1'] },
      ['us-east-1'],
    ],
    [
      'exactly the regions that it names',
      { regions: ['ap-east-1'], amongRegions: ['us-east-1'] },
      ['ap-east-1'],
    ],
  ])('looks at %s', async (_, message, regions) => {
    const { region_outcomes } = await run(oneVolume, message).running
    expect(Object.keys(region_outcomes)).toEqual(regions)
  })

  test('has failed where none of the regions that it names is enabled', async () => {
    const { running, runs } = run(oneVolume, { amongRegions: ['ap-east-1'] })
    await expect(running).rejects.toThrow(/none of the regions ap-east-1 is enabled in account 111122223333/)
    expect(await runs()).toMatchObject([{ status: 'failed' }])
  })

  test.each([
    ['failed', 'InternalFailure'],
    ['throttled', 'RequestLimitExceeded'],
  ])('throws what may help to try again, once the run is published: %s', async (status, code) => {
    const { running, runs } = run(throwing(code))
    const error: unknown = await running.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(JobFailedError)
    expect(error).toMatchObject({
      message: expect.stringMatching(
        new RegExp(`^config_stub in account ${ACCOUNT} for 2026-03-01T10:00:00.000Z .*${status}: .*${code}`),
      ),
      run: { status },
    })
    expect(await runs()).toMatchObject([{ status }])
  })

  test('tells of what was denied, and asks for no other try', async () => {
    expect(await run(throwing('UnauthorizedOperation')).running).toMatchObject({ status: 'denied' })
  })

  test('asks for no other try of what it was told to end early', async () => {
    const signal = AbortSignal.abort(new Error('Ctrl-C'))
    expect(await run(oneVolume, {}, { signal }).running).toMatchObject({ status: 'partial' })
  })

  test('throws when the queue does not take the run', async () => {
    const sink = refusingSink({ refuses: 'collector_run/1' })
    await expect(run(oneVolume, {}, { sink }).running).rejects.toThrow('did not take a block')
  })

  test('refuses the job of another collector', async () => {
    await expect(run(oneVolume, { collector: 'config_ec2' }).running).rejects.toThrow(
      new ConfigError('a job of config_ec2 came to config_stub'),
    )
  })
})

test('a role that the account does not let Polo assume is the run’s outcome, with what to check', async () => {
  const aws = await startFakeAws({ AssumeRole: () => queryError(403, 'AccessDenied', 'not authorized') })
  onTestFinished(aws.stop)
  const sink = collectingSink()
  const run = await runJob(jobMessage({ collector: 'config_ebs', regions: ['eu-west-1'] }), {
    collector: configEbs,
    sourceFor: readRoleSource({
      collector: configEbs,
      region: 'eu-west-1',
      stage: 'test',
      endpoint: aws.endpoint,
      credentials: async () => ({ accessKeyId: 'AKIA', secretAccessKey: 'secret' }),
    }),
    sink,
    config: parseConfig({}),
    timeoutMs: 600_000,
  })
  expect(run).toMatchObject({ status: 'denied', aws_account_id: ACCOUNT })
  expect(run.errors.join()).toMatch(
    /cannot assume arn:aws:iam::111122223333:role\/polo-read.*polo accounts role/,
  )
  expect(aws.requests.map((parameters) => parameters.get('RoleSessionName'))).toEqual(['polo-config_ebs'])
})
