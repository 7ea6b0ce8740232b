import { connectClickHouse } from '@polo/ingester'
import { awaitReconciliation, ReconciliationTimeoutError, readLatestJobs } from '@polo/local'
import { afterEach, expect, test, vi } from 'vitest'
import type { Row } from '../ingester/factories.ts'
import {
  blockEntry,
  blockId,
  dispatched,
  finalRecord,
  inMinutes,
  recordsIn,
  rowEntry,
} from '../ingester/reconciliation-rows.ts'
import { usePipeline } from '../ingester/use-pipeline.ts'

const stage = usePipeline({ empty: ['collector_runs', 'ingest_ledger'] })

const { recordRuns, recordEntries } = recordsIn(stage)
const idsOf = (...runs: Row[]) => runs.map((run) => String(run.run_id))
const block = (rows = 5) => ({ id: blockId(), rows })
const IMPATIENT = { patienceMs: 300 }

/** Stops the clock that patience is measured by, so that nothing but the test lets it run out. */
function stopClock(): { pass(ms: number): void } {
  vi.useFakeTimers({ toFake: ['Date'] })
  return { pass: (ms) => void vi.setSystemTime(Date.now() + ms) }
}
afterEach(() => void vi.useRealTimers())

test('resolves with what became of each run', async () => {
  const [stored, partly] = [block(), block(3)]
  const runs = [finalRecord([stored]), finalRecord([partly])]
  await recordRuns(...runs)
  await recordEntries(blockEntry(stored, 'stored'), blockEntry(partly, 'stored'), rowEntry(partly, 0, 'dead'))
  const jobs = await awaitReconciliation(stage.polo.clickhouse, idsOf(...runs), IMPATIENT)
  const numbers = jobs.map((job) => [job.reconciliation, job.published_rows, job.stored_rows, job.dead_rows])
  expect(numbers.sort()).toEqual([
    ['reconciled', 3, 2, 1],
    ['reconciled', 5, 5, 0],
  ])
})

test('resolves at once when there is nothing to wait for', async () => {
  expect(await awaitReconciliation(stage.polo.clickhouse, [], IMPATIENT)).toEqual([])
})

test('waits for what arrives later, and tells of the rows that did', async () => {
  const blocks = [block(), block(3)]
  const run = finalRecord(blocks)
  await recordRuns(run)
  const arriving = blocks.map((arrived) => () => recordEntries(blockEntry(arrived, 'stored')))
  const told: number[] = []
  const jobs = await awaitReconciliation(stage.polo.clickhouse, idsOf(run), {
    onProgress(rows) {
      told.push(rows)
      void arriving.shift()?.()
    },
  })
  expect(jobs).toMatchObject([{ reconciliation: 'reconciled', stored_rows: 8 }])
  expect(told).toEqual([0, 5, 8])
})

test('progress renews its patience', async () => {
  const blocks = Array.from({ length: 5 }, () => block(1))
  const run = finalRecord(blocks)
  await recordRuns(run)
  const arriving = blocks.map((arrived) => () => recordEntries(blockEntry(arrived, 'stored')))
  const clock = stopClock()
  const waiting = awaitReconciliation(stage.polo.clickhouse, idsOf(run), {
    patienceMs: 1_500,
    onProgress() {
      clock.pass(1_000)
      void arriving.shift()?.()
    },
  })
  expect(await waiting).toMatchObject([{ reconciliation: 'reconciled' }])
})

test('gives up when nothing moves, and names what is missing', async () => {
  const blocks = Array.from({ length: 4 }, () => block())
  const run = finalRecord(blocks)
  await recordRuns(run)
  const waiting = awaitReconciliation(stage.polo.clickhouse, idsOf(run, finalRecord([])), IMPATIENT)
  await expect(waiting).rejects.toThrow(ReconciliationTimeoutError)
  await expect(waiting).rejects.toThrow(/still lacks 1 run records and 4 blocks \((\w{64}, ){3}…\)/)
  await expect(waiting).rejects.toThrow('nothing is lost')
})

test('tells what is in the way once per change, and names the last when it gives up', async () => {
  const run = finalRecord([block()])
  await recordRuns(run)
  const reasons = [undefined, 'first', 'first', 'second']
  const told: (string | undefined)[] = []
  const clock = stopClock()
  const waiting = awaitReconciliation(stage.polo.clickhouse, idsOf(run), {
    ...IMPATIENT,
    whyWaiting() {
      if (reasons.length === 1) clock.pass(IMPATIENT.patienceMs + 1)
      return reasons.shift()
    },
    onProgress: (_, why) => told.push(why),
  })
  await expect(waiting).rejects.toThrow("The ingester's last problem: second. See `polo status`.")
  expect(told).toEqual([undefined, 'first', 'second'])
})

test('a run that another attempt at its job overtook is waited for on its own', async () => {
  const run = finalRecord([], { started_at: '2026-03-01T10:00:02.000Z' })
  const later = finalRecord([block()], { slot: run.slot, started_at: '2026-03-01T10:00:03.000Z' })
  await recordRuns(run, later)
  const jobs = await awaitReconciliation(stage.polo.clickhouse, idsOf(run), IMPATIENT)
  expect(jobs).toMatchObject([{ run_id: run.run_id, reconciliation: 'reconciled' }])
})

test('a run that is named twice is waited for once', async () => {
  const run = finalRecord([])
  await recordRuns(run)
  expect(await awaitReconciliation(stage.polo.clickhouse, idsOf(run, run), IMPATIENT)).toHaveLength(1)
})

test('a run whose blocks are missing past its deadline is not waited for', async () => {
  const run = finalRecord([block()], { deadline: inMinutes(-1) })
  await recordRuns(run)
  const jobs = await awaitReconciliation(stage.polo.clickhouse, idsOf(run), IMPATIENT)
  expect(jobs).toMatchObject([{ reconciliation: 'missing' }])
})

test('the latest jobs are one per collector and account, the newest slot of each', async () => {
  const old = finalRecord([], { slot: '2026-03-01T10:00:00.000Z' })
  const newest = dispatched({ slot: '2026-03-01T10:15:00.000Z' })
  const elsewhere = finalRecord([], { slot: '2026-03-01T10:00:00.000Z', aws_account_id: '444455556666' })
  await recordRuns(old, newest, elsewhere)
  const jobs = await readLatestJobs(stage.polo.clickhouse)
  expect(jobs.map((job) => [job.run_id, job.outcome]).sort()).toEqual(
    [
      [newest.run_id, 'pending'],
      [elsewhere.run_id, 'complete'],
    ].sort(),
  )
})

test('a later look at regions that somebody asked for does not stand for the whole job', async () => {
  const whole = finalRecord([], {
    slot: '2026-03-01T10:00:00.000Z',
    status: 'partial',
    started_at: '2026-03-01T10:00:02.000Z',
    region_outcomes: { 'eu-west-1': 'denied', 'us-east-1': 'complete' },
  })
  const narrow = finalRecord([], {
    slot: '2026-03-01T10:00:00.000Z',
    started_at: '2026-03-01T10:05:00.000Z',
    region_outcomes: { 'us-east-1': 'complete' },
    asked_regions: ['us-east-1'],
  })
  await recordRuns(whole, narrow)
  expect((await readLatestJobs(stage.polo.clickhouse)).map((job) => job.run_id)).toEqual([whole.run_id])
  expect(await stage.polo.select('SELECT run_id FROM collector_jobs')).toEqual([{ run_id: whole.run_id }])
  const again = finalRecord([], {
    slot: '2026-03-01T10:00:00.000Z',
    started_at: '2026-03-01T10:10:00.000Z',
    region_outcomes: { 'eu-west-1': 'complete', 'us-east-1': 'complete' },
  })
  await recordRuns(again)
  expect((await readLatestJobs(stage.polo.clickhouse)).map((job) => job.run_id)).toEqual([again.run_id])
})

test('a later attempt that came to no region stands for the whole job', async () => {
  const slot = '2026-03-01T10:15:00.000Z'
  const whole = finalRecord([], {
    slot,
    started_at: '2026-03-01T10:15:02.000Z',
    region_outcomes: { 'eu-west-1': 'complete', 'us-east-1': 'complete' },
  })
  const refused = finalRecord([], {
    slot,
    status: 'denied',
    started_at: '2026-03-01T10:20:00.000Z',
    region_outcomes: {},
  })
  await recordRuns(whole, refused)
  expect((await readLatestJobs(stage.polo.clickhouse)).map((job) => job.run_id)).toEqual([refused.run_id])
  expect(
    await stage.polo.select(`SELECT run_id FROM collector_jobs WHERE slot = '${slot.slice(0, 19)}'`),
  ).toEqual([{ run_id: refused.run_id }])
})

test('an attempt that came to no region does not stand for a job that was made up for since', async () => {
  const slot = '2026-03-01T10:15:00.000Z'
  const regions = { 'eu-west-1': 'complete', 'us-east-1': 'complete' } as const
  const refused = { slot, status: 'denied', region_outcomes: {} } as const
  const first = finalRecord([], { ...refused, started_at: '2026-03-01T10:15:02.000Z' })
  const whole = finalRecord([], { slot, started_at: '2026-03-01T10:20:00.000Z', region_outcomes: regions })
  const narrow = finalRecord([], {
    slot,
    started_at: '2026-03-01T10:18:00.000Z',
    region_outcomes: { 'us-east-1': 'complete' },
    asked_regions: ['us-east-1'],
  })
  const latest = async () => [
    (await readLatestJobs(stage.polo.clickhouse)).map((job) => job.run_id),
    (await stage.polo.select('SELECT run_id FROM collector_jobs')).map((job) => job.run_id),
  ]
  await recordRuns(first, narrow)
  expect(await latest()).toEqual([[first.run_id], [first.run_id]])
  await recordRuns(whole)
  expect(await latest()).toEqual([[whole.run_id], [whole.run_id]])
})

test('the latest jobs are those of each collector and account by itself, however far apart their slots', async () => {
  const old = finalRecord([block()], { slot: '2025-01-01T00:00:00.000Z', aws_account_id: '444455556666' })
  const newest = finalRecord([block()], { slot: '2026-03-01T10:15:00.000Z' })
  const before = finalRecord([block()], { slot: '2026-03-01T10:00:00.000Z' })
  await recordRuns(old, newest, before)
  const jobs = await readLatestJobs(stage.polo.clickhouse)
  expect(new Set(jobs.map((job) => job.run_id))).toEqual(new Set([old.run_id, newest.run_id]))
})

test('there are no latest jobs before anything was collected', async () => {
  expect(await readLatestJobs(stage.polo.clickhouse)).toEqual([])
})

test('a job has everything that its run reported', async () => {
  const run = finalRecord([], {
    status: 'partial',
    rejected: 2,
    errors: ['us-east-1: denied'],
    region_outcomes: { 'eu-west-1': 'complete', 'us-east-1': 'denied' },
    region_errors: { 'us-east-1': 'denied' },
    region_events: { 'eu-west-1': 3 },
    api_calls: { 'ec2:DescribeVolumes': 4 },
    api_cost_usd: 0.04,
    notes: ['eu-west-1: looks every 30 min'],
  })
  await recordRuns(run)
  expect(await readLatestJobs(stage.polo.clickhouse)).toEqual([
    {
      run_id: run.run_id,
      collector: 'config_ebs',
      aws_account_id: '111122223333',
      slot: String(run.slot).replace('T', ' ').replace('Z', ''),
      outcome: 'partial',
      reconciliation: 'reconciled',
      published_rows: 0,
      stored_rows: 0,
      dead_rows: 0,
      missing_blocks: [],
      block_count: 0,
      rejected: 2,
      region_outcomes: { 'eu-west-1': 'complete', 'us-east-1': 'denied' },
      region_errors: { 'us-east-1': 'denied' },
      region_events: { 'eu-west-1': 3 },
      api_calls: { 'ec2:DescribeVolumes': 4 },
      api_cost_usd: 0.04,
      errors: ['us-east-1: denied'],
      notes: ['eu-west-1: looks every 30 min'],
      started_at: '2026-03-01 10:00:02.000',
    },
  ])
})

test('tells at once that the database is away, while it waits', async () => {
  const away = connectClickHouse({ url: 'http://127.0.0.1:1', database: 'polo' })
  const told: (string | undefined)[] = []
  const onProgress = (_: number, why: string | undefined) => told.push(why)
  const waiting = awaitReconciliation(away, [blockId()], { ...IMPATIENT, onProgress })
  await expect(waiting).rejects.toThrow(ReconciliationTimeoutError)
  expect(told[0]).toMatch(/^ClickHouse does not answer: .*[^.]\. What was published waits/)
  await away.close()
})
