import { readSpend } from '@polo/ingester'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { finalRecord, insertRows } from './reconciliation-rows.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})
beforeEach(() => polo.clickhouse.command({ query: 'TRUNCATE TABLE collector_runs' }).then(() => {}))

/** A run that started then. */
function run(started_at: string, api_cost_usd: number, collector = 'metrics') {
  return finalRecord([], { collector, slot: started_at, started_at, finished_at: started_at, api_cost_usd })
}

it('tells each collector’s spending of the month, and projects it by its rate of the last week', async () => {
  const now = new Date('2026-04-11T00:00:00.000Z')
  const twice = run('2026-04-05T00:00:00.000Z', 6)
  await insertRows(polo.clickhouse, 'collector_runs', [
    run('2026-03-28T00:00:00.000Z', 100),
    run('2026-04-01T00:00:00.000Z', 10),
    twice,
    run('2026-04-09T00:00:00.000Z', 6),
    run('2026-04-10T12:00:00.000Z', 0.5, 'cost_explorer'),
    run('2026-04-10T12:00:00.000Z', 0, 'config_ec2'),
  ])
  await insertRows(polo.clickhouse, 'collector_runs', [twice])

  const spend = await readSpend(polo.clickhouse, now, {})

  expect(spend).toEqual({
    month: '2026-04',
    spent_usd: 22.5,
    projected_usd: expect.closeTo(22 + (12 / 7) * 20 + 0.5 + 0.5 * 20, 5),
    collectors: [
      { collector: 'cost_explorer', spent_usd: 0.5, projected_usd: expect.closeTo(0.5 + 0.5 * 20, 5) },
      { collector: 'metrics', spent_usd: 22, projected_usd: expect.closeTo(22 + (12 / 7) * 20, 5) },
    ],
  })
})

it('takes the rate of the last days of the month before in the first hours of a month', async () => {
  await insertRows(polo.clickhouse, 'collector_runs', [
    run('2026-03-29T00:00:00.000Z', 3),
    run('2026-03-31T00:00:00.000Z', 3),
  ])

  const { month, spent_usd, projected_usd } = await readSpend(
    polo.clickhouse,
    new Date('2026-04-01T00:00:00.000Z'),
    {},
  )

  expect({ month, spent_usd }).toEqual({ month: '2026-04', spent_usd: 0 })
  expect(projected_usd).toBeCloseTo((6 / 4) * 30, 5)
})

it.each([1, 2, 3, 6])(
  'takes %i daily runs, of which the first is the first of all, for so many days',
  async (runs) => {
    const days = Array.from({ length: runs }, (_, day) => `2026-04-0${day + 1}T05:30:00.000Z`)
    await insertRows(
      polo.clickhouse,
      'collector_runs',
      days.map((day) => run(day, 0.1, 'cost_explorer')),
    )
    const now = new Date(`2026-04-0${runs}T12:00:00.000Z`)

    const { projected_usd } = await readSpend(polo.clickhouse, now, {})

    expect(projected_usd).toBeCloseTo(0.1 * runs + 0.1 * (30.5 - runs), 5)
  },
)

it('takes runs of many accounts at one time, the first of all, for a day', async () => {
  const accounts = Array.from({ length: 20 }, () => run('2026-04-01T00:00:00.000Z', 0.05))
  await insertRows(polo.clickhouse, 'collector_runs', accounts)

  const { projected_usd } = await readSpend(polo.clickhouse, new Date('2026-04-01T00:01:00.000Z'), {})

  expect(projected_usd).toBeCloseTo(1 + 30, 2)
})

it('projects no more than a budget, to which a collector keeps, unless that is spent already', async () => {
  await insertRows(polo.clickhouse, 'collector_runs', [
    run('2026-04-01T00:00:00.000Z', 3, 'cost_explorer'),
    run('2026-04-01T00:00:00.000Z', 40, 'metrics'),
  ])
  const budgets = { cost_explorer: 10, metrics: 35, savings_plans: 5 }

  const { projected_usd, collectors } = await readSpend(
    polo.clickhouse,
    new Date('2026-04-01T01:00:00.000Z'),
    budgets,
  )

  expect(collectors).toEqual([
    { collector: 'cost_explorer', spent_usd: 3, projected_usd: 10 },
    { collector: 'metrics', spent_usd: 40, projected_usd: 40 },
  ])
  expect(projected_usd).toBe(50)
})

it('is nothing where nothing was paid for', async () => {
  expect(await readSpend(polo.clickhouse, new Date('2026-12-31T23:59:59.000Z'), {})).toEqual({
    month: '2026-12',
    spent_usd: 0,
    projected_usd: 0,
    collectors: [],
  })
})
