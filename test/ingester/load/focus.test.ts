import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FIXTURES, fileLoad, type Line, loadFiles, useCurLoads, writeLines } from './cur-loads.ts'

const stage = useCurLoads()
const load = () => loadFiles(stage.polo, [fileLoad(stage.directory, './')])

const FOCUS: Line = {
  ChargePeriodStart: '2025-01-01 00:00:00',
  SubAccountId: '111122223333',
  ChargeCategory: 'Usage',
  BilledCost: '1',
}

it('says of which other providers lines are, and keeps it of each', async () => {
  expect(await loadFiles(stage.polo, [fileLoad(join(FIXTURES, 'focus-sample'), './')])).toMatchObject([
    { status: 'loaded', details: { other_providers: 'Microsoft,Oracle' } },
  ])
  expect(
    await stage.polo.select(
      `SELECT properties['providername'] AS provider, count() AS lines FROM cost_line_items
       WHERE provider != 'AWS' GROUP BY ALL ORDER BY ALL`,
    ),
  ).toEqual([
    { provider: 'Microsoft', lines: 29 },
    { provider: 'Oracle', lines: 3 },
  ])
})

it.each([
  ['ProviderName', 'AWS', undefined],
  ['ProviderName', '', undefined],
  ['ServiceProviderName', 'Google Cloud', 'Google Cloud'],
])('tells no provider but others than AWS: %s %s', async (column, provider, told) => {
  await writeLines(stage.directory, 'x.csv', [{ ...FOCUS, [column]: provider }])
  const [loaded] = await load()
  expect(loaded).toMatchObject({ status: 'loaded', error: '' })
  expect(loaded?.details).toEqual({
    billing_periods: '2025-01',
    bytes: expect.any(String),
    ...(told === undefined ? {} : { other_providers: told }),
  })
})

it('takes the priced quantity, with its unit, where nothing was consumed', async () => {
  const quantities = { PricingQuantity: '744', PricingUnit: 'Hrs' }
  await writeLines(stage.directory, 'x.csv', [
    { ...FOCUS, Id: '1', ConsumedQuantity: '3600', ConsumedUnit: 'Seconds', ...quantities },
    {
      ...FOCUS,
      Id: '2',
      ChargeCategory: 'Purchase',
      ConsumedQuantity: 'NULL',
      ConsumedUnit: 'NULL',
      ...quantities,
    },
    { ...FOCUS, Id: '3', ChargeCategory: 'Tax' },
    { ...FOCUS, Id: '4', ConsumedQuantity: '0', ConsumedUnit: 'Seconds', ...quantities },
  ])
  expect(await load()).toMatchObject([{ status: 'loaded', error: '' }])
  expect(
    await stage.polo.select(
      'SELECT usage_amount AS amount, usage_unit AS unit FROM cost_line_items ORDER BY line_item_id',
    ),
  ).toEqual([
    { amount: 3600, unit: 'Seconds' },
    { amount: 744, unit: 'Hrs' },
    { amount: 0, unit: '' },
    { amount: 0, unit: 'Seconds' },
  ])
})

/** As FOCUS 1.2 with AWS columns has them: no column of usage types nor of cost categories, and keys of tags that AWS has rewritten. */
const AWS_1_2 = {
  SkuMeter: "'EUW1-BoxUsage:t3.small'",
  x_Operation: "'RunInstances'",
  Tags: "map('user_team', 'search', 'aws_created_by', 'root', 'accountTag/team', 'c', 'costCategory/unit', 'data', 'user_none', '')",
  SkuPriceDetails: "map('InstanceType', 't3.small', 'CoreCount', '2')",
  x_Discounts: "map('EdpDiscount', '-0.5')",
}

it.each([
  ['Parquet', (sql: string) => sql],
  ['CSV', (sql: string) => (sql.startsWith('map') ? `toJSONString(${sql})` : sql)],
])('reads what FOCUS 1.2 tells of AWS: usage types, tags, cost categories (%s)', async (format, written) => {
  const columns = { ...AWS_1_2, ProviderName: "'AWS'" }
  await writeFile(
    format,
    Object.entries(columns).map(([name, sql]) => `${written(sql)} AS ${name}`),
  )
  expect(await load()).toMatchObject([{ status: 'loaded', error: '' }])
  expect(
    await stage.polo.select(
      'SELECT usage_type, operation, tags, cost_categories, marqo_customer AS customer, properties FROM cost_line_items',
    ),
  ).toEqual([
    {
      usage_type: 'EUW1-BoxUsage:t3.small',
      operation: 'RunInstances',
      tags: { team: 'search', aws_created_by: 'root', 'accountTag/team': 'c' },
      cost_categories: { unit: 'data' },
      customer: 'search',
      properties: {
        providername: 'AWS',
        skupricedetails_InstanceType: 't3.small',
        skupricedetails_CoreCount: '2',
        x_discounts_EdpDiscount: '-0.5',
      },
    },
  ])
})

it('reads cost categories and usage types of FOCUS 1.0 from the columns that AWS adds', async () => {
  await writeFile('Parquet', [
    "'BoxUsage:t3.small' AS x_UsageType",
    "map('unit', 'data', 'none', '') AS x_CostCategories",
    "map('user_team', 'search') AS Tags",
  ])
  await load()
  expect(await stage.polo.select('SELECT usage_type, tags, cost_categories FROM cost_line_items')).toEqual([
    { usage_type: 'BoxUsage:t3.small', tags: { team: 'search' }, cost_categories: { unit: 'data' } },
  ])
})

it('leaves the keys of tags alone that others than AWS tell', async () => {
  await writeFile('Parquet', [
    "'Microsoft' AS ProviderName",
    "map('user_team', 'search', 'costCategory/a', 'b') AS Tags",
  ])
  await load()
  expect(await stage.polo.select('SELECT tags, cost_categories FROM cost_line_items')).toEqual([
    { tags: { user_team: 'search', 'costCategory/a': 'b' }, cost_categories: {} },
  ])
})

/** One line with these columns besides those that every line has. */
async function writeFile(format: string, columns: readonly string[]) {
  const least = Object.entries(FOCUS).map(([name, value]) => `'${value}' AS ${name}`)
  const [name, written] = format === 'CSV' ? ['x.csv', 'CSVWithNames'] : ['x.parquet', 'Parquet']
  await stage.polo.clickhouse.command({
    query: `INSERT INTO FUNCTION file('${stage.directory}/${name}', '${written}') SELECT ${[...least, ...columns].join(', ')}`,
  })
}
