import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { PoloConfig } from '@polo/core'
import { createLoader, loadKinds, loadSources } from '@polo/ingester'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { batch, bodyOf, record } from '../factories.ts'
import { type Pipeline, startPipeline } from '../pipeline.ts'
import { fileLoad, makeDirectory, writeCsv } from './cur-loads.ts'

const PROCESS = fileURLToPath(new URL('./killable-loader-process.ts', import.meta.url))
const LONG_LEASE_MS = 600_000
const SHORT_LEASE_MS = 1_500

let polo: Pipeline
let directory: Awaited<ReturnType<typeof makeDirectory>>
beforeAll(async () => {
  polo = await startPipeline()
  directory = await makeDirectory()
})
afterAll(async () => {
  await polo?.stop()
  await directory?.remove()
})

beforeEach(async () => {
  for (const table of ['bulk_loads', 'bulk_load_results', 'cost_line_items'])
    await polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` })
  const lines = ['2025-01-01T00:00:00Z,111122223333,1', '2025-01-02T00:00:00Z,111122223333,2']
  const header = 'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost'
  await writeCsv(directory.path, 'x.csv', [header, ...lines])
  const body = await bodyOf([fileLoad(directory.path, './')], { schema: 'bulk_load/1' })
  await polo.ingest(batch(record(body, { sender: 'AROACONTROL:one' })))
})

/** Starts a loader and kills it as soon as it has come so far. */
async function kill(until: 'staged' | 'replaced', leaseMs: number): Promise<void> {
  const child = fork(PROCESS, [polo.url, polo.database, directory.path, String(leaseMs), until])
  await once(child, 'message')
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const next = () => {
  const config = PoloConfig.parse({})
  return createLoader({
    clickhouse: polo.clickhouse,
    target: { kind: 'embedded' },
    kinds: loadKinds(config),
    sources: loadSources(config),
    directories: [directory.path],
    name: 'next',
  })
}

const endLease = () =>
  polo.clickhouse.command({
    query: `INSERT INTO bulk_load_results
      SELECT * REPLACE (now64(3) - INTERVAL 1 SECOND AS lease_until, now64(3) AS recorded_at)
      FROM bulk_load_results FINAL WHERE loader = 'killed'`,
  })
const isLeaseOver = () =>
  polo.select("SELECT max(lease_until) < now64(3) AS over FROM bulk_load_results WHERE loader = 'killed'")
const line = 'SELECT count() AS n, toString(sum(unblended_cost)) AS cost FROM cost_line_items'
const staged = "SELECT count() AS n FROM system.tables WHERE name LIKE 'polo_staging%'"

it('leaves nothing to be seen when it is killed, and what it was at is loaded once its lease has run out', async () => {
  await kill('staged', LONG_LEASE_MS)

  expect(await polo.select('SELECT count() AS n FROM cost_line_items')).toEqual([{ n: 0 }])
  expect(await polo.select(staged)).toEqual([{ n: 1 }])

  const loader = next()
  await loader.run()
  expect(await polo.select('SELECT status FROM bulk_load_status')).toEqual([{ status: 'loading' }])
  await endLease()
  await loader.run()

  expect(await polo.select(staged)).toEqual([{ n: 0 }])
  expect(await polo.select('SELECT attempt, status FROM bulk_load_status')).toMatchObject([
    { attempt: 2, status: 'loaded' },
  ])
  expect(await polo.select(line)).toEqual([{ n: 2, cost: '3' }])
})

it('loads once more what had taken its place when it was killed, which changes nothing', async () => {
  await kill('replaced', SHORT_LEASE_MS)
  expect(await polo.select(line)).toEqual([{ n: 2, cost: '3' }])

  await expect.poll(isLeaseOver).toEqual([{ over: 1 }])
  expect(await next().run()).toMatchObject({ loaded: 1 })

  expect(await polo.select(line)).toEqual([{ n: 2, cost: '3' }])
  expect(await polo.select(staged)).toEqual([{ n: 0 }])
  expect(await polo.select('SELECT attempt, status FROM bulk_load_status')).toEqual([
    { attempt: 2, status: 'loaded' },
  ])
})
