import { setTimeout as sleep } from 'node:timers/promises'
import { EC2Client } from '@aws-sdk/client-ec2'
import type { Source } from '@polo/collectors'
import { afterEach, expect, test, vi } from 'vitest'
import { ACCOUNT, awsError, hanging, runStub, SLOT, stubAws, volume, yielding } from './run-stub.ts'

/** The runner keeps 30 s of its time for reporting. */
const STOPS_AFTER_50_MS = { timeoutMs: 30_050 }

afterEach(() => {
  vi.useRealTimers()
})

/** Yields one volume everywhere but in `region`, where it fails with `code`. */
function failingIn(failing: string, code: string): Source {
  return yielding(function* (region) {
    if (region === failing) throw awsError(code)
    yield volume(`vol-${region}`)
  })
}

const THREE_REGIONS = ['eu-west-1', 'us-east-1', 'us-west-2']

test('reports a run whose regions all answered as complete, with its counts and blocks', async () => {
  const source = yielding((region) => (region === 'us-east-1' ? [] : [volume(`vol-${region}`)]))
  const { run, runs } = await runStub({ sources: { source }, job: { regions: THREE_REGIONS } })
  expect(run).toMatchObject({
    collector: 'config_stub',
    scope: 'account',
    aws_account_id: ACCOUNT,
    slot: SLOT.toISOString(),
    status: 'complete',
    region_outcomes: { 'eu-west-1': 'complete', 'us-east-1': 'complete', 'us-west-2': 'complete' },
    region_events: { 'eu-west-1': 1, 'us-east-1': 0, 'us-west-2': 1 },
    region_errors: {},
    events: 2,
    rejected: 0,
    block_rows: [2],
    errors: [],
  })
  expect(runs).toEqual([run])
})

test.each([
  ['denied', 'UnauthorizedOperation'],
  ['throttled', 'RequestLimitExceeded'],
  ['failed', 'InternalError'],
])('one region that is %s spoils no other', async (outcome, code) => {
  const { run, events } = await runStub({
    sources: { source: failingIn('us-east-1', code) },
    job: { regions: THREE_REGIONS },
  })
  expect(run.status).toBe('partial')
  expect(run.region_outcomes).toEqual({
    'eu-west-1': 'complete',
    'us-east-1': outcome,
    'us-west-2': 'complete',
  })
  expect(Object.keys(run.region_errors)).toEqual(['us-east-1'])
  expect(run.errors).toEqual([expect.stringMatching(`^us-east-1: source: ${code}`)])
  expect(events.map((event) => event.resource_id).sort()).toEqual(['vol-eu-west-1', 'vol-us-west-2'])
})

test('a region whose client cannot be made spoils no other', async () => {
  const { run } = await runStub({
    sources: { source: yielding((region) => [volume(`vol-${region}`)]) },
    collector: { clients: { ec2: EC2Client } },
    aws: {
      client(clientClass, place) {
        if (place.region === 'us-east-1') throw awsError('UnauthorizedOperation')
        return stubAws().client(clientClass, place)
      },
    },
    job: { regions: THREE_REGIONS },
  })
  expect(run.status).toBe('partial')
  expect(run.region_outcomes['us-east-1']).toBe('denied')
  expect(run.events).toBe(2)
})

test('a region that hangs ends as partial when the time is up, and spoils no other', async () => {
  const hang = hanging()
  const source: Source = async function* (context) {
    if (context.region === 'us-east-1') yield* hang(context)
    yield volume(`vol-${context.region}`)
  }
  const { run } = await runStub({
    sources: { source },
    job: { ...STOPS_AFTER_50_MS, regions: THREE_REGIONS },
  })
  expect(run.status).toBe('partial')
  expect(run.region_outcomes).toMatchObject({ 'eu-west-1': 'complete', 'us-east-1': 'partial' })
  expect(run.errors).toEqual(['us-east-1: source: stopped early: the time was up'])
  expect(run.events).toBe(2)
})

test('regions that wait for their turn when the time is up end as partial', async () => {
  const { run } = await runStub({
    sources: { source: hanging() },
    job: { ...STOPS_AFTER_50_MS, regions: THREE_REGIONS },
    dependencies: { regionConcurrency: 1 },
  })
  expect(run.status).toBe('partial')
  expect(new Set(Object.values(run.region_outcomes))).toEqual(new Set(['partial']))
})

test('a list of regions that never comes ends as partial when the time is up', async () => {
  const { run } = await runStub({
    sources: { source: hanging() },
    aws: { regions: () => new Promise(() => {}) },
    job: { ...STOPS_AFTER_50_MS, regions: undefined },
  })
  expect(run).toMatchObject({ status: 'partial', errors: ['stopped early: the time was up'] })
})

test('the time limit does not follow the wall clock', async () => {
  vi.useFakeTimers({ now: SLOT, toFake: ['Date'] })
  const source: Source = async function* () {
    vi.setSystemTime(SLOT.getTime() + 86_400_000)
    await sleep(20)
    yield volume('vol-1')
  }
  const { run } = await runStub({ sources: { source } })
  expect(run.status).toBe('complete')
})

test('an interrupted run ends as partial with what it has', async () => {
  const interruption = new AbortController()
  const source: Source = async function* (context) {
    yield volume('vol-1')
    interruption.abort(new Error('interrupted'))
    yield* hanging()(context)
  }
  const { run, events } = await runStub({
    sources: { source },
    dependencies: { signal: interruption.signal },
  })
  expect(run).toMatchObject({ status: 'partial', errors: ['eu-west-1: source: stopped early: interrupted'] })
  expect(events).toHaveLength(1)
})

test('a run that was interrupted before it began asks AWS nothing', async () => {
  let asked = 0
  const { run } = await runStub({
    sources: { source: yielding(() => [volume(`vol-${++asked}`)]) },
    aws: { regions: async () => [`eu-west-${++asked}`] },
    job: { regions: undefined },
    dependencies: { signal: AbortSignal.abort(new Error('interrupted')) },
  })
  expect(run).toMatchObject({ status: 'partial', errors: ['stopped early: interrupted'] })
  expect(asked).toBe(0)
})

test('asks for the regions of the account when the job names none', async () => {
  const { run } = await runStub({
    sources: { source: yielding(() => []) },
    aws: { regions: async (account) => (account === ACCOUNT ? ['eu-west-1', 'eu-west-2'] : []) },
    job: { regions: undefined },
  })
  expect(Object.keys(run.region_outcomes)).toEqual(['eu-west-1', 'eu-west-2'])
})

test('is denied when it may not list the regions', async () => {
  const { run } = await runStub({
    aws: { regions: () => Promise.reject(awsError('UnauthorizedOperation')) },
    job: { regions: undefined },
  })
  expect(run).toMatchObject({ status: 'denied', region_outcomes: {} })
  expect(run.errors).toEqual([expect.stringContaining('UnauthorizedOperation')])
})

test('has failed and says so when there is no region', async () => {
  const { run } = await runStub({ aws: { regions: async () => [] }, job: { regions: undefined } })
  expect(run).toMatchObject({
    status: 'failed',
    errors: ['UnexpectedAnswerError: there is no region to look at'],
  })
})

test('looks at a region that is named twice once', async () => {
  const { run } = await runStub({
    sources: { source: yielding((region) => [volume(`vol-${region}`)]) },
    job: { regions: ['eu-west-1', 'eu-west-1'] },
  })
  expect(run.events).toBe(1)
})

test('reads regions side by side, no more at once than it may', async () => {
  let reading = 0
  let most = 0
  const source: Source = async function* ({ region }) {
    most = Math.max(most, ++reading)
    await sleep(5)
    reading--
    yield volume(`vol-${region}`)
  }
  const regions = Array.from({ length: 12 }, (_, index) => `eu-west-${index + 1}`)
  const { run } = await runStub({
    sources: { source },
    job: { regions },
    dependencies: { regionConcurrency: 3 },
  })
  expect(run.events).toBe(12)
  expect(most).toBe(3)
})

test('stamps everything with the start of its attempt', async () => {
  const source: Source = async function* () {
    yield volume('vol-1')
    await sleep(10)
    yield volume('vol-2')
  }
  const { run, events } = await runStub({ sources: { source }, job: { regions: THREE_REGIONS } })
  expect(run.observed_at).toBe(run.started_at)
  expect(new Set(events.map((event) => event.observed_at))).toEqual(new Set([run.started_at]))
})

test('a second attempt at a slot sees the same events under a run id of its own', async () => {
  const options = { sources: { source: yielding(() => [volume('vol-1'), volume('vol-2')]) } }
  const [first, second] = [await runStub(options), await runStub(options)]
  expect(second.events.map((event) => event.event_id)).toEqual(first.events.map((event) => event.event_id))
  expect(second.run.run_id).not.toBe(first.run.run_id)
})

test('leaves no listener on the signal that may interrupt it', async () => {
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  await runStub({ sources: { source: yielding(() => [volume('vol-1')]) }, dependencies: { signal } })
  expect(removed.mock.calls.length).toBe(added.mock.calls.length)
})
