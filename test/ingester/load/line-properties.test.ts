import { expect, it } from 'vitest'
import { fileLoad, LEGACY, type Line, loadFiles, useCurLoads, writeLines } from './cur-loads.ts'

const stage = useCurLoads()

it('fills owner fields from tags by the cascade, as AWS rewrites their keys, then from the account', async () => {
  const config = {
    tags: { marqo_customer: ['marqo:customer', { match: /^team-/i }, 'Owner'] },
    accounts: {
      '111122223333': { role: 'production', tagDefaults: { marqo_env: 'prod', marqo_customer: 'platform' } },
    },
  }
  const tagged = (id: string, tags: Line) => ({
    ...LEGACY,
    'lineItem/UnblendedCost': '1',
    'identity/LineItemId': id,
    ...tags,
  })
  await writeLines(stage.directory, 'x.csv', [
    tagged('1', {
      'resourceTags/user:marqo:customer': 'acme',
      'resourceTags/user:Owner': 'ann',
      'resourceTags/user:env': 'dev',
    }),
    tagged('2', {
      'resourceTags/user:Team-A': 'search',
      'resourceTags/user:Owner': 'ann',
      'resourceTags/aws:createdBy': 'root',
    }),
    tagged('3', { 'resourceTags/user:owner': 'bob' }),
    tagged('4', {}),
    { ...tagged('5', {}), 'lineItem/UsageAccountId': '444455556666' },
  ])
  await loadFiles(stage.polo, [fileLoad(stage.directory, './')], config)
  expect(
    await stage.polo.select(
      'SELECT marqo_customer AS customer, marqo_env AS env, account_role AS role, tags FROM cost_line_items ORDER BY line_item_id',
    ),
  ).toEqual([
    {
      customer: 'acme',
      env: 'dev',
      role: 'production',
      tags: { 'marqo:customer': 'acme', Owner: 'ann', env: 'dev' },
    },
    {
      customer: 'search',
      env: 'prod',
      role: 'production',
      tags: { Owner: 'ann', 'Team-A': 'search', 'aws:createdBy': 'root' },
    },
    { customer: 'bob', env: 'prod', role: 'production', tags: { owner: 'bob' } },
    { customer: 'platform', env: 'prod', role: 'production', tags: {} },
    { customer: '', env: '', role: '', tags: {} },
  ])
})

it.each([
  ['a map', (map: string) => map],
  ['JSON', (map: string) => `toJSONString(${map})`],
])('reads the one column that CUR 2.0 has for tags of all kinds: %s', async (_, written) => {
  const tags = `map('resourceTags/department', 'a', 'resourceTags/user:team', 'search', 'resourceTags/aws:createdBy', 'root',
    'accountTag/department', 'c', 'userAttribute/Department', 'b', 'costCategory/department', 'd', 'resourceTags/none', '')`
  await stage.polo.clickhouse.command({
    query: `INSERT INTO FUNCTION file('${stage.directory}/x.parquet', 'Parquet') SELECT
      toDateTime64('2025-01-01 00:00:00', 3, 'UTC') AS line_item_usage_start_date, '111122223333' AS line_item_usage_account_id,
      toNullable(0.5) AS line_item_unblended_cost, ${written(tags)} AS tags`,
  })
  expect(await loadFiles(stage.polo, [fileLoad(stage.directory, './')])).toMatchObject([
    { status: 'loaded', error: '' },
  ])
  const [line] = await stage.polo.select(
    'SELECT tags, cost_categories, marqo_customer AS customer, properties FROM cost_line_items',
  )
  expect(line).toMatchObject({
    tags: { department: 'a', team: 'search', 'aws:createdBy': 'root' },
    cost_categories: { department: 'd' },
    customer: 'search',
  })
  expect(line?.properties).toEqual({
    'tags_accountTag/department': 'c',
    'tags_userAttribute/Department': 'b',
  })
})

it('takes a delivery in CSV, whose maps are JSON, for the same as in Parquet', async () => {
  const columns = `'2025-01-01 00:00:00' AS line_item_usage_start_date, '111122223333' AS line_item_usage_account_id,
    'AmazonEC2' AS line_item_product_code`
  const maps = [
    ['product', "map('product_name', 'Amazon Elastic Compute Cloud', 'vcpu', '4', 'comment', '')"],
    ['discount', "map('bundled_discount', -0.5)"],
    ['resource_tags', "map('user_team', 'search')"],
    ['cost_category', "map('unit', 'data')"],
  ] as const
  const select = (write: (map: string) => string, cost: string) =>
    `SELECT ${columns}, ${cost} AS line_item_unblended_cost, ${maps.map(([name, map]) => `${write(map)} AS ${name}`).join(', ')}`
  const write = (name: string, format: string, query: string) =>
    stage.polo.clickhouse.command({
      query: `INSERT INTO FUNCTION file('${stage.directory}/${name}', '${format}') ${query}`,
    })
  await write(
    'csv/x.csv',
    'CSVWithNames',
    select((map) => `toJSONString(${map})`, "'0.5'"),
  )
  await write(
    'parquet/x.parquet',
    'Parquet',
    select((map) => map, '0.5'),
  )
  const lines = []
  for (const folder of ['csv', 'parquet']) {
    expect(await loadFiles(stage.polo, [fileLoad(stage.directory, `${folder}/`)])).toMatchObject([
      { status: 'loaded' },
    ])
    lines.push(
      await stage.polo.select(
        'SELECT service, product_code, tags, cost_categories, properties FROM cost_line_items',
      ),
    )
  }
  expect(lines[0]).toEqual([
    {
      service: 'Amazon Elastic Compute Cloud',
      product_code: 'AmazonEC2',
      tags: { team: 'search' },
      cost_categories: { unit: 'data' },
      properties: {
        discount_bundled_discount: '-0.5',
        product_product_name: 'Amazon Elastic Compute Cloud',
        product_vcpu: '4',
      },
    },
  ])
  expect(lines[0]).toEqual(lines[1])
})

it('reads the maps of CUR 2.0 in Parquet, and keeps columns that it does not know', async () => {
  await stage.polo.clickhouse.command({
    query: `INSERT INTO FUNCTION file('${stage.directory}/x.parquet', 'Parquet') SELECT
      toDateTime64('2025-01-31 23:00:00', 3, 'UTC') AS line_item_usage_start_date,
      toDateTime64('2025-01-01 00:00:00', 3, 'UTC') AS bill_billing_period_start_date,
      '111122223333' AS line_item_usage_account_id, 'Usage' AS line_item_line_item_type,
      toNullable(0.1) AS line_item_unblended_cost, CAST(NULL, 'Nullable(Float64)') AS line_item_net_unblended_cost,
      CAST(map('user_eks_cluster_name', 'blue', 'user_team', 'search', 'user_empty', ''), 'Map(String, Nullable(String))') AS resource_tags,
      map('product_name', 'Amazon Elastic Compute Cloud', 'vcpu', '4') AS product,
      map('team', 'data') AS cost_category, map('bundled_discount', -0.5) AS discount,
      'AmazonEC2' AS line_item_product_code, [1, 2] AS brand_new_list, 7 AS split_line_item_split_usage, '' AS nothing`,
  })
  const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, './')])
  expect(load).toMatchObject({ status: 'loaded', error: '', rows: 1 })
  expect(
    await stage.polo.select(
      `SELECT toString(usage_start) AS start, toString(billing_period) AS period, service, product_code, tags, cost_categories, properties,
         round(toFloat64(unblended_cost), 12) AS unblended, round(toFloat64(net_unblended_cost), 12) AS net, marqo_cluster, marqo_customer
       FROM cost_line_items`,
    ),
  ).toEqual([
    {
      start: '2025-01-31 23:00:00',
      period: '2025-01-01',
      service: 'Amazon Elastic Compute Cloud',
      product_code: 'AmazonEC2',
      tags: { eks_cluster_name: 'blue', team: 'search' },
      cost_categories: { team: 'data' },
      properties: {
        brand_new_list: '[1,2]',
        discount_bundled_discount: '-0.5',
        product_product_name: 'Amazon Elastic Compute Cloud',
        product_vcpu: '4',
        split_line_item_split_usage: '7',
      },
      unblended: 0.1,
      net: 0.1,
      marqo_cluster: 'blue',
      marqo_customer: 'search',
    },
  ])
})

it.each([
  ['CSV', "'12345678901'", "'1'"],
  ['Parquet', 'toInt64(12345678901)', 'toInt64(1)'],
])('gives account ids back the zeros that they lost as numbers: %s', async (format, account, payer) => {
  const name = format === 'CSV' ? 'x.csv' : 'x.parquet'
  await stage.polo.clickhouse.command({
    query: `INSERT INTO FUNCTION file('${stage.directory}/${name}', '${format === 'CSV' ? 'CSVWithNames' : format}') SELECT
      '2025-01-01 00:00:00' AS line_item_usage_start_date, ${account} AS line_item_usage_account_id,
      ${payer} AS bill_payer_account_id, '1' AS line_item_unblended_cost`,
  })
  const config = { accounts: { '012345678901': { role: 'production' } } }
  expect(await loadFiles(stage.polo, [fileLoad(stage.directory, './')], config)).toMatchObject([
    { status: 'loaded', error: '' },
  ])
  expect(
    await stage.polo.select(
      'SELECT aws_account_id AS account, payer_account_id AS payer, account_role AS role FROM cost_line_items',
    ),
  ).toEqual([{ account: '012345678901', payer: '000000000001', role: 'production' }])
})
