import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { fileLoad, LEGACY, loadFiles, useCurLoads, writeLines } from './cur-loads.ts'

const stage = useCurLoads()

const loadAll = () => loadFiles(stage.polo, [fileLoad(stage.directory, './')])
const line = (start: string) => ({
  ...LEGACY,
  'lineItem/UsageStartDate': start,
  'lineItem/UnblendedCost': '1',
})
const write = (key: string, start = '2025-01-05T00:00:00Z') => writeLines(stage.directory, key, [line(start)])

const FIRST = '5d2f0c1e-8b7a-4c3d-9e6f-0a1b2c3d4e5f'
const SECOND = '6e3a1d2f-9c8b-4d4e-8f70-1b2c3d4e5f60'

it.each([
  ['a report', '20250101-20250201/', FIRST, SECOND],
  [
    'an export',
    'data/BILLING_PERIOD=2025-01/',
    '2025-01-05T03_00_00.000Z-3f2a',
    '2025-01-06T03_00_00.000Z-4b5c',
  ],
])(
  'does not add up two deliveries of one period, of which no manifest tells the newest: %s',
  async (_, period, one, other) => {
    await write(`org/${period}${one}/org-1.csv`)
    await write(`org/${period}${other}/org-1.csv`)
    const [load] = await loadAll()
    expect(load).toMatchObject({ status: 'given_up', rows: 0 })
    expect(load?.error).toContain(`org/${period} holds two deliveries, ${one} and ${other}`)
  },
)

it('does not add what was written over up with a delivery in a folder of its own', async () => {
  await write('data/BILLING_PERIOD=2025-01/org-1.csv')
  await write('data/BILLING_PERIOD=2025-01/2025-01-06T03_00_00.000Z-4b5c/org-1.csv')
  const [load] = await loadAll()
  expect(load).toMatchObject({ status: 'given_up', rows: 0 })
  expect(load?.error).toContain(
    'data/BILLING_PERIOD=2025-01/ holds two deliveries, 2025-01-06T03_00_00.000Z-4b5c and one without a folder',
  )
})

it('loads one delivery of each of several periods, in however many files', async () => {
  await write(`20250101-20250201/${FIRST}/org-1.csv`)
  await write(`20250101-20250201/${FIRST}/org-2.csv`)
  await write(`20250201-20250301/${SECOND}/org-1.csv`, '2025-02-05T00:00:00Z')
  expect(await loadAll()).toMatchObject([{ status: 'loaded', error: '', files: 3, rows: 3 }])
})

it('does not add a file up that is there compressed, too', async () => {
  await write('org-1.csv')
  await writeFile(
    join(stage.directory, 'org-1.csv.gz'),
    gzipSync(await readFile(join(stage.directory, 'org-1.csv'))),
  )
  expect(await loadAll()).toMatchObject([
    { status: 'given_up', error: expect.stringContaining('org-1.csv and org-1.csv.gz') },
  ])
})

it('takes from a file what it says, whatever the folders are called that it is in', async () => {
  const folder = 'line_item_usage_account_id=012345678901/line_item_unblended_cost=100/year=2024'
  await writeLines(stage.directory, `${folder}/year=2025/x.csv`, [
    {
      line_item_usage_start_date: '2025-01-01T00:00:00Z',
      line_item_usage_account_id: '111122223333',
      line_item_unblended_cost: '7',
    },
  ])
  expect(await loadAll()).toMatchObject([{ status: 'loaded', error: '', sums: { unblended_cost: '7' } }])
  expect(
    await stage.polo.select('SELECT aws_account_id AS account, properties FROM cost_line_items'),
  ).toEqual([{ account: '111122223333', properties: {} }])
})

it('leaves out what AWS writes for Athena beside the lines of a report', async () => {
  await stage.polo.clickhouse.command({
    query: `INSERT INTO FUNCTION file('${stage.directory}/org/cost_and_usage_data_status/cost_and_usage_data_status.parquet', 'Parquet')
      SELECT 'READY' AS status`,
  })
  await stage.polo.clickhouse.command({
    query: `INSERT INTO FUNCTION file('${stage.directory}/org/org/year=2025/month=1/org-00001.snappy.parquet', 'Parquet')
      SELECT toDateTime64('2025-01-01 00:00:00', 3, 'UTC') AS line_item_usage_start_date,
        '111122223333' AS line_item_usage_account_id, 7. AS line_item_unblended_cost`,
  })
  expect(await loadAll()).toMatchObject([
    { status: 'loaded', error: '', files: 1, sums: { unblended_cost: '7' } },
  ])
})
