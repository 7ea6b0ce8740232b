import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { DataDirectoryInUseError, PortInUseError, startClickHouse } from '@polo/local'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDirectory, post, removeDirectory } from './harness.ts'

let dataDir: string
let tmpDir: string
const mounts: string[] = []
const undo: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  dataDir = await makeDirectory()
  tmpDir = await makeDirectory()
})

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
  for (const mount of mounts.splice(0)) execFileSync('umount', [mount])
  await Promise.all([dataDir, tmpDir].map(removeDirectory))
})

async function start(options: Partial<Parameters<typeof startClickHouse>[0]> = {}) {
  const server = await startClickHouse({ dataDir, ...options })
  undo.push(() => server.stop())
  return server
}

/** Waits until a query with such words in it runs. */
async function until(url: string, words: string): Promise<void> {
  const body = `SELECT count() FROM system.processes WHERE position(query, '${words}') > 0 AND position(query, 'system.processes') = 0`
  await expect.poll(async () => (await post(url, {}, { body })).text, { interval: 5 }).toBe('1\n')
}

test('says which data directory another process uses', async () => {
  const first = await start()
  const second = startClickHouse({ dataDir })
  await expect(second).rejects.toThrow(DataDirectoryInUseError)
  await expect(second).rejects.toThrow(dataDir)
  await expect(second).rejects.toThrow(`process ${first.pid}`)
  expect(await post(first.url, { query: 'SELECT 1' })).toMatchObject({ text: '1\n' })
})

test('says which port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  undo.push(async () => other.close())
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const starting = startClickHouse({ dataDir, port })
  await expect(starting).rejects.toThrow(PortInUseError)
  await expect(starting).rejects.toThrow(String(port))
})

test('keeps every acknowledged row through kills, and each block once when it is sent again', async () => {
  const create =
    'CREATE TABLE IF NOT EXISTS t (block UInt32, row UInt32) ENGINE = MergeTree ORDER BY (block, row) SETTINGS non_replicated_deduplication_window = 1000'
  const rowsPerBlock = 1_000
  const acknowledged = new Set<number>()
  let block = 0
  for (let kill = 0; kill < 2; kill++) {
    const server = await startClickHouse({ dataDir, tmpDir })
    await post(server.url, {}, { body: create })
    const pending = new Set(Array.from({ length: 40 }, () => block++))
    const insert = async (id: number) => {
      const body = Array.from({ length: rowsPerBlock }, (_, row) => `${id}\t${row}\n`).join('')
      const search = { query: 'INSERT INTO t FORMAT TSV', insert_deduplication_token: `block-${id}` }
      const answer = await post(server.url, search, { body })
      if (answer.status === 200) acknowledged.add(id)
      return answer.status === 200
    }
    const work = Promise.allSettled([...pending].map(insert))
    await new Promise((resolve) => setTimeout(resolve, 60 + 60 * kill))
    process.kill(server.pid, 'SIGKILL')
    await work
    const again = await startClickHouse({ dataDir, tmpDir })
    const kept = await post(
      again.url,
      {},
      { body: `SELECT block, count() FROM t GROUP BY block FORMAT JSONCompactEachRow` },
    )
    const counts = new Map<number, number>(
      kept.text
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    )
    for (const id of acknowledged) expect(Number(counts.get(id)), `block ${id}`).toBe(rowsPerBlock)
    expect(
      readdirSync(tmpDir)
        .flatMap((name) => readdirSync(join(tmpDir, name)))
        .filter((name) => !name.startsWith('result-')),
    ).toEqual([])
    for (const id of pending) {
      const body = Array.from({ length: rowsPerBlock }, (_, row) => `${id}\t${row}\n`).join('')
      const search = { query: 'INSERT INTO t FORMAT TSV', insert_deduplication_token: `block-${id}` }
      expect(await post(again.url, search, { body })).toMatchObject({ status: 200 })
      acknowledged.add(id)
    }
    const total = await post(again.url, {}, { body: 'SELECT count(), uniqExact(block, row) FROM t' })
    expect(total.text).toBe(`${block * rowsPerBlock}\t${block * rowsPerBlock}\n`)
    await again.stop()
    expect(readdirSync(tmpDir)).toEqual([])
  }
})

test('answers 243 when a body does not fit on the disk, and goes on', async ({ skip }) => {
  const small = join(tmpDir, 'small')
  mkdirSync(small)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small], { stdio: 'ignore' })
  } catch {
    skip('only root can make a small file system')
  }
  mounts.push(small)
  const { url } = await start({ tmpDir: small })
  await post(url, {}, { body: 'CREATE TABLE t (a String) ENGINE = Memory' })
  const body = `${'x'.repeat(1_000)}\n`.repeat(20_000)
  for (const search of [{ query: 'INSERT INTO t FORMAT LineAsString' }, {}]) {
    const whole = 'query' in search ? body : `INSERT INTO t FORMAT LineAsString\n${body}`
    const answer = await post(url, search, { body: whole })
    expect(answer).toMatchObject({ status: 500, code: 243 })
    expect(answer.text).toMatch(/NOT_ENOUGH_SPACE/)
  }
  const left = readdirSync(small, { recursive: true }).map(String)
  expect(left.filter((name) => /[0-9a-f]{8}-/.test(name))).toEqual([])
  expect(await post(url, { query: 'INSERT INTO t FORMAT LineAsString' }, { body: 'fits' })).toMatchObject({
    status: 200,
  })
  expect(await post(url, {}, { body: 'SELECT count() FROM t' })).toMatchObject({ text: '1\n' })
})

test('finishes a running insert and cancels a running query when it is stopped', async () => {
  const server = await startClickHouse({ dataDir })
  await post(server.url, {}, { body: 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a' })
  const reading = post(
    server.url,
    {},
    { body: 'SELECT count() FROM numbers(1e13) WHERE NOT ignore(sipHash64(number))' },
  )
  await until(server.url, 'sipHash64')
  const body = Array.from({ length: 2_000_000 }, (_, i) => `${i}\n`).join('')
  const writing = post(server.url, { query: 'INSERT INTO t FORMAT TSV' }, { body })
  await until(server.url, 'INSERT INTO t')
  const start = performance.now()
  await server.stop()
  expect(performance.now() - start).toBeLessThan(5_000)
  expect(await server.exited).toEqual({ code: 0, signal: null })
  expect(await reading).toMatchObject({ code: 394 })
  expect(await writing).toMatchObject({ status: 200 })
  const again = await startClickHouse({ dataDir })
  undo.push(() => again.stop())
  expect(await post(again.url, {}, { body: 'SELECT count() FROM t' })).toMatchObject({ text: '2000000\n' })
})

test('refuses a query that needs more memory than the cap, and goes on', async () => {
  const server = await start({ maxMemoryBytes: 700_000_000 })
  const client = createClient({ url: server.url })
  undo.push(() => client.close())
  const answer = await post(
    server.url,
    {},
    { body: 'SELECT groupArray(number) FROM numbers(200000000) FORMAT Null' },
  )
  expect(answer).toMatchObject({ code: 241 })
  expect(await client.ping()).toEqual({ success: true })
  expect(await post(server.url, { query: 'SELECT 1' })).toMatchObject({ text: '1\n' })
})
