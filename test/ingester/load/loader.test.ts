import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseError } from '@clickhouse/client'
import type { BulkLoad } from '@polo/core'
import {
  createLoader,
  INTERRUPTED_LOAD,
  LoadError,
  type LoaderOptions,
  type LoadKind,
  readLoads,
  requeueLoads,
} from '@polo/ingester'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { batch, bodyOf, loadRow, record } from '../factories.ts'
import { type Pipeline, startPipeline } from '../pipeline.ts'
import { inMinutes } from '../reconciliation-rows.ts'

const BUCKET = { name: 'one', bucket: 'billing', prefix: 'exports/', region: 'us-east-1' }
const TIMING = { firstRetryMs: 60_000, longestRetryMs: 120_000, maxTries: 3, leaseMs: 60_000 }

let polo: Pipeline
let directory: string
beforeAll(async () => {
  polo = await startPipeline()
  directory = await mkdtemp(join(tmpdir(), 'polo-loads-'))
  await polo.clickhouse.command({
    query: `CREATE TABLE lines (day Date, line String)
      ENGINE = ReplacingMergeTree PARTITION BY day ORDER BY line TTL day + INTERVAL 10 YEAR`,
  })
})
afterAll(async () => {
  await polo?.stop()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(async () => {
  for (const table of ['bulk_loads', 'bulk_load_results', 'lines'])
    await polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` })
})

async function ask(...loads: BulkLoad[]): Promise<void> {
  const body = await bodyOf(loads, { schema: 'bulk_load/1' })
  await polo.ingest(batch(record(body, { sender: 'AROACONTROL:one' })))
}

/** Tells what it was given; `load` may throw for it. */
function fakeKind(load: (loads: readonly BulkLoad[]) => void = () => {}, batchSize = 1) {
  const given: string[][] = []
  const kind: LoadKind = {
    kind: 'cur',
    batchSize,
    async load(loads) {
      given.push(loads.map(({ key, etag }) => `${key.split('/').at(-1)} ${etag}`))
      load(loads)
      return loads.map(() => ({ files: 1, rows: 2, sums: { unblended_cost: '0.5' } }))
    },
  }
  return { kind, given }
}

function loaderOf(kind: LoadKind, options: Partial<LoaderOptions> = {}) {
  return createLoader({
    clickhouse: polo.clickhouse,
    target: { kind: 'embedded' },
    kinds: [kind],
    sources: { cur: [BUCKET], flow_logs: [] },
    name: 'test',
    timing: TIMING,
    ...options,
  })
}

function standing(columns = 'status, tries'): Promise<Record<string, unknown>[]> {
  return polo.select(`SELECT ${columns} FROM bulk_load_status ORDER BY key, modified_at`)
}

it('loads what is asked for once, and says what it brought in', async () => {
  const { kind, given } = fakeKind()
  await ask(loadRow())

  expect(await loaderOf(kind).run()).toEqual({ loaded: 1, failed: 0, given_up: 0, superseded: 0 })
  expect(await loaderOf(kind).run()).toEqual({ loaded: 0, failed: 0, given_up: 0, superseded: 0 })

  expect(given).toEqual([['Manifest.json e1']])
  expect(await standing('status, tries, attempt, files, rows, sums, loader')).toEqual([
    {
      status: 'loaded',
      tries: 0,
      attempt: 1,
      files: 1,
      rows: 2,
      sums: { unblended_cost: '0.5' },
      loader: 'test',
    },
  ])
})

it('takes the same request from its event and from a listing for one', async () => {
  const { kind, given } = fakeKind()
  await ask(loadRow())
  await ask(loadRow({ modified_at: '2026-03-01T10:00:01.000Z', observed_at: inMinutes(1) }))
  await loaderOf(kind).run()
  expect(given).toHaveLength(1)
})

it('loads only the newest of one target, and tells the older ones as superseded', async () => {
  const { kind, given } = fakeKind()
  await ask(
    loadRow({ etag: 'old', modified_at: '2026-03-01T10:00:00.000Z' }),
    loadRow({ etag: 'new', modified_at: '2026-03-02T10:00:00.000Z' }),
  )
  expect(await loaderOf(kind).run()).toMatchObject({ loaded: 1, superseded: 1 })
  await ask(loadRow({ etag: 'late', modified_at: '2026-03-01T12:00:00.000Z' }))
  expect(await loaderOf(kind).run()).toMatchObject({ loaded: 0, superseded: 1 })

  expect(given).toEqual([['Manifest.json new']])
  expect(await standing('etag, status')).toEqual([
    { etag: 'old', status: 'superseded' },
    { etag: 'late', status: 'superseded' },
    { etag: 'new', status: 'loaded' },
  ])
})

it('tries again what failed, later each time, and gives it up after the last try', async () => {
  const { kind, given } = fakeKind(() => {
    throw new LoadError('a file is missing')
  })
  await ask(loadRow())
  const loader = loaderOf(kind, { timing: { ...TIMING, firstRetryMs: 0, longestRetryMs: 0 } })

  expect(await loader.run()).toEqual({ loaded: 0, failed: 2, given_up: 1, superseded: 0 })
  expect(given).toHaveLength(3)
  expect(await standing('status, tries, error')).toEqual([
    { status: 'given_up', tries: 3, error: 'a file is missing' },
  ])
})

it('waits before it tries again', async () => {
  const { kind, given } = fakeKind(() => {
    throw new LoadError('a file is missing')
  })
  await ask(loadRow())
  await loaderOf(kind).run()
  await loaderOf(kind).run()

  expect(given).toHaveLength(1)
  expect(
    await standing(`status, retry_at >= started_at + INTERVAL 60 SECOND AS waits,
      retry_at <= recorded_at + INTERVAL 60 SECOND AS waits_no_longer`),
  ).toEqual([{ status: 'failed', waits: 1, waits_no_longer: 1 }])
})

it('gives up at once what cannot succeed', async () => {
  const { kind } = fakeKind(() => {
    throw new LoadError('there is no column of costs', { isFinal: true })
  })
  await ask(loadRow())
  expect(await loaderOf(kind).run()).toMatchObject({ failed: 0, given_up: 1 })
})

it('loads in batches, and halves one that fails until what is at fault is alone', async () => {
  const { kind, given } = fakeKind((loads) => {
    if (loads.some(({ key }) => key.endsWith('c'))) throw new LoadError('unreadable')
  }, 10)
  await ask(...['a', 'b', 'c', 'd'].map((name) => loadRow({ key: `exports/${name}` })))

  expect(await loaderOf(kind).run()).toEqual({ loaded: 3, failed: 1, given_up: 0, superseded: 0 })
  expect(given).toEqual([
    ['a e1', 'b e1', 'c e1', 'd e1'],
    ['a e1', 'b e1'],
    ['c e1', 'd e1'],
    ['c e1'],
    ['d e1'],
  ])
  expect(await standing('key, status')).toEqual([
    { key: 'exports/a', status: 'loaded' },
    { key: 'exports/b', status: 'loaded' },
    { key: 'exports/c', status: 'failed' },
    { key: 'exports/d', status: 'loaded' },
  ])
})

it('loads what failed for want of memory in ever smaller company, and what is new apart from it', async () => {
  const { kind, given } = fakeKind((loads) => {
    if (!loads.some(({ key }) => key.endsWith('huge'))) return
    throw new ClickHouseError({ code: '241', message: 'too much', type: 'MEMORY_LIMIT_EXCEEDED' })
  }, 16)
  await ask(...['a', 'b', 'huge', 'c', 'd', 'e'].map((name) => loadRow({ key: `exports/${name}` })))
  const loader = loaderOf(kind, { timing: { ...TIMING, firstRetryMs: 0, longestRetryMs: 0 } })

  expect(await loader.run()).toMatchObject({ loaded: 5, given_up: 1 })
  expect(given.map((keys) => keys.map((key) => key.split(' ')[0]).join(' '))).toEqual([
    'a b c d e huge',
    'a b c d',
    'e huge',
    'e',
    'huge',
  ])
})

it('does not load what the configuration does not name, whoever asks for it', async () => {
  const { kind, given } = fakeKind()
  await ask(
    loadRow({ key: 'exports/a', source: 'other' }),
    loadRow({ key: 'exports/b', bucket: 'somebody-elses' }),
    loadRow({ key: 'not-exports/c' }),
  )
  expect(await loaderOf(kind).run()).toMatchObject({ given_up: 3 })

  expect(given).toEqual([])
  const errors = await standing('error')
  expect(errors).toEqual([
    { error: 'billing/exports/a is not loaded: polo.config.ts names no source other for it' },
    {
      error:
        'somebody-elses/exports/b is not loaded: it is not in s3://billing/exports/, which is what one means',
    },
    {
      error:
        'billing/not-exports/c is not loaded: it is not in s3://billing/exports/, which is what one means',
    },
  ])
})

it('refuses keys that are patterns', async () => {
  const kind: LoadKind = {
    kind: 'cur',
    batchSize: 1,
    async load([load], { files }) {
      return [{ files: 0, rows: files.table([load?.key ?? ''], 'One').length }]
    },
  }
  const keys = [
    'exports/*',
    'exports/{a,b}',
    "exports/a','b",
    'exports/../secrets',
    'exports/a?b',
    'exports/a b',
  ]
  await ask(...keys.map((key) => loadRow({ key })))
  expect(await loaderOf(kind).run()).toMatchObject({ loaded: 0, given_up: keys.length })
})

it('loads again what was loaded or given up when an operator asks for it, once', async () => {
  let isBroken = true
  const { kind, given } = fakeKind(([load]) => {
    if (isBroken && load?.key === 'exports/bad') throw new LoadError('unreadable', { isFinal: true })
  })
  await ask(loadRow({ key: 'exports/good' }), loadRow({ key: 'exports/bad' }))
  expect(await loaderOf(kind).run()).toMatchObject({ loaded: 1, given_up: 1 })
  expect(await loaderOf(kind).run()).toMatchObject({ loaded: 0, given_up: 0 })

  isBroken = false
  await requeueLoads(polo.clickhouse, await readLoads(polo.clickhouse))
  expect(await standing('status')).toEqual([{ status: 'pending' }, { status: 'pending' }])
  expect(await loaderOf(kind).run()).toMatchObject({ loaded: 2 })
  expect(await loaderOf(kind).run()).toMatchObject({ loaded: 0 })
  expect(given).toHaveLength(4)
})

it('finds loads by their ids and by how they stand', async () => {
  const [good, bad] = [loadRow({ key: 'exports/good' }), loadRow({ key: 'exports/bad' })]
  const { kind } = fakeKind(([load]) => {
    if (load?.key === bad.key) throw new LoadError('unreadable', { isFinal: true })
  })
  await ask(good, bad)
  await loaderOf(kind).run()
  const found = async (filter: Parameters<typeof readLoads>[1]) =>
    (await readLoads(polo.clickhouse, filter)).map(({ key }) => key)

  expect(await found({ ids: [good.load_id, 'no id'] })).toEqual([good.key])
  expect(await found({ ids: ['no id'] })).toEqual([])
  expect(await found({ statuses: ['given_up', 'failed'] })).toEqual([bad.key])
  expect(await found({ statuses: ['loaded'] })).toEqual([good.key])
  expect(await found({ ids: [good.load_id], statuses: ['given_up'] })).toEqual([])
  expect(await found({})).toEqual([bad.key, good.key])
})

it('finds however many are named', async () => {
  const loads = Array.from({ length: 10_050 }, (_, index) => loadRow({ key: `exports/${index}` }))
  await polo.clickhouse.insert({
    table: 'bulk_loads',
    values: loads,
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  const found = await readLoads(polo.clickhouse, { ids: loads.map(({ load_id }) => load_id) })
  expect(new Set(found.map(({ load_id }) => load_id)).size).toBe(loads.length)
})

it('does not take for new what is older than 400 days, whether or not its result has expired', async () => {
  const { kind, given } = fakeKind()
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
  // Merges, which delete what has expired, come some time later.
  await polo.clickhouse.command({ query: 'SYSTEM STOP TTL MERGES bulk_loads' })
  await polo.clickhouse.insert({
    table: 'bulk_loads',
    values: [
      loadRow({ key: 'exports/old', observed_at: daysAgo(401) }),
      loadRow({ observed_at: daysAgo(399) }),
    ],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  await loaderOf(kind).run()
  await polo.clickhouse.command({ query: 'SYSTEM START TTL MERGES bulk_loads' })

  expect(given).toEqual([['Manifest.json e1']])
  expect(await standing('key')).toHaveLength(1)
})

it('keeps results longer than requests', async () => {
  const ttls = await polo.select(
    `SELECT name, toUInt32(extract(create_table_query, 'toIntervalDay\\((\\d+)\\)')) AS days FROM system.tables
     WHERE database = currentDatabase() AND name IN ('bulk_loads', 'bulk_load_results') ORDER BY name`,
  )
  expect(ttls).toEqual([
    { name: 'bulk_load_results', days: 460 },
    { name: 'bulk_loads', days: 400 },
  ])
})

it('leaves files of other directories to whoever was told of them', async () => {
  const { kind, given } = fakeKind()
  await ask(
    loadRow({ storage: 'file', bucket: '/data/one' }),
    loadRow({ storage: 'file', bucket: '/data/two' }),
  )

  expect(await loaderOf(kind).run()).toMatchObject({ loaded: 0 })
  expect(await loaderOf(kind, { directories: ['/data/two'] }).run()).toMatchObject({ loaded: 1 })
  expect(given).toHaveLength(1)
  expect(await standing('bucket, status')).toEqual(
    expect.arrayContaining([
      { bucket: '/data/one', status: 'pending' },
      { bucket: '/data/two', status: 'loaded' },
    ]),
  )
})

it('leaves to another loader what that one is at, until its lease has run out', async () => {
  const { kind, given } = fakeKind()
  await ask(loadRow())
  const { load_id } = loadRow()
  const claim = (leaseUntil: string) =>
    polo.clickhouse.insert({
      table: 'bulk_load_results',
      format: 'JSONEachRow',
      values: [
        {
          load_id,
          attempt: 1,
          status: 'loading',
          loader: 'another',
          lease_until: leaseUntil,
          recorded_at: new Date().toISOString(),
        },
      ],
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
  await claim(new Date(Date.now() + 60_000).toISOString())
  await loaderOf(kind).run()
  expect(given).toEqual([])

  await sleep(2)
  await claim(new Date(Date.now() - 1).toISOString())
  expect(await loaderOf(kind).run()).toMatchObject({ loaded: 1 })
  expect(await standing('status, attempt')).toEqual([{ status: 'loaded', attempt: 2 }])
})

it('stages rows in a table that neither replaces nor expires any, and leaves no table behind', async () => {
  await mkdir(join(directory, 'in'), { recursive: true })
  await writeFile(join(directory, 'in/a.csv'), '2001-01-01,x\n2001-01-01,x\n')
  const counts: unknown[] = []
  const kind: LoadKind = {
    kind: 'flow_logs',
    batchSize: 1,
    async load([load], { files, staging, synced, run, select }) {
      const table = await staging('lines')
      const source = files.table([load?.key ?? ''], 'CSV', 'day Date, line String')
      await run(`INSERT INTO ${table} SELECT day, line FROM ${source}`)
      await synced(table)
      counts.push(await select(`SELECT count() AS rows FROM ${table}`))
      throw new LoadError('on purpose')
    },
  }
  await polo.clickhouse.command({ query: 'CREATE TABLE polo_staging_0_1_0 (x UInt8) ENGINE = Memory' })
  await ask(loadRow({ kind: 'flow_logs', storage: 'file', bucket: directory, key: 'in/a.csv' }))
  await loaderOf(kind, { directories: [directory] }).run()

  expect(counts).toEqual([[{ rows: 2 }]])
  expect(await polo.select("SELECT name FROM system.tables WHERE name LIKE 'polo_staging%'")).toEqual([])
})

it('says which files are there, and how large', async () => {
  await writeFile(join(directory, 'small.txt'), 'hello')
  const seen: unknown[] = []
  const kind: LoadKind = {
    kind: 'cur',
    batchSize: 1,
    async load(_, { files }) {
      seen.push(await files.stat(['small.txt', 'missing.txt']), await files.stat(['missing.txt']))
      seen.push(await files.stat(['small.txt']), await files.stat([]), await files.read('small.txt'))
      return [{ files: 0, rows: 0 }]
    },
  }
  await ask(loadRow({ storage: 'file', bucket: directory, key: 'small.txt' }))
  expect(await loaderOf(kind, { directories: [directory] }).run()).toMatchObject({ loaded: 1 })
  const small = new Map([['small.txt', { bytes: 5, modifiedAt: expect.any(Number) }]])
  expect(seen).toEqual([small, new Map(), small, new Map(), 'hello'])
})

it('stops taking requests when its time is up, and what it was at comes back', async () => {
  const controller = new AbortController()
  const kind: LoadKind = {
    kind: 'cur',
    batchSize: 1,
    async load(_, { select, signal }) {
      controller.abort(new Error('the time is up'))
      await select('SELECT 1')
      signal.throwIfAborted()
      return []
    },
  }
  await ask(loadRow({ key: 'exports/a' }), loadRow({ key: 'exports/b' }))
  expect(await loaderOf(kind).run({ signal: controller.signal })).toMatchObject({ loaded: 0, failed: 1 })
  expect(await standing('key, status, error')).toEqual([
    { key: 'exports/a', status: 'failed', error: INTERRUPTED_LOAD },
    { key: 'exports/b', status: 'pending', error: '' },
  ])
})
