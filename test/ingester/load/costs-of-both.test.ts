import { deterministicId } from '@polo/core'
import { describe, expect, it } from 'vitest'
import { bodiesOfCostLook } from '../cost-look.ts'
import { batch, eventRow, record } from '../factories.ts'
import { fileLoad, loadFiles, useCurLoads, writeCsv } from './cur-loads.ts'

const PAYER = '999999999999'
const WEB = '111111111111'
const DATA = '222222222222'

const stage = useCurLoads({
  tables: ['resource_events', 'cost_coverage', 'collector_runs', 'ingest_ledger'],
})

type Amounts = readonly (readonly [account: string, day: string, amount: string])[]

/** What Cost Explorer says of days, as a whole look that is stored. */
async function exploreCosts(...lines: Amounts): Promise<void> {
  await exploreCostsOf(PAYER, lines)
}

async function exploreCostsOf(payer: string, lines: Amounts): Promise<void> {
  const observed_at = new Date(Date.UTC(2026, 3, 10)).toISOString()
  const events = lines.map(([account, day, amount]) =>
    eventRow('cost', {
      event_id: deterministicId('cost', payer, account, day),
      event_time: `${day}T00:00:00.000Z`,
      collector: 'cost_explorer',
      aws_account_id: account,
      aws_region: '',
      resource_arn: '',
      resource_type: 'aws:service',
      resource_id: 'Amazon EC2',
      event_type: 'cost',
      value: Number(amount),
      unit: 'USD',
      properties: { unblended_cost: amount, charge_type: 'usage', payer_account: payer },
      observed_at,
    }),
  )
  const days = [...new Set(lines.map(([, day]) => day))]
  const look = await bodiesOfCostLook({ payer, observedAt: observed_at, events, days })
  const bodies = [...look.blocks, look.record]
  await stage.polo.ingest(
    batch(...bodies.map((body) => record(body, { sender: 'AROACONTROL:cost_explorer' }))),
  )
}

/** What a report says, as a directory of its own. */
async function report(name: string, ...lines: Amounts): Promise<void> {
  await reportOf(PAYER, name, lines)
}

async function reportOf(payer: string, name: string, lines: Amounts): Promise<void> {
  await writeCsv(stage.directory, `${name}/x.csv`, [
    'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost,bill/PayerAccountId',
    ...lines.map(([account, day, amount]) => `${day}T00:00:00Z,${account},${amount},${payer}`),
  ])
}

const load = (name: string) => loadFiles(stage.polo, [fileLoad(stage.directory, `${name}/`)])

/** Billed by account, month and source. */
function bill() {
  return stage.polo.select(
    `SELECT aws_account_id AS account, formatDateTime(billing_period, '%Y-%m') AS month, source, toString(sum(unblended_cost)) AS cost
     FROM costs GROUP BY account, billing_period, source ORDER BY account, month, source`,
  )
}

it('counts a period once where both sources tell of it, and the rest from Cost Explorer', async () => {
  await exploreCosts(
    [WEB, '2026-02-10', '1.1'],
    [WEB, '2026-03-01', '5'],
    [WEB, '2026-03-02', '6'],
    [DATA, '2026-03-01', '7'],
  )
  await report('march', [WEB, '2026-03-01', '5.01'], [WEB, '2026-03-02', '6.02'])
  await load('march')

  expect(await bill()).toEqual([
    { account: WEB, month: '2026-02', source: 'cost_explorer', cost: '1.1' },
    { account: WEB, month: '2026-03', source: 'cost_cur', cost: '11.03' },
    { account: DATA, month: '2026-03', source: 'cost_explorer', cost: '7' },
  ])
})

it('takes a period over in the moment that it is loaded, and follows its restatements', async () => {
  await exploreCosts([WEB, '2026-03-01', '5'])
  expect(await bill()).toMatchObject([{ source: 'cost_explorer', cost: '5' }])
  await report('first', [WEB, '2026-03-01', '5.01'])
  await load('first')
  expect(await bill()).toMatchObject([{ source: 'cost_cur', cost: '5.01' }])
  await report('restated', [WEB, '2026-03-01', '4.5'], [DATA, '2026-03-01', '1'])
  await load('restated')
  expect(await bill()).toEqual([
    { account: WEB, month: '2026-03', source: 'cost_cur', cost: '4.5' },
    { account: DATA, month: '2026-03', source: 'cost_cur', cost: '1' },
  ])
})

it('goes back to Cost Explorer where a period is loaded no more', async () => {
  await exploreCosts([WEB, '2026-03-01', '5'])
  await report('march', [WEB, '2026-03-01', '5.01'])
  await load('march')
  await stage.polo.clickhouse.command({
    query: "ALTER TABLE cost_line_items DROP PARTITION ('one', '2026-03-01')",
  })
  expect(await bill()).toEqual([{ account: WEB, month: '2026-03', source: 'cost_explorer', cost: '5' }])
})

it('says the same of each account as its lines, on every day', async () => {
  await exploreCosts([WEB, '2026-02-10', '1.1'])
  await report(
    'march',
    [WEB, '2026-03-01', '1.000000000000001'],
    [WEB, '2026-03-01', '2'],
    [WEB, '2026-03-31', '0.1'],
  )
  await load('march')
  expect(
    await stage.polo.select(
      'SELECT toString(usage_date) AS day, toString(sum(unblended_cost)) AS cost, toTypeName(any(unblended_cost)) AS type FROM costs GROUP BY day ORDER BY day',
    ),
  ).toEqual([
    { day: '2026-02-10', cost: '1.1', type: 'Decimal(38, 18)' },
    { day: '2026-03-01', cost: '3.000000000000001', type: 'Decimal(38, 18)' },
    { day: '2026-03-31', cost: '0.1', type: 'Decimal(38, 18)' },
  ])
})

it('adds what Cost Explorer says of another payer, to whom an account moved within the month', async () => {
  await exploreCostsOf('888888888888', [[WEB, '2026-03-20', '5']])
  await report('march', [WEB, '2026-03-01', '3'])
  await load('march')
  expect(await bill()).toEqual([
    { account: WEB, month: '2026-03', source: 'cost_cur', cost: '3' },
    { account: WEB, month: '2026-03', source: 'cost_explorer', cost: '5' },
  ])
})

it('counts once what a member was asked by itself, and what an export says without naming a payer', async () => {
  await exploreCostsOf(WEB, [[WEB, '2026-03-20', '5']])
  await exploreCosts([DATA, '2026-03-20', '6'])
  await report('march', [WEB, '2026-03-01', '3'])
  await load('march')
  await reportOf('', 'nobodys', [[DATA, '2026-03-01', '4']])
  await loadFiles(stage.polo, [fileLoad(stage.directory, 'nobodys/', { source: 'two' })])
  expect(await bill()).toEqual([
    { account: WEB, month: '2026-03', source: 'cost_cur', cost: '3' },
    { account: DATA, month: '2026-03', source: 'cost_cur', cost: '4' },
  ])
})

it('asks no line who tells of what, however many there are', async () => {
  await report('march', [WEB, '2026-03-01', '5.01'], [DATA, '2026-03-02', '6.02'])
  await load('march')
  await load('march')

  const plan = await stage.polo.select('EXPLAIN SELECT count() FROM counted_exports')
  const text = plan.map(({ explain }) => String(explain)).join('\n')
  expect(text).toContain('ReadFromMergeTree (told)')
  expect(text).not.toContain('ReadFromMergeTree (polo.cost_line_items)')
  expect(await stage.polo.select('SELECT aws_account_id FROM counted_exports ORDER BY 1')).toEqual([
    { aws_account_id: WEB },
    { aws_account_id: DATA },
  ])
})

describe('an export that is delivered no more', () => {
  const HOURLY = ['2026-03-10T23:00:00Z', '2026-03-11T00:00:00Z', 'Usage'] as const
  const FEE = ['2026-03-01T00:00:00Z', '2026-03-31T23:59:59Z', 'RIFee'] as const

  /** Of lines that say when they end, and what they are. */
  async function exportLines(...lines: readonly (readonly [start: string, end: string, type: string])[]) {
    await writeCsv(stage.directory, 'march/x.csv', [
      'lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/LineItemType,lineItem/UsageAccountId,lineItem/UnblendedCost,bill/PayerAccountId',
      ...lines.map(([start, end, type]) => `${start},${end},${type},${WEB},1,${PAYER}`),
    ])
    await load('march')
  }

  const explored: Amounts = [
    [WEB, '2026-03-01', '5'],
    [WEB, '2026-03-10', '6'],
    [WEB, '2026-03-11', '7'],
    [WEB, '2026-03-31', '8'],
    [DATA, '2026-03-11', '9'],
  ]
  const days = () =>
    stage.polo.select(
      `SELECT toString(usage_date) AS day, toString(sum(unblended_cost)) AS cost
       FROM costs WHERE aws_account_id = '${WEB}' GROUP BY day ORDER BY day`,
    )

  it('counts up to the last day that it tells of, and Cost Explorer after it', async () => {
    await exploreCosts(...explored)
    await exportLines(HOURLY, FEE)

    expect(await days()).toEqual([
      { day: '2026-03-01', cost: '1' },
      { day: '2026-03-10', cost: '1' },
      { day: '2026-03-11', cost: '7' },
      { day: '2026-03-31', cost: '8' },
    ])
  })

  it.each([
    ['that are of the whole month', ['2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z', 'Usage'] as const],
    ['that do not say when they end', ['2026-03-01T00:00:00Z', '', 'Usage'] as const],
    ['of another day, be it no usage', ['2026-03-31T00:00:00Z', '2026-03-31T00:00:00Z', 'Refund'] as const],
  ])('counts for the whole month by lines %s', async (_, line) => {
    await exploreCosts(...explored)
    await exportLines(HOURLY, line)

    const rows = await days()
    expect(rows.reduce((sum, { cost }) => sum + Number(cost), 0)).toBe(2)
  })
})
