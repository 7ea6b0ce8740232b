import { setTimeout as sleep } from 'node:timers/promises'
import { PublishError, type Source } from '@polo/collectors'
import { ConfigError, parseConfig, parseEnvelope } from '@polo/core'
import { collect, RecordingError, recordedAws } from '@polo/local'
import { expect, test } from 'vitest'
import { awsError, collectingSink, readRuns, stubAws, stubCollector, volume } from '../collectors/run-stub.ts'

const IDS = ['111122223333', '444455556666', '777788889999']
const aws = stubAws({ accounts: async () => IDS.map((id) => ({ id, source: 'recording' })) })

function options(source: Source) {
  return {
    collectors: [stubCollector({ source })],
    aws,
    sink: collectingSink(),
    config: parseConfig({}),
    timeoutMs: 600_000,
    signal: new AbortController().signal,
  }
}

const oneVolume: Source = async function* ({ account }) {
  yield volume(`vol-${account}`)
}

test('records every job as dispatched before the first one runs', async () => {
  const sink = collectingSink()
  let sentBefore: string[] = []
  const source: Source = async function* () {
    if (sentBefore.length === 0) sentBefore = [...sink.bodies]
    yield volume('vol-1')
  }
  await collect({ ...options(source), sink })
  expect(sentBefore.map((body) => parseEnvelope(body).schema.name).sort()).toEqual([
    'aws_account/1',
    ...IDS.map(() => 'collector_run/1'),
  ])
})

test('gives jobs beyond those that run side by side the time to wait for them', async () => {
  const sink = collectingSink()
  const ids = Array.from({ length: 5 }, (_, index) => `${100_000_000_000 + index}`)
  const aws = stubAws({ accounts: async () => ids.map((id) => ({ id, source: 'recording' })) })
  await collect({ ...options(oneVolume), aws, sink })
  const dispatched = (await readRuns(sink.bodies)).filter((run) => run.status === 'dispatched')
  const times = dispatched.map((run) => Date.parse(run.deadline) - Date.parse(run.started_at))
  expect(times).toEqual(ids.map(() => 2 * 600_000))
})

test('records no account as found where each is read by a source of its own', async () => {
  const sink = collectingSink()
  const accounts = async () => [{ id: '111122223333', source: '' }]
  const runs = await collect({
    ...options(oneVolume),
    aws: stubAws({ accounts }),
    sourceFor: () => aws,
    sink,
  })
  expect(runs.map(({ status }) => status)).toEqual(['complete'])
  const schemas = sink.bodies.map((body) => parseEnvelope(body).schema.name)
  expect([...new Set(schemas)].sort()).toEqual(['collector_run/1', 'resource_event/1'])
})

test('reads of the regions that the configuration names those that the account has enabled', async () => {
  const config = parseConfig({ regions: ['eu-west-1', 'us-east-1'] })
  const [run] = await collect({ ...options(oneVolume), config, accountIds: ['111122223333'] })
  expect(run).toMatchObject({ status: 'complete', region_outcomes: { 'eu-west-1': 'complete' } })
  expect(Object.keys(run?.region_outcomes ?? {})).toEqual(['eu-west-1'])
})

test('records which regions were asked for, since that says nothing of the others', async () => {
  const collectors = [
    stubCollector({ source: oneVolume }),
    stubCollector({ source: oneVolume }, { scope: 'organization' }),
  ]
  const regions = ['eu-west-1']
  const runs = await collect({ ...options(oneVolume), collectors, regions, accountIds: ['111122223333'] })
  const all = await collect({ ...options(oneVolume), accountIds: ['111122223333'] })
  expect([...runs, ...all].map((run) => run.asked_regions)).toEqual([['eu-west-1'], [], []])
})

test('fails the jobs of an account that has none of those regions enabled, and says so', async () => {
  const config = parseConfig({ regions: ['us-east-1'] })
  const [run] = await collect({ ...options(oneVolume), config, accountIds: ['111122223333'] })
  expect(run).toMatchObject({ status: 'failed', region_outcomes: {} })
  expect(run?.errors.join()).toContain('none of the regions us-east-1 is enabled in account 111122223333')
})

test('asks for what is the organization’s where the partition of the source has it', async () => {
  const collectors = [stubCollector({ source: oneVolume }, { scope: 'organization' })]
  const china = stubAws({ homeRegion: async () => 'cn-north-1' })
  const [run] = await collect({ ...options(oneVolume), collectors, aws: china })
  expect(run?.region_outcomes).toEqual({ 'cn-northwest-1': 'complete' })
})

test('runs the jobs of the accounts that were asked for', async () => {
  const runs = await collect({ ...options(oneVolume), accountIds: ['444455556666'] })
  expect(runs.map((run) => [run.aws_account_id, run.status])).toEqual([['444455556666', 'complete']])
})

test('refuses an account that is not there, and names those that are', async () => {
  const collecting = collect({ ...options(oneVolume), accountIds: ['000000000000'] })
  await expect(collecting).rejects.toThrow(ConfigError)
  await expect(collecting).rejects.toThrow(IDS.join(', '))
})

test.each([
  ['expired credentials', awsError('ExpiredToken'), 'ExpiredToken: ExpiredToken happened. Refresh your'],
  [
    'an endpoint that is not there',
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    'ECONNREFUSED: connect ECONNREFUSED. Check the network',
  ],
])('says which source was asked, the code, and what to do about %s', async (_, cause, words) => {
  const refusing = stubAws({ accounts: () => Promise.reject(cause) })
  await expect(collect({ ...options(oneVolume), aws: refusing })).rejects.toMatchObject({
    name: 'AccountDiscoveryError',
    message: expect.stringMatching(new RegExp(`^answers of the test did not say .*: ${words}`)),
    cause,
  })
})

test('leaves the error of a recording as it is', async () => {
  const aws = recordedAws({ directory: '/nowhere/at-all' })
  await expect(collect({ ...options(oneVolume), aws })).rejects.toThrow(RecordingError)
})

test('has sent its last block when it throws because a job could not report', async () => {
  const sink = collectingSink()
  let finals = 0
  const send = async (body: string) => {
    const isFinal = finals > 0 || sink.bodies.length > IDS.length
    if (isFinal && parseEnvelope(body).schema.name === 'collector_run/1' && finals++ === 0) {
      throw new PublishError('SQS at the test did not take a block')
    }
    await sink.send(body)
  }
  const source: Source = async function* ({ account }) {
    if (account !== IDS[0]) await sleep(60_000)
    yield volume(`vol-${account}`)
  }
  await expect(collect({ ...options(source), sink: { send } })).rejects.toThrow(PublishError)
  const sent = sink.bodies.length
  await sleep(50)
  expect(sink.bodies).toHaveLength(sent)
  expect(finals).toBe(3)
})
