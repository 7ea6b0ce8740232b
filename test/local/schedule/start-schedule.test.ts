import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import {
  type AwsSource,
  createSqsSink,
  DeadJob,
  JobMessage,
  type Source,
  withinRegions,
} from '@polo/collectors'
import { type CollectorRun, parseConfig, type Schedule } from '@polo/core'
import { changeAccountSettings, connectClickHouse } from '@polo/ingester'
import {
  awaitReconciliation,
  collect,
  type RunningSchedule,
  type Runtime,
  type ScheduleOptions,
  sqsClient,
  startRuntime,
  startSchedule,
} from '@polo/local'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { awsError, stubAws, stubCollector, volume } from '../../collectors/run-stub.ts'

const ONE = '111122223333'
const TWO = '444455556666'
const HUB = { accountId: ONE, region: 'eu-west-1' }
/** Its slot does not change while a test runs, unless that runs at midnight. */
const DAILY: Schedule = { dailyAt: '00:00' }

let dataDir: string
let runtime: Runtime
let clickhouse: ClickHouseClient
let sqs: SQSClient
let names = 0
const started: RunningSchedule[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polo-schedule-'))
  runtime = await startRuntime({ dataDir, config: parseConfig({}) })
  clickhouse = connectClickHouse({ url: runtime.addresses.clickhouseUrl, database: 'polo' })
  sqs = sqsClient(runtime.addresses.sqsEndpoint)
})
afterEach(async () => {
  for (const schedule of started.splice(0)) await schedule.stop()
})
afterAll(async () => {
  await clickhouse?.close()
  sqs?.destroy()
  await runtime?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

/** A schedule of one collector, which no other test has. */
function setUp(source: Source, overrides: Partial<ScheduleOptions> = {}) {
  const runs: CollectorRun[] = []
  const notes: string[] = []
  const collector = stubCollector({ source }, { name: `config_stub_${names++}`, schedule: DAILY })
  const aws = stubAws()
  const options: ScheduleOptions = {
    dataDir,
    config: parseConfig({}),
    collectors: [collector],
    accounts: [
      { id: ONE, source: 'recording' },
      { id: TWO, source: 'recording' },
    ],
    hub: HUB,
    sourceFor: (job) => withinRegions(aws, job),
    clickhouse,
    sqs,
    jobsDeadLetterQueueUrl: runtime.addresses.jobsDeadLetterQueueUrl ?? '',
    sink: createSqsSink({ client: sqs, queueUrl: runtime.addresses.queueUrl }),
    timeoutMs: 600_000,
    onRun: (run) => runs.push(run),
    onNote: (note) => notes.push(note),
    runner: { retryDelayMs: 10 },
    ...overrides,
  }
  const start = async () => {
    const schedule = await startSchedule(options)
    started.push(schedule)
    return schedule
  }
  return { runs, notes, start, options, collector: collector.name }
}

const twoVolumes: Source = async function* ({ account }) {
  yield volume(`vol-${account}-1`)
  yield volume(`vol-${account}-2`)
}

async function count(query: string, collector: string): Promise<number> {
  const result = await clickhouse.query({ query, query_params: { collector }, format: 'JSONEachRow' })
  const [row] = await result.json<{ n: string }>()
  return Number(row?.n)
}

const countEvents = async (collector: string) => ({
  raw: await count(
    'SELECT count() AS n FROM resource_events WHERE collector = {collector: String}',
    collector,
  ),
  final: await count(
    'SELECT count() AS n FROM resource_events FINAL WHERE collector = {collector: String}',
    collector,
  ),
})

async function accountedFor(runs: readonly CollectorRun[]): Promise<void> {
  await awaitReconciliation(
    clickhouse,
    runs.map((run) => run.run_id),
  )
}

test('collects the current slot of every account at once, through the whole pipeline', async () => {
  const { runs, start, collector } = setUp(twoVolumes)
  await start()
  await expect.poll(() => runs.length).toBe(2)
  expect(runs.map((run) => [run.aws_account_id, run.status, run.slot.slice(10)]).sort()).toEqual([
    [ONE, 'complete', 'T00:00:00.000Z'],
    [TWO, 'complete', 'T00:00:00.000Z'],
  ])
  await accountedFor(runs)
  expect(await countEvents(collector)).toEqual({ raw: 4, final: 4 })
})

test('a second start in the same slot collects what the first did not complete, and nothing else', async () => {
  let isTwoDenied = true
  const { runs, start } = setUp(async function* (context) {
    if (isTwoDenied && context.account === TWO) throw awsError('UnauthorizedOperation')
    yield* twoVolumes(context)
  })
  const first = await start()
  await expect.poll(() => runs.length).toBe(2)
  await accountedFor(runs)
  await first.stop()
  isTwoDenied = false
  runs.length = 0
  await start()
  await expect.poll(() => runs.map((run) => [run.aws_account_id, run.status])).toEqual([[TWO, 'complete']])
})

/** As `polo collect` does, for the slot that the schedule is in. */
async function collectByHand(options: ScheduleOptions, aws: AwsSource, regions?: readonly string[]) {
  const { collectors, sink, config, timeoutMs } = options
  const { signal } = new AbortController()
  await accountedFor(await collect({ collectors, sink, config, timeoutMs, aws, regions, signal }))
}

test('a start does not take for done what was collected by hand of some regions, but what was of all', async () => {
  const regions = ['eu-west-1', 'us-east-1']
  const accounts = [{ id: ONE, source: 'recording' }]
  const aws = stubAws({ regions: async () => regions, accounts: async () => accounts })
  const overrides = { accounts, sourceFor: (job: JobMessage) => withinRegions(aws, job) }
  const some = setUp(twoVolumes, overrides)
  await collectByHand(some.options, aws, ['us-east-1'])
  await some.start()
  await expect.poll(() => some.runs.map((run) => Object.keys(run.region_outcomes))).toEqual([regions])
  const all = setUp(twoVolumes, overrides)
  await collectByHand(all.options, aws)
  const schedule = await all.start()
  await schedule.stop()
  expect(all.runs).toEqual([])
})

test('a start collects again what was complete when fewer regions were enabled', async () => {
  const regions = ['eu-west-1']
  const aws = stubAws({ regions: async () => regions })
  const { runs, start } = setUp(twoVolumes, {
    sourceFor: (job) => withinRegions(aws, job),
    accounts: [{ id: ONE, source: 'recording' }],
  })
  const first = await start()
  await expect.poll(() => runs.length).toBe(1)
  await accountedFor(runs)
  await first.stop()
  regions.push('us-east-1')
  await start()
  await expect.poll(() => runs.map((run) => Object.keys(run.region_outcomes).length)).toEqual([1, 2])
})

test('a job that fails half-way is tried again for the same slot, and its rows are there once', async () => {
  const failed = new Set<string>()
  const { runs, start, collector } = setUp(async function* (context) {
    yield volume(`vol-${context.account}-1`)
    if (!failed.has(context.account)) {
      failed.add(context.account)
      throw awsError('InternalFailure')
    }
    yield volume(`vol-${context.account}-2`)
  })
  await start()
  await expect.poll(() => runs.length).toBe(4)
  expect(runs.map((run) => run.status).sort()).toEqual(['complete', 'complete', 'failed', 'failed'])
  expect(new Set(runs.map((run) => run.slot)).size).toBe(1)
  await accountedFor(runs)
  // What two attempts saw is the same row, which the engine merges when it likes.
  expect((await countEvents(collector)).final).toBe(4)
  await clickhouse.command({ query: 'OPTIMIZE TABLE resource_events FINAL' })
  expect(await countEvents(collector)).toEqual({ raw: 4, final: 4 })
  const jobs = await clickhouse.query({
    query: 'SELECT outcome, reconciliation FROM collector_jobs WHERE collector = {collector: String}',
    query_params: { collector },
    format: 'JSONEachRow',
  })
  const whole = { outcome: 'complete', reconciliation: 'reconciled' }
  expect(await jobs.json()).toEqual([whole, whole])
})

test('a job that fails twice goes to the dead letters of jobs, as Lambda writes them', async () => {
  const { runs, start, collector } = setUp(async function* ({ account }) {
    if (account === ONE) throw awsError('RequestLimitExceeded')
    yield volume('vol-1')
  })
  await start()
  await expect.poll(() => runs.length).toBe(3)
  const QueueUrl = runtime.addresses.jobsDeadLetterQueueUrl
  const messages: Message[] = []
  await expect
    .poll(async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }))
      return messages.push(...Messages)
    })
    .toBeGreaterThan(0)
  const dead = messages.map(({ Body = '' }) => DeadJob.parse(JSON.parse(Body)))
  expect(dead).toMatchObject([
    {
      version: '1.0',
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      responseContext: { functionError: 'Unhandled' },
      responsePayload: {
        errorType: 'JobFailedError',
        errorMessage: expect.stringContaining('RequestLimitExceeded'),
      },
    },
  ])
  expect(JobMessage.parse(dead[0]?.requestPayload)).toMatchObject({ collector, account: { id: ONE } })
})

test('collects from no account that operators paused', async () => {
  await changeAccountSettings(clickhouse, TWO, { polo_status: 'paused' })
  const { runs, notes, start } = setUp(twoVolumes)
  const schedule = await start()
  await expect.poll(() => runs.length).toBe(1)
  await schedule.stop()
  expect([runs.map((run) => run.aws_account_id), notes]).toEqual([[ONE], []])
  await changeAccountSettings(clickhouse, TWO, { polo_status: 'active' })
})

test('ends jobs early when it is stopped; they report what they have', async () => {
  const waiting: string[] = []
  const { runs, start } = setUp(async function* ({ account, signal }) {
    yield volume(`vol-${account}`)
    waiting.push(account)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  const schedule = await start()
  await expect.poll(() => waiting.length).toBe(2)
  expect(await schedule.stop()).toEqual({ undone: 0 })
  expect(runs.map((run) => [run.status, run.events])).toEqual([
    ['partial', 1],
    ['partial', 1],
  ])
  expect(runs[0]?.errors.join()).toContain('Polo was stopped')
})

test('goes on with the accounts that it remembers while ClickHouse does not answer', async () => {
  await changeAccountSettings(clickhouse, TWO, { polo_status: 'paused' })
  await setUp(twoVolumes).start()
  const away = connectClickHouse({ url: 'http://127.0.0.1:1', database: 'polo' })
  const { runs, notes, start, collector } = setUp(twoVolumes, { clickhouse: away })
  await start()
  await expect.poll(() => runs.map((run) => run.aws_account_id)).toEqual([ONE])
  expect(notes).toEqual([
    expect.stringMatching(/collected already is not known.*ECONNREFUSED/),
    expect.stringMatching(new RegExp(`^${collector}: the database did not say .*ECONNREFUSED`)),
  ])
  await away.close()
  await changeAccountSettings(clickhouse, TWO, { polo_status: 'active' })
})

test('remembers no recording’s accounts as those of live AWS, nor the other way round', async () => {
  const away = connectClickHouse({ url: 'http://127.0.0.1:1', database: 'polo' })
  const caller = '777788889999'
  await setUp(twoVolumes).start()
  const live = setUp(twoVolumes, { clickhouse: away, accounts: [{ id: caller, source: 'caller' }] })
  await live.start()
  await expect.poll(() => live.runs.map((run) => run.aws_account_id)).toEqual([caller])
  const replay = setUp(twoVolumes, { clickhouse: away })
  await replay.start()
  await expect.poll(() => replay.runs.map((run) => run.aws_account_id).sort()).toEqual([ONE, TWO])
  await away.close()
})
