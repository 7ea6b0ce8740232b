import { Readable } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { ClickHouseError, createClient } from '@clickhouse/client'
import { expect, test, vi } from 'vitest'
import { eventually, useClickHouse } from './harness.ts'

const clickHouse = useClickHouse()

test('answers the ping of the stock client', async () => {
  expect(await clickHouse.client.ping()).toEqual({ success: true })
  expect(await clickHouse.client.ping({ select: true })).toEqual({ success: true })
})

test('stores rows that the stock client inserts, and says how many', async () => {
  const table = await clickHouse.table()
  const values = [
    { a: 1, b: 'it\'s "quoted"\n\n\\' },
    { a: 2, b: 'ü“€' },
  ]
  const { summary } = await clickHouse.client.insert({ table, values, format: 'JSONEachRow' })
  expect(summary?.written_rows).toBe('2')
  const result = await clickHouse.client.query({
    query: `SELECT * FROM ${table} ORDER BY a`,
    format: 'JSONEachRow',
  })
  expect(await result.json()).toEqual(values)
})

test('stores streamed rows, and none of a stream that fails half way', async () => {
  const table = await clickHouse.table()
  const rows = Array.from({ length: 1_000 }, (_, a) => ({ a, b: 'x' }))
  await clickHouse.client.insert({ table, values: Readable.from(rows), format: 'JSONEachRow' })
  // The client writes the source's error to the console.
  vi.spyOn(console, 'error').mockImplementationOnce(() => {})
  async function* failing() {
    yield* rows
    await new Promise((resolve) => setTimeout(resolve, 50))
    throw new Error('the source broke')
  }
  const broken = clickHouse.client.insert({ table, values: Readable.from(failing()), format: 'JSONEachRow' })
  await expect(broken).rejects.toThrow()
  expect(await clickHouse.rows(`SELECT count() FROM ${table}`)).toEqual([[1000]])
})

test('gives back what was inserted, by every format that can be read and written', async () => {
  const formats =
    'CSV CSVWithNames TSV TabSeparatedWithNamesAndTypes JSON JSONCompact JSONColumns JSONEachRow Values'
  const binary = 'Native RowBinary RowBinaryWithNamesAndTypes Parquet Arrow ArrowStream ORC Avro MsgPack'
  for (const format of `${formats} ${binary}`.split(' ')) {
    const table = await clickHouse.table()
    const query = "SELECT toInt32(number) AS a, concat('x\n\n;', toString(number)) AS b FROM numbers(100)"
    const written = await fetch(`${clickHouse.server.url}/`, {
      method: 'POST',
      body: `${query} FORMAT ${format}`,
    })
    const bytes = Buffer.from(await written.arrayBuffer())
    const inUrl = await clickHouse.post({ query: `INSERT INTO ${table} FORMAT ${format}` }, bytes)
    expect(inUrl, format).toMatchObject({ status: 200 })
    const inBody = Buffer.concat([Buffer.from(`INSERT INTO ${table} FORMAT ${format}\n`), bytes])
    expect(await clickHouse.post({}, inBody), format).toMatchObject({ status: 200 })
    const sums = await clickHouse.rows(
      `SELECT count(), sum(a), countIf(b = concat('x\n\n;', toString(a))) FROM ${table}`,
    )
    expect(sums, format).toEqual([[200, 9_900, 200]])
  }
})

test.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
])('takes %s bodies, with the statement in the URL or in the body', async (encoding, compress) => {
  const table = await clickHouse.table()
  const headers = { 'Content-Encoding': encoding }
  const query = `INSERT INTO ${table} FORMAT JSONEachRow`
  const rows = '{"a":1,"b":"x"}\n'.repeat(10_000)
  expect(await clickHouse.post({ query }, compress(rows), headers)).toMatchObject({ status: 200 })
  expect(await clickHouse.post({}, compress(`${query}\n${rows}`), headers)).toMatchObject({ status: 200 })
  expect(await clickHouse.post({}, compress(`SELECT count() FROM ${table}`), headers)).toMatchObject({
    text: '20000\n',
  })
})

test('works with a client that compresses both ways', async () => {
  const table = await clickHouse.table()
  const client = createClient({ url: clickHouse.server.url, compression: { request: true, response: true } })
  const values = Array.from({ length: 5_000 }, (_, a) => ({ a, b: 'x'.repeat(50) }))
  await client.insert({ table, values, format: 'JSONEachRow' })
  const result = await client.query({ query: `SELECT * FROM ${table} ORDER BY a`, format: 'JSONEachRow' })
  expect(await result.json()).toEqual(values)
  await client.close()
})

test('binds parameters of every sort, whatever is in them', async () => {
  const text = 'it\'s \\ "x"\t\n\r\0 ; DROP TABLE x -- “'
  const params = {
    s: text,
    n: 42,
    f: 1.5,
    l: ['a', "b'c"],
    d: new Date('2026-01-02T03:04:05Z'),
    m: new Map([['k', "v'"]]),
  }
  const query = `SELECT {s:String} AS s, {n:Int32} AS n, {f:Float64} AS f, {l:Array(String)} AS l,
    toUnixTimestamp({d:DateTime('UTC')}) AS d, {m:Map(String, String)} AS m, {none:Nullable(String)} AS none`
  for (const use_multipart_params of [false, true]) {
    const query_params = { ...params, none: null }
    const result = await clickHouse.client.query({
      query,
      query_params,
      use_multipart_params,
      format: 'JSONEachRow',
    })
    const [row] = await result.json()
    expect(row).toEqual({
      s: text,
      n: 42,
      f: 1.5,
      l: ['a', "b'c"],
      d: 1_767_323_045,
      m: { k: "v'" },
      none: null,
    })
  }
  const missing = clickHouse.client.query({ query: 'SELECT {s:String}' })
  await expect(missing).rejects.toMatchObject({ code: '456' })
})

test.each([
  ['SELECT * FROM nowhere', '60', 404],
  ['SELECT * FROM nowhere.at_all', '81', 404],
  ['SELEC 1', '62', 400],
  ['SELECT nope', '47', 404],
  ["SELECT throwIf(1, 'x')", '395', 500],
  ["SELECT toInt32('x')", '6', 400],
  ['SELECT 1 SETTINGS nope = 1', '115', 404],
])('answers %j with code %s and status %i', async (query, code, status) => {
  const error = await clickHouse.client.query({ query }).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(ClickHouseError)
  expect(error).toMatchObject({ code })
  expect(await clickHouse.post({ query })).toMatchObject({ status, code: Number(code) })
})

test('names the row at fault, not the file that the data went through', async () => {
  const table = await clickHouse.table()
  const answer = await clickHouse.post(
    { query: `INSERT INTO ${table} FORMAT JSONEachRow` },
    '{"a":1}\n{"a":"x"}',
  )
  expect(answer).toMatchObject({ status: 400, code: 27 })
  expect(answer.text).toMatch(/^Code: 27\. DB::Exception: Cannot parse input.*\(at row 2\)/s)
  expect(answer.text).toMatch(/\(CANNOT_PARSE_INPUT_ASSERTION_FAILED\) \(version 26\.\S+ \(embedded\)\)\n$/)
  expect(answer.text).not.toMatch(/polo-|INFILE|file/i)
})

test("lets no request's settings, database or parameters reach the next", async () => {
  const settings = { max_threads: 3, insert_deduplication_token: 'x', log_comment: 'y' } as const
  const query = "SELECT getSetting('max_threads'), getSetting('log_comment'), currentDatabase()"
  const rows = async (clickhouse_settings = {}) =>
    (await clickHouse.client.query({ query, clickhouse_settings, format: 'JSONCompactEachRow' })).json()
  const [before] = await rows()
  expect(await rows(settings)).toEqual([[3, 'y', 'default']])
  expect(await clickHouse.post({ query, database: 'system', ...{ max_threads: '2' } })).toMatchObject({
    text: '2\t\tsystem\n',
  })
  await clickHouse.post({}, 'SET max_threads = 7')
  await clickHouse.post({}, 'USE system')
  await clickHouse.post({ query: 'SELECT 1 SETTINGS max_threads = 9' })
  for (let i = 0; i < 5; i++) expect(await rows()).toEqual([before])
})

test('drops a block sent again with its token, and no other', async () => {
  const table = await clickHouse.table('non_replicated_deduplication_window = 1000')
  const insert = (insert_deduplication_token: string) =>
    clickHouse.client.insert({
      table,
      values: [{ a: 1, b: 'x' }],
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplication_token, async_insert: 1, wait_for_async_insert: 1 },
    })
  for (const token of ['one', 'one', 'two', 'three', 'two']) await insert(token)
  expect(await clickHouse.rows(`SELECT count() FROM ${table}`)).toEqual([[3]])
})

test('runs many queries at once, each with settings of its own', async () => {
  const queries = Array.from({ length: 40 }, async (_, i) => {
    const clickhouse_settings = { max_block_size: `${i + 1}` }
    const query = "SELECT getSetting('max_block_size'), {i:Int32}, sleep(0.05)"
    const result = await clickHouse.client.query({
      query,
      query_params: { i },
      clickhouse_settings,
      format: 'JSONCompactEachRow',
    })
    return result.json()
  })
  const answers = await Promise.all(queries)
  expect(answers).toEqual(Array.from({ length: 40 }, (_, i) => [[i + 1, i, 0]]))
})

test('keeps a named session, for one request at a time, until it expires', async () => {
  const search = { session_id: 's1', session_timeout: '60' }
  await clickHouse.post(search, 'CREATE TEMPORARY TABLE kept (a Int8)')
  await clickHouse.post(search, 'INSERT INTO kept VALUES (1), (2)')
  expect(await clickHouse.post({ ...search, session_check: '1' }, 'SELECT sum(a) FROM kept')).toMatchObject({
    text: '3\n',
  })
  const slow = clickHouse.post(search, "SELECT sleep(2), 'slow'")
  expect(await eventually(async () => (await clickHouse.runningQueries('slow')) === 1)).toBe(true)
  expect(await clickHouse.post(search, 'SELECT 1')).toMatchObject({ code: 373 })
  await slow
  expect(await clickHouse.post({}, 'SELECT sum(a) FROM kept')).toMatchObject({ code: 60 })
  await clickHouse.post({ ...search, session_timeout: '1' }, 'SELECT 1')
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(await clickHouse.post({ ...search, session_check: '1' }, 'SELECT 1')).toMatchObject({
    code: 372,
    status: 500,
  })
})
