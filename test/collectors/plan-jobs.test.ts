import { type PlanOptions, planJobs, recordDispatch } from '@polo/collectors'
import { ConfigError, parseConfig } from '@polo/core'
import { describe, expect, test } from 'vitest'
import { metrics } from '../../packages/collectors/src/aws/metrics.ts'
import { readRows } from '../core/read-rows.ts'
import { collectingSink, readRuns, refusingSink, stubCollector } from './run-stub.ts'

const NOW = new Date('2026-03-04T10:07:30.500Z')
const ACCOUNTS = [
  { id: '111122223333', source: 'caller' },
  { id: '444455556666', source: 'caller' },
]

function plan(options: Partial<PlanOptions> = {}) {
  return planJobs({
    collectors: [stubCollector({})],
    accounts: ACCOUNTS,
    config: parseConfig({}),
    now: NOW,
    timeoutMs: 900_000,
    ...options,
  })
}

test('plans one job per collector and account', () => {
  const collectors = ['one', 'two'].map((name) => stubCollector({}, { name }))
  expect(plan({ collectors }).map(({ account, collector }) => [account.id, collector.name])).toEqual([
    ['111122223333', 'one'],
    ['111122223333', 'two'],
    ['444455556666', 'one'],
    ['444455556666', 'two'],
  ])
})

test.each([
  [{ every: '15 minutes', offset: '5 minutes' }, '2026-03-04T10:05:00.000Z'],
  [{ every: '6 hours', offset: '0 minutes' }, '2026-03-04T06:00:00.000Z'],
  [{ dailyAt: '11:00' }, '2026-03-03T11:00:00.000Z'],
  [{ weeklyOn: 'monday', at: '03:30' }, '2026-03-02T03:30:00.000Z'],
] as const)('the slot of %j is its latest scheduled time', (schedule, slot) => {
  const [job] = plan({ collectors: [stubCollector({}, { schedule })] })
  expect(job?.slot.toISOString()).toBe(slot)
})

test('two plans within one interval have the same slots', () => {
  const slots = ['10:00:00.000', '10:14:59.999'].map(
    (time) => plan({ now: new Date(`2026-03-04T${time}Z`) })[0]?.slot,
  )
  expect(slots[0]).toEqual(slots[1])
})

test('a slot that was asked for is the slot of every job', () => {
  const slot = new Date('2026-03-01T00:00:00Z')
  expect(plan({ slot }).map((job) => job.slot)).toEqual([slot, slot])
})

test('a job of the organization is in one region, whatever the account or the caller chose', () => {
  const collectors = [stubCollector({}, { scope: 'organization' }), stubCollector({})]
  const config = parseConfig({ accounts: { '111122223333': { regions: ['eu-west-1'] } } })
  const jobs = plan({ collectors, config, accounts: ACCOUNTS.slice(0, 1) })
  expect(jobs.map(({ regions }) => regions)).toEqual([['us-east-1'], ['eu-west-1']])
  expect(plan({ collectors, regions: ['us-west-2'] })[0]?.regions).toEqual(['us-east-1'])
})

test.each([
  [{ region: 'cn-north-1' }, 'cn-northwest-1'],
  [{ region: 'us-gov-east-1' }, 'us-gov-west-1'],
  [{ region: 'us-east-1', regions: ['cn-north-1'] }, 'cn-northwest-1'],
  [{}, 'us-east-1'],
])('a job of the organization, with %j, is in %s', (options, region) => {
  const collectors = [stubCollector({}, { scope: 'organization' })]
  expect(plan({ collectors, ...options })[0]?.regions).toEqual([region])
})

test('refuses a slot that is still to come', () => {
  expect(() => plan({ slot: new Date(NOW.getTime() + 1) })).toThrow(
    new ConfigError('the slot 2026-03-04T10:07:30.501Z is still to come'),
  )
})

test('refuses a slot that is no time', () => {
  expect(() => plan({ slot: new Date('yesterday') })).toThrow(ConfigError)
})

test('refuses a slot whose events the retention would delete at once', () => {
  const config = parseConfig({ retentionDays: { config: 30 } })
  const oldest = new Date(NOW.getTime() - 30 * 86_400_000)
  expect(plan({ config, slot: oldest })).toHaveLength(2)
  expect(() => plan({ config, slot: new Date(oldest.getTime() - 1) })).toThrow(/retentionDays\.config/)
})

describe('a collector of what AWS keeps for some days only', () => {
  const collectors = [stubCollector({}, { name: 'short', keptDays: 62 })]
  const oldest = new Date(NOW.getTime() - 62 * 86_400_000)
  const tooOld = new Date(oldest.getTime() - 1)

  test('is refused for a slot before them, before anything is asked and paid for', () => {
    expect(plan({ collectors, slot: oldest })).toHaveLength(2)
    expect(() => plan({ collectors, slot: tooOld })).toThrow(
      new ConfigError(
        `short would find nothing for the slot ${tooOld.toISOString()}: AWS does not keep what it reads for longer than ` +
          '62 days. Choose a later slot, or name other collectors.',
      ),
    )
  })

  test('is run for any slot of a recording, which forgets nothing', () => {
    const accounts = ACCOUNTS.map(({ id }) => ({ id, source: 'recording' }))
    expect(plan({ collectors, accounts, slot: tooOld })).toHaveLength(2)
  })

  test('is what metrics is', () => {
    expect(() => plan({ collectors: [metrics], slot: tooOld })).toThrow(/metrics would find nothing/)
  })
})

test('takes regions from the command first, then from the account, then from the configuration', () => {
  const config = parseConfig({
    regions: ['us-east-1'],
    accounts: { '111122223333': { regions: ['eu-west-1', 'eu-west-2'] } },
  })
  expect(plan({ config }).map(({ regions, amongRegions }) => ({ regions, amongRegions }))).toEqual([
    { regions: ['eu-west-1', 'eu-west-2'] },
    { amongRegions: ['us-east-1'] },
  ])
  expect(plan({ config, regions: ['eu-north-1'] }).map((job) => job.regions)).toEqual([
    ['eu-north-1'],
    ['eu-north-1'],
  ])
})

test('names no regions where every enabled one is meant', () => {
  expect(plan().flatMap(({ regions, amongRegions }) => [regions, amongRegions])).toEqual(
    Array(4).fill(undefined),
  )
})

test('carries what the configuration says of the account', () => {
  const accounts = { '111122223333': { role: 'production', tagDefaults: { marqo_env: 'prod' } } }
  expect(plan({ config: parseConfig({ accounts }) }).map((job) => job.account)).toEqual([
    { id: '111122223333', role: 'production', tagDefaults: { marqo_env: 'prod' } },
    { id: '444455556666', role: '', tagDefaults: {} },
  ])
})

test('records every job as dispatched, failed unless it reports by its time limit', async () => {
  const sink = collectingSink()
  await recordDispatch(sink, { jobs: plan(), accounts: ACCOUNTS, now: NOW })
  const runs = await readRuns(sink.bodies)
  expect(runs.map((run) => run.aws_account_id).sort()).toEqual(['111122223333', '444455556666'])
  expect(runs[0]).toMatchObject({
    status: 'dispatched',
    slot: '2026-03-04T10:00:00.000Z',
    started_at: NOW.toISOString(),
    finished_at: null,
    deadline: '2026-03-04T10:22:30.500Z',
    block_ids: [],
  })
})

test('gives jobs that wait for others the time of those as well', async () => {
  const sink = collectingSink()
  await recordDispatch(sink, { jobs: plan(), accounts: ACCOUNTS, now: NOW, concurrency: 1 })
  const [job] = plan()
  const deadline = new Date(NOW.getTime() + 2 * (job?.timeoutMs ?? 0)).toISOString()
  expect((await readRuns(sink.bodies)).map((run) => run.deadline)).toEqual([deadline, deadline])
})

test('dispatching a job again writes the same row, and another job another', async () => {
  const sink = collectingSink()
  const later = new Date(NOW.getTime() + 60_000)
  await recordDispatch(sink, { jobs: plan(), accounts: ACCOUNTS, now: NOW })
  await recordDispatch(sink, { jobs: plan({ now: later }), accounts: ACCOUNTS, now: later })
  const runs = await readRuns(sink.bodies)
  expect(runs).toHaveLength(4)
  expect(new Set(runs.map((run) => run.run_id)).size).toBe(2)
})

test('records the accounts that it found', async () => {
  const sink = collectingSink()
  await recordDispatch(sink, { jobs: [], accounts: ACCOUNTS, now: NOW })
  const rows = await readRows(sink.bodies, 'aws_account/1')
  expect(rows).toEqual([
    expect.objectContaining({
      aws_account_id: '111122223333',
      source: 'caller',
      unknown: 'email,name,ou_path,status,tags',
    }),
    expect.objectContaining({ aws_account_id: '444455556666' }),
  ])
})

test('sends no account that the table would refuse', async () => {
  const sink = collectingSink()
  const accounts = [...ACCOUNTS, { id: '777788889999', source: '' }]
  await expect(recordDispatch(sink, { jobs: [], accounts, now: NOW })).rejects.toThrow('source')
  expect(sink.bodies).toEqual([])
})

test('sends nothing when there is nothing to dispatch', async () => {
  const sink = collectingSink()
  await recordDispatch(sink, { jobs: [], accounts: [], now: NOW })
  expect(sink.bodies).toEqual([])
})

test('throws when the queue takes no record of a dispatch', async () => {
  const sink = refusingSink({ refuses: 'collector_run/1' })
  const dispatching = recordDispatch(sink, { jobs: plan(), accounts: ACCOUNTS, now: NOW })
  await expect(dispatching).rejects.toThrow('did not take a block')
})

test('a job of the organization is the payer’s alone, and none where the payer is not at hand', () => {
  const collectors = [stubCollector({}, { scope: 'organization' }), stubCollector({})]
  const payer = { collectors, config: parseConfig({ payerAccount: '444455556666' }) }
  const scopes = plan(payer).map(({ account, collector }) => [account.id, collector.scope])
  expect(scopes).toEqual([
    ['111122223333', 'account'],
    ['444455556666', 'organization'],
    ['444455556666', 'account'],
  ])
  const elsewhere = { ...payer, config: parseConfig({ payerAccount: '777788889999' }) }
  expect(() => plan(elsewhere)).toThrow(/account 777788889999, the payerAccount.*at hand is 111122223333/)
})
