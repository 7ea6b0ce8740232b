import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fileLoad, loadFiles, useCurLoads, writeCsv } from './cur-loads.ts'

const stage = useCurLoads()

const loadAll = () => loadFiles(stage.polo, [fileLoad(stage.directory, './')])
const START = 'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost,identity/LineItemId'
const csv = (name: string, columns: string, ...lines: readonly string[]) =>
  writeCsv(stage.directory, name, [
    `${START}${columns}`,
    ...lines.map((line) => `2025-01-01T00:00:00Z,111122223333,${line}`),
  ])

async function parquet(name: string, columns: string): Promise<void> {
  await stage.polo.clickhouse.command({
    query: `INSERT INTO FUNCTION file('${join(stage.directory, name)}', 'Parquet') SELECT
      toDateTime64('2025-01-01 00:00:00', 3, 'UTC') AS line_item_usage_start_date, '111122223333' AS line_item_usage_account_id, ${columns}`,
  })
}

it.each([
  ['first', 'a', 'b'],
  ['last', 'b', 'a'],
])('keeps columns of CSV that only one of the files has, which comes %s', async (_, more, fewer) => {
  await csv(`${more}.csv`, ',brand/New,resourceTags/user:team,lineItem/NetUnblendedCost', '3,1,x,search,2')
  await csv(`${fewer}.csv`, ',other/One', '4,2,y')
  expect(await loadAll()).toMatchObject([{ status: 'loaded', error: '', files: 2, rows: 2 }])
  expect(
    await stage.polo.select(
      'SELECT tags, toString(net_unblended_cost) AS net, marqo_customer AS customer, properties FROM cost_line_items ORDER BY line_item_id',
    ),
  ).toEqual([
    { tags: { team: 'search' }, net: '2', customer: 'search', properties: { brand_new: 'x' } },
    { tags: {}, net: '4', customer: '', properties: { other_one: 'y' } },
  ])
})

it('keeps columns of Parquet that only one of the files has, and each digit whatever the types of the others', async () => {
  await parquet('a.parquet', "toDecimal64(0.25, 2) AS line_item_unblended_cost, '1' AS identity_line_item_id")
  await parquet(
    'b.parquet',
    "0.0000001::Float64 AS line_item_unblended_cost, '2' AS identity_line_item_id, map('user_team', 'search') AS resource_tags, 7 AS new_one",
  )
  await parquet(
    'c.parquet',
    "'0.000000000000000001' AS line_item_unblended_cost, '3' AS identity_line_item_id, '{\"user_team\":\"data\"}' AS resource_tags, 'seven' AS new_one",
  )
  expect(await loadAll()).toMatchObject([
    { status: 'loaded', error: '', files: 3, rows: 3, sums: { unblended_cost: '0.250000100000000001' } },
  ])
  expect(
    await stage.polo.select(
      'SELECT toString(unblended_cost) AS cost, tags, properties FROM cost_line_items ORDER BY line_item_id',
    ),
  ).toEqual([
    { cost: '0.25', tags: {}, properties: {} },
    { cost: '0.0000001', tags: { team: 'search' }, properties: { new_one: '7' } },
    { cost: '0.000000000000000001', tags: { team: 'data' }, properties: { new_one: 'seven' } },
  ])
})

it('takes commitments as billed where one of the files lacks a column, or money would count twice', async () => {
  const plan = ',lineItem/LineItemType,savingsPlan/SavingsPlanEffectiveCost,savingsPlan/TotalCommitmentToDate'
  await csv(
    'a.csv',
    `${plan},savingsPlan/UsedCommitment`,
    '8,1,SavingsPlanCoveredUsage,5,,',
    '6,2,SavingsPlanRecurringFee,,6,5',
  )
  await csv('b.csv', plan, '-8,3,SavingsPlanNegation,,')
  expect(await loadAll()).toMatchObject([
    {
      status: 'loaded',
      sums: { unblended_cost: '6', amortized_cost: '6' },
      details: { amortized_cost: 'Savings Plans as billed: the files lack savings_plan_used_commitment' },
    },
  ])
})

const MANIFEST = 'metadata/BILLING_PERIOD=2025-01/org-Manifest.json'

async function loadDays(...days: readonly string[]) {
  await writeCsv(stage.directory, MANIFEST, [JSON.stringify({ dataFiles: ['a.csv'] })])
  await writeCsv(stage.directory, 'a.csv', [START, ...days.map((day) => `${day}T00:00:00Z,111122223333,1,1`)])
  return await loadFiles(stage.polo, [fileLoad(stage.directory, MANIFEST)])
}

it('takes what is billed later than it was used for the period of the manifest, where no column tells it', async () => {
  expect(await loadDays('2024-12-28', '2025-01-05')).toMatchObject([
    { status: 'loaded', error: '', details: { billing_periods: '2025-01' } },
  ])
  expect(
    await stage.polo.select(
      'SELECT toString(billing_period) AS period, toString(toDate(usage_start)) AS day FROM cost_line_items ORDER BY day',
    ),
  ).toEqual([
    { period: '2025-01-01', day: '2024-12-28' },
    { period: '2025-01-01', day: '2025-01-05' },
  ])
})

it.each([
  ['earlier', ['2024-12-28', '2024-12-29'], '2024-12'],
  ['later', ['2025-01-05', '2025-02-01'], '2025-02'],
])(
  'refuses files of another month than the manifest, where no column tells it: %s',
  async (_, days, month) => {
    expect(await loadDays(...days)).toMatchObject([
      { status: 'given_up', error: `the manifest is of 2025-01 and there are lines of ${month}` },
    ])
  },
)

it('refuses a report and a FOCUS export in one place: they tell of the same money', async () => {
  await csv('a.csv', '', '3,1')
  await writeCsv(stage.directory, 'b.csv', [
    'ChargePeriodStart,SubAccountId,BilledCost',
    '2025-01-01 00:00:00,111122223333,3',
  ])
  expect(await loadAll()).toMatchObject([
    {
      status: 'given_up',
      error:
        'a.csv is of a Cost and Usage Report and b.csv of a FOCUS export: load them as two exports, each with its own name',
    },
  ])
})

it.each([
  ["it's", '\\', '`', '"'],
  ['a?b', '{x,y}', '*', '{name:String}'],
  ['_path', '_row_number', 'billing_period', 'export_name'],
  ['aws_account_id', 'line_item_id', 'tags', 'properties'],
])('takes columns of any name for what they are: %s %s %s %s', async (...names) => {
  const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`)
  await csv('a.csv', `,${quoted.join(',')}`, '3,1,a,b,c,d')
  expect(await loadAll()).toMatchObject([{ status: 'loaded', error: '', rows: 1 }])
  const [row] = await stage.polo.select(
    'SELECT export_name, aws_account_id, toString(billing_period) AS period, tags, properties FROM cost_line_items',
  )
  expect(row).toEqual({
    export_name: 'one',
    aws_account_id: '111122223333',
    period: '2025-01-01',
    tags: {},
    properties: Object.fromEntries(names.map((name, index) => [name, 'abcd'[index]])),
  })
})
