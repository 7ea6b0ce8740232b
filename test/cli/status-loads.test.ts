import { dismissLoads, readLoads, requeueLoads } from '@polo/ingester'
import { expect, test } from 'vitest'
import { findAllDismissable } from '../../packages/cli/src/commands/loads/dismiss.ts'
import { areLoadsFine, readLoadsState } from '../../packages/cli/src/status/read-loads.ts'
import { renderLoadsState } from '../../packages/cli/src/status/render-loads-state.ts'
import { renderStatus } from '../../packages/cli/src/status/render-status.ts'
import { toStatusReport } from '../../packages/cli/src/status/status-report.ts'
import { readLoadsGivenUp } from '../../packages/functions/src/monitor/read-row-counts.ts'
import { loadRow, type Row } from '../ingester/factories.ts'
import { usePipeline } from '../ingester/use-pipeline.ts'
import { NO_LOADS, NOW, statusFacts } from './status-facts.ts'

const stage = usePipeline({ empty: ['bulk_loads', 'bulk_load_results'] })

const OPTIONS = { all: false }

async function insertRows(table: string, row: Row): Promise<void> {
  const clickhouse_settings = { date_time_input_format: 'best_effort' } as const
  await stage.polo.clickhouse.insert({ table, values: [row], format: 'JSONEachRow', clickhouse_settings })
}

/** Requests are forgotten after 400 days: those of a day are asked for in the month before this one. */
function askedAt(day: number): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, day)).toISOString()
}

/** A request for `target`, written on a day of March, and how its only attempt ended. */
async function load(target: string, day: number, result?: Row): Promise<void> {
  const time = new Date(Date.UTC(2026, 2, day)).toISOString()
  const observed_at = askedAt(day)
  const row = loadRow({ target, key: `exports/${target}/${day}`, modified_at: time, observed_at })
  await insertRows('bulk_loads', { ...row })
  if (!result) return
  const recorded_at = time
  const attempt = { load_id: row.load_id, attempt: 1, loader: 'test', started_at: time, recorded_at }
  await insertRows('bulk_load_results', { ...attempt, ...result })
}

test('counts what waits, what is under way and what failed, and names the reasons', async () => {
  await load('a', 3)
  await load('b', 2)
  await load('c', 1, { status: 'loading', lease_until: '2099-01-01T00:00:00.000Z' })
  await load('d', 1, { status: 'failed', error: 'a file is missing', retry_at: '2026-03-01T10:05:00.000Z' })
  await load('e', 1, { status: 'given_up', error: 'no column of costs' })
  await load('f', 1, { status: 'loaded', rows: 5 })

  const state = await readLoadsState(stage.polo.clickhouse)

  expect(state).toMatchObject({
    pending: 2,
    oldest_pending_at: askedAt(2),
    loading: 1,
    failed: 1,
    given_up: 1,
  })
  expect(renderLoadsState(state, OPTIONS)).toEqual([
    `Loads: 2 pending since ${askedAt(2).slice(0, 10)} 00:00, 1 under way, 1 failed, 1 given up (polo loads ls).`,
    '! cost_cur d failed, next try 2026-03-01 10:05: a file is missing',
    '! cost_cur e given up: no column of costs',
  ])
})

test('counts what was under way in a loader that was killed among what waits', async () => {
  await load('a', 3, { status: 'loading', lease_until: '2026-03-03T00:02:00.000Z' })
  const state = await readLoadsState(stage.polo.clickhouse)
  expect(state).toMatchObject({ pending: 1, oldest_pending_at: askedAt(3), loading: 0 })
  expect(areLoadsFine(state, new Date())).toBe(false)
  expect(await readLoads(stage.polo.clickhouse, { statuses: ['loading'] })).toEqual([])
  expect(await readLoads(stage.polo.clickhouse, { statuses: ['pending'] })).toMatchObject([
    { status: 'pending' },
  ])
})

test('takes what was loaded later in its place for the end of what was given up', async () => {
  await load('a', 1, { status: 'given_up', error: 'no' })
  expect(await readLoadsGivenUp(stage.polo.clickhouse)).toBe(1)
  await load('a', 2, { status: 'loaded' })
  await load('b', 1, { status: 'loaded' })

  expect(await readLoadsState(stage.polo.clickhouse)).toMatchObject({ given_up: 0 })
  expect(await readLoadsGivenUp(stage.polo.clickhouse)).toBe(0)
})

test('takes what was loaded since for the end of a try that failed or broke off, and names it no more', async () => {
  await load('a', 1, { status: 'failed', error: 'aborted', retry_at: '2099-01-01T00:00:00.000Z' })
  await load('a', 2, { status: 'loading', lease_until: '2026-03-02T00:05:00.000Z' })
  await load('a', 3, { status: 'loaded', rows: 5 })
  await load('b', 1, { status: 'given_up', error: 'no column of costs' })
  await load('b', 2, { status: 'loaded', rows: 5 })

  const state = await readLoadsState(stage.polo.clickhouse)

  expect(state).toMatchObject({ pending: 0, loading: 0, failed: 0, given_up: 0, problems: [] })
  const statuses = ['pending', 'loading', 'failed', 'given_up'] as const
  expect(await readLoads(stage.polo.clickhouse, { statuses, isWanted: true })).toEqual([])
  expect(await readLoads(stage.polo.clickhouse, { statuses })).toHaveLength(3)
})

test('says nothing of what was given up once an operator dismisses it, until it is asked for again', async () => {
  await load('a', 1, { status: 'given_up', error: 'the object is gone' })
  await load('b', 1, { status: 'given_up', error: 'no' })
  const [a] = (await readLoads(stage.polo.clickhouse)).filter(({ target }) => target === 'a')
  const named = { ids: [a?.load_id ?? ''] }

  await dismissLoads(stage.polo.clickhouse, await readLoads(stage.polo.clickhouse, named))
  expect(await readLoadsGivenUp(stage.polo.clickhouse)).toBe(1)
  expect(await readLoadsState(stage.polo.clickhouse)).toMatchObject({
    given_up: 1,
    problems: [{ target: 'b' }],
  })
  const [dismissed] = await readLoads(stage.polo.clickhouse, named)
  expect(dismissed).toMatchObject({
    status: 'superseded',
    error: 'dismissed by an operator: the object is gone',
  })

  await requeueLoads(stage.polo.clickhouse, await readLoads(stage.polo.clickhouse, named))
  expect(await readLoadsState(stage.polo.clickhouse)).toMatchObject({ pending: 1, given_up: 1 })
})

test('finds what failed to be dismissed, however much waits', async () => {
  await load('a', 1, { status: 'given_up', error: 'the object is gone' })
  await load('b', 1)
  const waiting = Array.from({ length: 10_000 }, (_, n) =>
    loadRow({ target: `t${n}`, key: `exports/${n}`, modified_at: askedAt(2), observed_at: askedAt(2) }),
  )
  await stage.polo.clickhouse.insert({
    table: 'bulk_loads',
    values: waiting,
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  expect(await findAllDismissable(stage.polo.clickhouse)).toMatchObject([{ target: 'a' }])
})

test('says nothing where nothing waits', async () => {
  const state = await readLoadsState(stage.polo.clickhouse)
  expect(state).toEqual(NO_LOADS)
  expect(renderLoadsState(state, OPTIONS)).toEqual([])
  expect(areLoadsFine(state, NOW)).toBe(true)
})

const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString()
test.each([
  ['some are given up', { given_up: 1 }, false],
  ['some failed', { failed: 1 }, false],
  ['some have waited for an hour', { pending: 1, oldest_pending_at: ago(60) }, false],
  ['some were asked for just now', { pending: 9, oldest_pending_at: ago(1) }, true],
  ['some are under way', { loading: 1 }, true],
])('status is green or not when %s', (_, loads, green) => {
  expect(toStatusReport(statusFacts({ loads: { ...NO_LOADS, ...loads } })).green).toBe(green)
})

test('finds a load by the beginning of its id', async () => {
  await load('a', 1)
  await load('b', 1)
  const [first, second] = await readLoads(stage.polo.clickhouse)
  const prefix = first?.load_id.slice(0, 12).toUpperCase() ?? ''
  expect(await readLoads(stage.polo.clickhouse, { prefixes: [prefix] })).toEqual([first])
  expect(second).toBeDefined()
})

test('is green where nothing but loads was ever asked for, and all of them are loaded', async () => {
  const report = async () =>
    toStatusReport(
      statusFacts({ latest: [], accounts: [], loads: await readLoadsState(stage.polo.clickhouse) }),
    )
  expect(renderStatus(await report(), OPTIONS)).toContain('Nothing was collected yet.')
  await load('a', 1, { status: 'loaded', rows: 5 })
  expect(await report()).toMatchObject({ green: true, loads: { any_loaded: true } })
  expect(renderStatus(await report(), OPTIONS)).toContain('No collector has run yet; files were loaded')
  await load('b', 1, { status: 'given_up', error: 'no column of costs' })
  expect(await report()).toMatchObject({ green: false })
})
