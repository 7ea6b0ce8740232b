import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { FIXTURES, fileLoad, loadFiles, useCurLoads, writeCsv } from './cur-loads.ts'

const LEGACY = join(FIXTURES, 'focus-converters-cur')
const LEGACY_FILE = join(LEGACY, 'sample-anonymous-aws-export-dataset.csv.gz')
const FOCUS = join(FIXTURES, 'focus-sample')
const CUR_2 = join(FIXTURES, 'keboola-cur')
const CUR_2_MANIFEST = 'metadata/BILLING_PERIOD=2024-09/MockTestReportV2-Manifest.json'
const CUR_2_DATA = 'data/BILLING_PERIOD=2024-09/MockTestReportV2-00001.csv.gz'
const AS_TEXT =
  'SETTINGS input_format_csv_use_best_effort_in_schema_inference = 0, schema_inference_make_columns_nullable = 0'

const stage = useCurLoads()

/** Decimal sums by account, service and day. */
function storedSums() {
  return stage.polo.select(
    `SELECT aws_account_id AS account, service, toString(toDate(usage_start)) AS day, toString(sum(unblended_cost)) AS cost
     FROM cost_line_items GROUP BY ALL ORDER BY ALL`,
  )
}

function legacySums() {
  return stage.polo.select(
    `SELECT "lineItem/UsageAccountId" AS account, if("product/ProductName" != '', "product/ProductName", "lineItem/ProductCode") AS service,
       substring("lineItem/UsageStartDate", 1, 10) AS day, toString(sum(toDecimal128("lineItem/UnblendedCost", 18))) AS cost
     FROM file('${LEGACY_FILE}', 'CSVWithNames') GROUP BY ALL ORDER BY ALL ${AS_TEXT}`,
  )
}

it('loads the real lines of a legacy report, to the last digit of each account, service and day', async () => {
  const [load] = await loadFiles(stage.polo, [fileLoad(LEGACY, './')])
  expect(load).toEqual({
    status: 'loaded',
    error: '',
    files: 1,
    rows: 627,
    sums: { unblended_cost: '1.0152447869', amortized_cost: '1.0152447869' },
    details: { billing_periods: '2023-11', bytes: expect.any(String) },
  })
  const source = await legacySums()
  expect(source.length).toBeGreaterThan(100)
  expect(await storedSums()).toEqual(source)
  expect(
    await stage.polo.select(
      'SELECT charge_type, count() AS lines FROM cost_line_items GROUP BY ALL ORDER BY ALL',
    ),
  ).toEqual([
    { charge_type: 'tax', lines: 8 },
    { charge_type: 'usage', lines: 619 },
  ])
})

it('loads the same from Parquet in several row groups and files, with the columns that Parquet has', async () => {
  const columns = await stage.polo.select(`DESCRIBE file('${LEGACY_FILE}', 'CSVWithNames') ${AS_TEXT}`)
  const renamed = columns.map(({ name }) => {
    const [category = '', column = ''] = String(name).split('/')
    const snake = `${category}_${column}`.replace(/(?<=[a-z])([A-Z])|(?<=[A-Z])([A-Z])/g, '_$&').toLowerCase()
    const sql = /Cost$|Amount$/.test(column)
      ? `toFloat64OrNull("${name}")`
      : /(Start|End)Date$/.test(column)
        ? `parseDateTimeBestEffort("${name}")`
        : `nullIf("${name}", '')`
    return `${sql} AS ${snake}`
  })
  for (const part of [0, 1]) {
    await stage.polo.clickhouse.command({
      query: `INSERT INTO FUNCTION file('${stage.directory}/part-${part}.snappy.parquet', 'Parquet')
        SELECT ${renamed.join(', ')} FROM file('${LEGACY_FILE}', 'CSVWithNames') WHERE cityHash64("identity/LineItemId") % 2 = ${part}
        ${AS_TEXT}, output_format_parquet_row_group_size = 100`,
    })
  }
  const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, './')])
  expect(load).toMatchObject({ status: 'loaded', error: '', files: 2, rows: 627 })
  const rounded = (rows: readonly Record<string, unknown>[]) =>
    rows.map((row) => ({ ...row, cost: Number(row.cost).toFixed(12) }))
  expect(rounded(await storedSums())).toEqual(rounded(await legacySums()))
})

it('loads the real rows of a FOCUS file, whose periods become partitions of their own', async () => {
  const [load] = await loadFiles(stage.polo, [fileLoad(FOCUS, './')])
  expect(load).toMatchObject({ status: 'loaded', error: '', rows: 470 })

  const file = join(FOCUS, 'focus_sample.csv.gz')
  const source = await stage.polo.select(
    `SELECT SubAccountId AS account, ServiceName AS service, substring(ChargePeriodStart, 1, 10) AS day,
       toString(sum(toDecimal128(BilledCost, 18))) AS cost
     FROM file('${file}', 'CSVWithNames') GROUP BY ALL ORDER BY ALL ${AS_TEXT}`,
  )
  expect(await storedSums()).toEqual(source)
  const [sums] = await stage.polo.select(
    `SELECT toString(sum(toDecimal128(EffectiveCost, 18))) AS amortized, toString(sum(toDecimal128OrZero(ListCost, 18))) AS list
     FROM file('${file}', 'CSVWithNames') ${AS_TEXT}`,
  )
  expect(
    await stage.polo.select(
      'SELECT toString(sum(amortized_cost)) AS amortized, toString(sum(list_cost)) AS list FROM cost_line_items',
    ),
  ).toEqual([sums])
  expect(
    await stage.polo.select(
      `SELECT toString(billing_period) AS period, countIf(notEmpty(tags)) > 0 AS tagged FROM cost_line_items GROUP BY period ORDER BY period`,
    ),
  ).toEqual([
    { period: '2024-09-01', tagged: 1 },
    { period: '2024-10-01', tagged: 1 },
  ])
})

it('loads what a manifest of CUR 2.0 names, and says which delivery that was', async () => {
  const [load] = await loadFiles(stage.polo, [fileLoad(CUR_2, CUR_2_MANIFEST)])
  expect(load).toEqual({
    status: 'loaded',
    error: '',
    files: 1,
    rows: 4,
    sums: { unblended_cost: '0.108304', amortized_cost: '0.108304' },
    details: { billing_periods: '2024-09', bytes: '751', delivery: 'test-exec-id-12345' },
  })
  expect(
    await stage.polo.select(
      `SELECT line_item_id, toString(usage_start) AS start, service, usage_type, availability_zone, aws_region, resource_id,
         usage_amount, currency, payer_account_id, properties
       FROM cost_line_items ORDER BY usage_start LIMIT 1`,
    ),
  ).toEqual([
    {
      line_item_id: 'a1b2c3d4e5f6',
      start: '2024-09-01 00:00:00',
      service: 'Amazon Elastic Compute Cloud',
      usage_type: 'BoxUsage:t3.small',
      availability_zone: 'eu-central-1a',
      aws_region: 'eu-central-1',
      resource_id: 'i-abcd1234567890ef',
      usage_amount: 1,
      currency: 'USD',
      payer_account_id: '123456789012',
      properties: expect.objectContaining({
        bill_bill_type: 'Anniversary',
        line_item_blended_cost: '0.0216',
        product_account_assistance: 'No',
      }),
    },
  ])
})

it('loads a small report of two accounts that lacks most columns', async () => {
  await loadFiles(stage.polo, [fileLoad(join(FIXTURES, 'cur-anonymize-samples'), './')])
  expect(
    await stage.polo.select(
      `SELECT aws_account_id, toString(sum(unblended_cost)) AS cost, any(charge_type) AS charge_type FROM cost_line_items GROUP BY 1 ORDER BY 1`,
    ),
  ).toEqual([
    { aws_account_id: '123456789012', cost: '0.0312', charge_type: 'usage' },
    { aws_account_id: '987654321098', cost: '0.034', charge_type: 'usage' },
  ])
})

it('replaces a period in one step when it is restated, and leaves the others alone', async () => {
  const header =
    'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost,bill/BillingPeriodStartDate'
  const line = (day: string, cost: string) =>
    `2025-${day}T00:00:00Z,111122223333,${cost},2025-${day.slice(0, 2)}-01T00:00:00Z`
  await writeCsv(stage.directory, 'a/x.csv', [header, line('01-03', '1'), line('01-04', '2')])
  await writeCsv(stage.directory, 'b/x.csv', [header, line('02-03', '10')])
  await writeCsv(stage.directory, 'c/x.csv', [header, line('01-03', '0.5')])
  await loadFiles(stage.polo, [fileLoad(stage.directory, 'a/'), fileLoad(stage.directory, 'b/')])
  await loadFiles(stage.polo, [fileLoad(stage.directory, 'c/')])

  expect(
    await stage.polo.select(
      `SELECT toString(billing_period) AS period, toString(sum(unblended_cost)) AS cost, count() AS lines
       FROM cost_line_items GROUP BY period ORDER BY period`,
    ),
  ).toEqual([
    { period: '2025-01-01', cost: '0.5', lines: 1 },
    { period: '2025-02-01', cost: '10', lines: 1 },
  ])
})

it('shows nothing of a delivery of which a file is missing, and keeps what was there before', async () => {
  await cp(CUR_2, stage.directory, { recursive: true })
  await loadFiles(stage.polo, [fileLoad(stage.directory, CUR_2_MANIFEST)])
  await rm(join(stage.directory, CUR_2_DATA))

  const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, CUR_2_MANIFEST)])

  expect(load).toMatchObject({
    status: 'failed',
    error: `1 of 1 files are not there (yet), such as ${CUR_2_DATA}. They are looked for below ${stage.directory}, as the bucket has them`,
  })
  expect(await stage.polo.select('SELECT count() AS lines FROM cost_line_items')).toEqual([{ lines: 4 }])
})

it('shows nothing of a delivery of which a file is cut off', async () => {
  await cp(LEGACY_FILE, join(stage.directory, 'whole.csv.gz'))
  const bytes = await readFile(LEGACY_FILE)
  await writeFile(join(stage.directory, 'cut.csv.gz'), bytes.subarray(0, bytes.length / 2))

  const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, './')])

  expect(load).toMatchObject({ status: 'given_up', rows: 0 })
  expect(await stage.polo.select('SELECT count() AS lines FROM cost_line_items')).toEqual([{ lines: 0 }])
})

it('refuses lines of another month than the manifest is of', async () => {
  await cp(CUR_2, stage.directory, { recursive: true })
  const text = gunzipSync(await readFile(join(stage.directory, CUR_2_DATA))).toString()
  await writeFile(
    join(stage.directory, CUR_2_DATA),
    gzipSync(text.replace(/2024-09-01T00:00:00Z,2024-09-30/, '2024-08-01T00:00:00Z,2024-08-31')),
  )

  const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, CUR_2_MANIFEST)])

  expect(load).toMatchObject({
    status: 'given_up',
    error: 'the manifest is of 2024-09 and there are lines of 2024-08',
  })
})

it('empties a period whose manifest names no file', async () => {
  await cp(CUR_2, stage.directory, { recursive: true })
  await loadFiles(stage.polo, [fileLoad(stage.directory, CUR_2_MANIFEST)])
  await writeFile(
    join(stage.directory, CUR_2_MANIFEST),
    JSON.stringify({ dataFiles: [], executionId: 'two' }),
  )

  const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, CUR_2_MANIFEST)])

  expect(load).toMatchObject({ status: 'loaded', files: 0, rows: 0, details: { billing_periods: '2024-09' } })
  expect(await stage.polo.select('SELECT count() AS lines FROM cost_line_items')).toEqual([{ lines: 0 }])
})

it.each([
  [
    'neither',
    'lineItem/UsageStartDate,lineItem/UsageAccountId',
    'the unblended cost (line_item_unblended_cost, lineItem/UnblendedCost)',
  ],
  ['FOCUS', 'BilledCost,SubAccountId', 'the start of the charge (ChargePeriodStart)'],
])('gives up files that lack what a cost needs, and says what (%s)', async (_, header, missing) => {
  await writeCsv(stage.directory, 'x.csv', [header, '1,2'])
  const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, './')])
  expect(load).toMatchObject({
    status: 'given_up',
    error: expect.stringContaining(`no column of ${missing}`),
  })
})

it('reads a file once that a manifest names twice, and takes no copy for two files', async () => {
  const lines = [
    'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost',
    '2025-01-01T00:00:00Z,1,2',
  ]
  await writeCsv(stage.directory, 'x.csv', lines)
  const loadManifest = async (...dataFiles: string[]) => {
    await writeFile(join(stage.directory, 'Manifest.json'), JSON.stringify({ dataFiles }))
    return await loadFiles(stage.polo, [fileLoad(stage.directory, 'Manifest.json')])
  }
  expect(await loadManifest('s3://billing/a/x.csv', 's3://billing/a/x.csv')).toMatchObject([
    { status: 'loaded', files: 1, rows: 1, sums: { unblended_cost: '2' } },
  ])
  expect(await loadManifest('s3://billing/a/x.csv', 's3://billing/b/x.csv')).toMatchObject([
    { status: 'given_up', error: expect.stringContaining('x.csv could be a/x.csv and b/x.csv') },
  ])
  await writeCsv(stage.directory, 'b/x.csv', [...lines, ...lines.slice(1)])
  expect(await loadManifest('s3://billing/a/x.csv', 's3://billing/b/x.csv')).toMatchObject([
    { status: 'loaded', files: 2, rows: 3 },
  ])
})

it('loads what a manifest names while other files come and go beside it', async () => {
  await writeCsv(stage.directory, 'x.csv', [
    'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost',
    '2025-01-01T00:00:00Z,1,2',
  ])
  const manifest = JSON.stringify({ dataFiles: ['s3://billing/a/x.csv'] })
  await writeFile(join(stage.directory, 'Manifest.json'), manifest)
  let isOver = false
  const others = join(stage.directory, 'others')
  const comeAndGo = async () => {
    while (!isOver) {
      await mkdir(others)
      await Promise.all(Array.from({ length: 200 }, (_, n) => writeFile(join(others, `${n}`), '')))
      await rm(others, { recursive: true })
    }
  }
  const coming = comeAndGo()
  try {
    for (let time = 0; time < 6; time++) {
      const loads = await loadFiles(stage.polo, [fileLoad(stage.directory, 'Manifest.json')])
      expect(loads).toMatchObject([{ status: 'loaded', error: '', rows: 1 }])
    }
  } finally {
    isOver = true
    await coming
  }
})

it.each(['manifest.json', 'a.csv.zip', 'mixed'])('says what it cannot read: %s', async (name) => {
  await mkdir(join(stage.directory, 'x'))
  const keys = name === 'mixed' ? ['x/a.csv', 'x/b.parquet'] : [`x/${name}`]
  for (const key of keys) await writeFile(join(stage.directory, key), 'x')
  await writeFile(join(stage.directory, 'Manifest.json'), JSON.stringify({ dataFiles: keys }))
  const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, 'Manifest.json')])
  expect(load).toMatchObject({ status: 'given_up' })
  expect(load?.error).toMatch(/neither Parquet nor CSV|different formats/)
})
