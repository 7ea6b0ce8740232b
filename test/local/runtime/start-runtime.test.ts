import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPublisher, createSqsSink } from '@polo/collectors'
import { connectClickHouse } from '@polo/ingester'
import {
  CLICKHOUSE_PASSWORD_FILE,
  DataDirectoryInUseError,
  lookForRuntime,
  type Runtime,
  sqsClient,
  startRuntime,
} from '@polo/local'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sampleEvent } from '../../../bench/sample-events.ts'
import { KEEPING_SAMPLES } from '../../ingester/factories.ts'

const SLOT = '2026-01-15T00:00:00.000Z'
let dataDir: string
let runtime: Runtime

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polo-runtime-'))
  runtime = await startRuntime({ dataDir, config: KEEPING_SAMPLES, shared: true })
})

beforeEach(() => command('TRUNCATE TABLE resource_events'))

afterAll(async () => {
  await runtime.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function publish(rows: number, queueUrl = runtime.addresses.queueUrl) {
  const client = sqsClient(runtime.addresses.sqsEndpoint)
  const publisher = createPublisher({
    sink: createSqsSink({ client, queueUrl }),
    schema: 'resource_event/1',
    runId: crypto.randomUUID(),
    collector: 'config_ec2',
    onTooLarge(error) {
      throw error
    },
    onFailure() {},
  })
  for (let index = 0; index < rows; index++) await publisher.publish(sampleEvent(index, SLOT, SLOT))
  expect((await publisher.finish()).error).toBeUndefined()
}

async function countStored(): Promise<number> {
  const clickhouse = connectClickHouse({ url: runtime.addresses.clickhouseUrl, database: 'polo' })
  const result = await clickhouse.query({
    query: 'SELECT count() AS rows FROM resource_events FINAL',
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ rows: string }>()
  await clickhouse.close()
  return Number(row?.rows)
}

async function command(query: string): Promise<void> {
  const clickhouse = connectClickHouse({ url: runtime.addresses.clickhouseUrl, database: 'polo' })
  await clickhouse.command({ query })
  await clickhouse.close()
}

test('can be found by who knows the data directory', async () => {
  expect(await lookForRuntime(dataDir)).toEqual({ state: 'up', runtime: runtime.addresses })
})

test('can be found where an older or a newer Polo wrote down other addresses', async () => {
  const own = await mkdtemp(join(tmpdir(), 'polo-runtime-'))
  const { backfillQueueUrl, ...addresses } = runtime.addresses
  await writeFile(join(own, 'runtime.json'), JSON.stringify({ ...addresses, laterUrl: backfillQueueUrl }))
  expect(await lookForRuntime(own)).toEqual({ state: 'up', runtime: addresses })
  await rm(own, { recursive: true, force: true })
})

test('stores what is in the backfill queue, too', async () => {
  await publish(10, runtime.addresses.backfillQueueUrl)
  await expect.poll(countStored, { interval: 200 }).toBe(10)
})

test('keeps its ClickHouse to who can read its directory', async () => {
  const url = new URL(runtime.addresses.clickhouseUrl)
  const password = await readFile(join(dataDir, CLICKHOUSE_PASSWORD_FILE), 'utf8')
  expect([url.username, url.password]).toEqual(['polo', password.trim()])
  expect((await fetch(`${url.origin}/?query=SELECT%201`)).status).toBe(403)
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
})

test('refuses a second runtime on the same data directory and leaves the first one be', async () => {
  await expect(startRuntime({ dataDir, config: KEEPING_SAMPLES })).rejects.toThrow(
    new RegExp(`${dataDir}.*in use.*\\(process ${runtime.pids().ClickHouse}\\).*Wait.*polo up`),
  )
  expect(await lookForRuntime(dataDir)).toEqual({ state: 'up', runtime: runtime.addresses })
})

test('replaces an ingester that was killed, and stores what comes after', async () => {
  const killed = runtime.pids().ingester
  process.kill(killed ?? 0, 'SIGKILL')
  await expect.poll(() => runtime.pids().ingester).not.toBe(killed)
  await publish(3_000)
  await expect.poll(countStored, { interval: 200 }).toBe(3_000)
})

test('says what keeps its ingester from storing, until it stores again', async () => {
  await command('RENAME TABLE resource_events TO hidden_events')
  await publish(1)
  await expect.poll(() => runtime.lastIngesterProblem()).toMatch(/code 60|Code: 60/i)
  await command('RENAME TABLE hidden_events TO resource_events')
  await publish(2)
  await expect.poll(() => runtime.lastIngesterProblem()).toBeUndefined()
})

test('names the part that ended by itself, and leaves no trace of itself when stopped', async () => {
  const own = await mkdtemp(join(tmpdir(), 'polo-runtime-'))
  const other = await startRuntime({ dataDir: own, config: KEEPING_SAMPLES, shared: true })
  process.kill(other.pids().SQS ?? 0, 'SIGKILL')
  expect(await other.failed).toBe('SQS')
  await other.stop()
  expect(await lookForRuntime(own)).toEqual({ state: 'none' })
  await rm(own, { recursive: true, force: true })
})

test('is told apart from none where its database takes connections and does not answer', async () => {
  const own = await mkdtemp(join(tmpdir(), 'polo-runtime-'))
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const hung = { ...runtime.addresses, pid: process.pid, clickhouseUrl: `http://127.0.0.1:${port}` }
  await writeFile(join(own, 'runtime.json'), JSON.stringify(hung))
  expect(await lookForRuntime(own, { patienceMs: 100 })).toEqual({ state: 'hung', runtime: hung })
  silent.close()
  silent.closeAllConnections()
  await once(silent, 'close')
  expect(await lookForRuntime(own)).toEqual({ state: 'none' })
  await rm(own, { recursive: true, force: true })
})

test('is found by nobody when it ends with its command, which takes away what a killed one left', async () => {
  const own = await mkdtemp(join(tmpdir(), 'polo-runtime-'))
  await writeFile(join(own, 'runtime.json'), JSON.stringify(runtime.addresses))
  const short = await startRuntime({ dataDir: own, config: KEEPING_SAMPLES })
  expect(await lookForRuntime(own)).toEqual({ state: 'none' })
  await expect(startRuntime({ dataDir: own, config: KEEPING_SAMPLES })).rejects.toThrow(
    DataDirectoryInUseError,
  )
  await short.stop()
  await rm(own, { recursive: true, force: true })
})
