import { readFile } from 'node:fs/promises'
import { ClickHouseError } from '@clickhouse/client'
import { expect, test } from 'vitest'
import { eventually, useClickHouse } from './harness.ts'

const clickHouse = useClickHouse()
const LARGE = "SELECT number, repeat('a', 200) AS text FROM numbers(1200000)"

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${clickHouse.server.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

async function download(): Promise<{ size: number; peak: number }> {
  const response = await fetch(`${clickHouse.server.url}/`, { method: 'POST', body: `${LARGE} FORMAT CSV` })
  let [size, chunks, peak] = [0, 0, 0]
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (chunks++ % 200 === 0) peak = Math.max(peak, await residentBytes())
  }
  return { size, peak }
}

const onLinux = test.skipIf(process.platform !== 'linux')

onLinux('streams a result of 250 MB without holding it in memory', async () => {
  await download()
  const before = await residentBytes()
  const { size, peak } = await download()
  expect(size).toBeGreaterThan(250_000_000)
  // Of what is not held, the allocator may keep more than half on a busy machine.
  expect(peak - before).toBeLessThan(200_000_000)
})

test('gives a large result to the stock client as a stream of rows', async () => {
  const result = await clickHouse.client.query({ query: LARGE, format: 'JSONEachRow' })
  let rows = 0
  for await (const batch of result.stream()) rows += batch.length
  expect(rows).toBe(1_200_000)
})

test.each(['gzip', 'zstd', 'br', 'deflate'])(
  'compresses large and small results with %s when asked',
  async (encoding) => {
    for (const rows of [10, 500_000]) {
      const url = `${clickHouse.server.url}/?enable_http_compression=1`
      const body = `SELECT number FROM numbers(${rows}) FORMAT TSV`
      const response = await fetch(url, { method: 'POST', body, headers: { 'Accept-Encoding': encoding } })
      expect(response.headers.get('content-encoding')).toBe(encoding)
      const text = await response.text()
      expect(text.split('\n').length - 1).toBe(rows)
    }
  },
)

test('reports an error in the middle of a streamed result to the stock client', async () => {
  const query = 'SELECT throwIf(number = 2900000) FROM numbers(3000000) SETTINGS max_block_size = 10000'
  const result = await clickHouse.client.query({ query, format: 'JSONEachRow' })
  const read = async () => {
    for await (const _ of result.stream());
  }
  const error = await read().catch((e: unknown) => e)
  expect(error).toBeInstanceOf(ClickHouseError)
  expect(error).toMatchObject({ code: '395' })
})

test.each([
  ['sleeps', "SELECT sum(sleepEachRow(1)), 'm1' FROM numbers(60) SETTINGS max_block_size = 1", 'm1'],
  ['computes', "SELECT count(), 'm2' FROM numbers(1e13) WHERE NOT ignore(sipHash64(number))", 'm2'],
  [
    'begins with a bracket',
    "(SELECT count(), 'm3' FROM numbers(1e13) WHERE NOT ignore(sipHash64(number))) SETTINGS max_threads = 1",
    'm3',
  ],
])('cancels a query that %s when its client goes away', async (_, query, name) => {
  const abort = new AbortController()
  const running = clickHouse.client
    .query({ query, abort_signal: abort.signal })
    .catch((error: unknown) => error)
  const started = await eventually(async () => (await clickHouse.runningQueries(name)) === 1)
  abort.abort()
  await running
  expect(started).toBe(true)
  expect(await eventually(async () => (await clickHouse.runningQueries(name)) === 0)).toBe(true)
})

test('cancels a query whose result nobody reads on', async () => {
  const abort = new AbortController()
  const body = `SELECT number, 'm4' FROM numbers(1e12) FORMAT CSV`
  const response = await fetch(`${clickHouse.server.url}/`, { method: 'POST', body, signal: abort.signal })
  expect(response.status).toBe(200)
  expect(await clickHouse.runningQueries('m4')).toBe(1)
  abort.abort()
  expect(await eventually(async () => (await clickHouse.runningQueries('m4')) === 0)).toBe(true)
  expect(await clickHouse.rows('SELECT 1')).toEqual([[1]])
})

test('answers pings while every slot is taken, and the waiting queries afterwards', async () => {
  let answered = 0
  const sleepers = Array.from({ length: 20 }, async (_, i) => {
    await clickHouse.rows(`SELECT sleep(1), ${i}`)
    answered++
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  const response = await fetch(`${clickHouse.server.url}/ping`)
  expect(await response.text()).toBe('Ok.\n')
  expect(answered).toBeLessThan(sleepers.length)
  expect(await Promise.all(sleepers)).toHaveLength(20)
})

onLinux('keeps sessions from piling up behind a long query', async () => {
  const long = clickHouse.rows('SELECT sum(sleepEachRow(1)) FROM numbers(3) SETTINGS max_block_size = 1')
  await clickHouse.rows('SELECT 1')
  const before = await residentBytes()
  let queries = 0
  for (const end = Date.now() + 2_000; Date.now() < end; queries++) {
    await clickHouse.client
      .query({ query: 'SELECT {x:Int32}', query_params: { x: queries } })
      .then((r) => r.text())
  }
  expect((await residentBytes()) - before).toBeLessThan(60_000_000)
  await long
})
