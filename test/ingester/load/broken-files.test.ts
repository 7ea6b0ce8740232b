import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ClickHouseError } from '@clickhouse/client'
import { PoloConfig } from '@polo/core'
import { createLoader, type LoadResult, loadKinds, loadSources } from '@polo/ingester'
import { expect, it } from 'vitest'
import { batch, bodyOf, record } from '../factories.ts'
import type { Pipeline } from '../pipeline.ts'
import { fileLoad, loadFiles, useCurLoads, writeCsv } from './cur-loads.ts'

const stage = useCurLoads()

const HEADER =
  'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost,lineItem/UsageAmount,product/region'
const GOOD = '2025-01-01T00:00:00Z,111122223333,1,1,eu-west-1'
const KEPT =
  'Nothing of this delivery was loaded, and what was there before is kept. Mend the file, or have it delivered again'

/** Two whole files around the one in question, which is `b`. */
async function deliver(name: string, content: string | Buffer): Promise<void> {
  await writeCsv(stage.directory, 'a.csv', [HEADER, GOOD])
  await writeCsv(stage.directory, 'c.csv', [HEADER, GOOD])
  await writeFile(join(stage.directory, name), content)
}

const loadAll = () => loadFiles(stage.polo, [fileLoad(stage.directory, './')])

it.each([
  ['a cost', '2025-01-01T00:00:00Z,111122223333,a lot,1,', 'lineItem/UnblendedCost is no number'],
  [
    'a cost of too many digits',
    `2025-01-01T00:00:00Z,111122223333,1${'0'.repeat(25)},1,`,
    'lineItem/UnblendedCost is no number, or one of more digits than are kept (20 before the point)',
  ],
  ['an amount', '2025-01-01T00:00:00Z,111122223333,1,inf,', 'lineItem/UsageAmount is no finite number'],
  ['a time', 'yesterday,111122223333,1,1,', 'lineItem/UsageStartDate is no time since 2006'],
  ['a time', '9/1/2025 0:00,111122223333,1,1,', 'lineItem/UsageStartDate is no time since 2006'],
  ['an account', '2025-01-01T00:00:00Z,,1,1,', 'lineItem/UsageAccountId is empty'],
])(
  'says in which file, row and column there is %s that is none, and does not try it again',
  async (_, line, says) => {
    await deliver('b.csv', `${[HEADER, GOOD, line, GOOD].join('\n')}\n`)
    const [load] = await loadAll()
    expect(load).toMatchObject({ status: 'given_up', rows: 0 })
    expect(load?.error).toContain(`b.csv, row 2: ${says}`)
    expect(load?.error).toContain(KEPT)
    expect(load?.error).not.toContain('a lot')
    expect(await stage.polo.select('SELECT count() AS lines FROM cost_line_items')).toEqual([{ lines: 0 }])
  },
)

const lines = [HEADER, ...Array.from({ length: 20_000 }, (_, n) => `${GOOD.slice(0, -1)}${n}`)].join('\n')

it.each([
  ['cut off', 'b.csv.gz', gzipSync(lines).subarray(0, 30_000)],
  ['not compressed', 'b.csv.gz', Buffer.from(lines)],
  ['a row that is too short', 'b.csv', `${HEADER}\n${GOOD}\n1,2\n`, ', about row 2'],
  [
    'a row that is too short far down',
    'b.csv',
    `${lines}\n${lines.slice(HEADER.length + 1)}\n1,2\n`,
    ', about row 4000',
  ],
])(
  'says which CSV file cannot be read, and does not try it again: %s',
  async (_, name, content, where = '') => {
    await deliver(name, content)
    const [load] = await loadAll()
    expect(load).toMatchObject({ status: 'given_up', rows: 0 })
    expect(load?.error).toMatch(new RegExp(`^${name}${where}\\d* cannot be read: .*\\(ClickHouse \\d+\\)`))
    expect(load?.error).toContain(KEPT)
  },
)

async function parquet(name: string, value = 'toFloat64(number)', rows = 20_000): Promise<string> {
  const path = join(stage.directory, name)
  await stage.polo.clickhouse.command({
    query: `INSERT INTO FUNCTION file('${path}', 'Parquet') SELECT toDateTime64('2025-01-01 00:00:00', 3, 'UTC') AS line_item_usage_start_date,
      '111122223333' AS line_item_usage_account_id, ${value} AS line_item_unblended_cost FROM numbers(${rows})`,
  })
  return path
}

it.each([
  [
    'cut off',
    (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
    'b.parquet cannot be read: Not a Parquet file',
  ],
  [
    'damaged',
    (bytes: Buffer) => bytes.fill(0x5a, bytes.length / 2, bytes.length / 2 + 400),
    'b.parquet, column line_item_unblended_cost cannot be read: ',
  ],
  ['something else', () => Buffer.from('hello'), 'b.parquet cannot be read: Parquet file too short'],
])('says which Parquet file cannot be read, and does not try it again: %s', async (_, breakIt, says) => {
  await parquet('a.parquet')
  await parquet('c.parquet')
  const path = await parquet('b.parquet')
  await writeFile(path, breakIt(await readFile(path)))
  const [load] = await loadAll()
  expect(load).toMatchObject({ status: 'given_up', rows: 0 })
  expect(load?.error).toContain(says)
  expect(load?.error).toContain(KEPT)
})

it('says in which row of a Parquet file a cost does not fit', async () => {
  await parquet('a.parquet')
  await parquet('b.parquet', 'if(number = 12345, 1e30, 0.5)')
  const [load] = await loadAll()
  expect(load).toMatchObject({ status: 'given_up' })
  expect(load?.error).toContain('b.parquet, row 12346: line_item_unblended_cost is no number')
})

it('does not take a file of no bytes for one without lines', async () => {
  await deliver('b.csv.gz', '')
  expect(await loadAll()).toMatchObject([
    { status: 'given_up', error: expect.stringContaining('b.csv.gz has no bytes') },
  ])
})

it('takes CSV of a header alone for what it is: no lines', async () => {
  await deliver('b.csv', `${HEADER}\n`)
  expect(await loadAll()).toMatchObject([{ status: 'loaded', error: '', files: 3, rows: 2 }])
})

const MANIFEST = 'metadata/BILLING_PERIOD=2025-01/x-Manifest.json'

it.each([
  [
    'CSV',
    'x.csv',
    (name: string, lines: 0 | 1) => writeCsv(stage.directory, name, [HEADER, GOOD].slice(0, 1 + lines)),
  ],
  ['Parquet', 'x.parquet', (name: string, lines: 0 | 1) => parquet(name, '0.5', lines)],
] as const)('empties a period whose files have no line: %s', async (_, name, write) => {
  await writeCsv(stage.directory, MANIFEST, [JSON.stringify({ dataFiles: [name] })])
  await write(name, 1)
  expect(await loadFiles(stage.polo, [fileLoad(stage.directory, MANIFEST)])).toMatchObject([
    { status: 'loaded', rows: 1 },
  ])
  await rm(join(stage.directory, name))
  await write(name, 0)
  expect(await loadFiles(stage.polo, [fileLoad(stage.directory, MANIFEST)])).toMatchObject([
    { status: 'loaded', rows: 0, details: { billing_periods: '2025-01' } },
  ])
  expect(await stage.polo.select('SELECT count() AS lines FROM cost_line_items')).toEqual([{ lines: 0 }])
})

it('says that there is no line in files of which no manifest tells the period', async () => {
  await parquet('b.parquet', '0.5', 0)
  expect(await loadAll()).toMatchObject([
    { status: 'given_up', error: expect.stringContaining('there is no line in the files of') },
  ])
})

type Query = Parameters<Pipeline['clickhouse']['query']>[0]

/** Loads with a database whose answers to queries pass through `answer`; resolves to how that ended. */
async function loadThrough(answer: (query: Query) => Promise<unknown>): Promise<readonly LoadResult[]> {
  const body = await bodyOf([fileLoad(stage.directory, './')], { schema: 'bulk_load/1' })
  await stage.polo.ingest(batch(record(body, { sender: 'AROACONTROL:one' })))
  const config = PoloConfig.parse({})
  const results: LoadResult[] = []
  const loader = createLoader({
    clickhouse: Object.create(stage.polo.clickhouse, { query: { value: answer } }),
    target: { kind: 'embedded' },
    kinds: loadKinds(config),
    sources: loadSources(config),
    directories: [stage.directory],
    name: 'test',
    onResult: (_, result) => results.push(result),
  })
  await loader.run()
  return results
}

it('tries a broken file again that has changed meanwhile', async () => {
  await deliver('b.csv', `${[HEADER, '2025-01-01T00:00:00Z,111122223333,a lot,1,'].join('\n')}\n`)
  const results = await loadThrough(async (query) => {
    const found = await stage.polo.clickhouse.query(query)
    if (!query.query.includes('_row_number') || !query.query.includes('b.csv')) return found
    // What is looked for is found, and mended before it is told.
    const rows = await found.json()
    await writeCsv(stage.directory, 'b.csv', [HEADER, GOOD, GOOD])
    return { json: async () => rows }
  })
  expect(results).toMatchObject([
    { status: 'failed', error: 'b.csv was written while it was read: a newer delivery is under way' },
  ])
})

const failure = (code: string, type: string) => new ClickHouseError({ message: 'on purpose', code, type })

it.each([
  ['reading', '499', (query: string) => query.includes('part_rows')],
  ['describing', '499', (query: string) => query.startsWith('DESCRIBE')],
  ['describing, as the engine wraps it', '636', (query: string) => query.startsWith('DESCRIBE')],
] as const)('tries again what the way to the files is at fault for: %s', async (_, code, isHit) => {
  await deliver('b.csv', `${HEADER}\n${GOOD}\n`)
  const results = await loadThrough(async (query) => {
    if (isHit(query.query)) throw failure(code, 'ANY')
    if (query.query.includes('anything Nullable')) throw failure('499', 'S3_ERROR')
    return await stage.polo.clickhouse.query(query)
  })
  expect(results).toMatchObject([{ status: 'failed', error: expect.stringContaining('ClickHouse 499') }])
})
