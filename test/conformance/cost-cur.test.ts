import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { liveAws, runCollector } from '@polo/collectors'
import { type PoloConfig, parseConfig, parseEnvelope } from '@polo/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { costCur } from '../../packages/collectors/src/aws/cost-cur.ts'
import { memoryStore } from '../collectors/harness.ts'
import { FIXTURES } from '../ingester/load/cur-loads.ts'
import { type BulkBucketStage, credentials, REGION, startBulkBucket } from './bulk-bucket.ts'
import { PAGE_SIZE, withSmallPages } from './with-small-pages.ts'

/** The emulator's only account. */
const ACCOUNT = '123456789012'
const BUCKET = 'mock-cur-v2-bucket'
const PREFIX = 'exports/org/'
const MANIFEST = 'metadata/BILLING_PERIOD=2024-09/MockTestReportV2-Manifest.json'
const DATA = 'data/BILLING_PERIOD=2024-09/MockTestReportV2-00001.csv.gz'
/** The sample's month does not grow younger. */
const KEPT = { retentionDays: { cost_line_items: 36_500 } }

let stage: BulkBucketStage
beforeAll(async () => {
  stage = await startBulkBucket(BUCKET, (source) => ({
    costExports: [{ ...source, prefix: PREFIX, name: 'org' }],
    ...KEPT,
  }))
})
afterAll(() => stage?.stop())

async function put(key: string, body: string | Buffer): Promise<void> {
  await stage.put(`${PREFIX}${key}`, body)
}

/** The delivery of the fixture, below a prefix; the file first, as AWS delivers. */
async function deliver(): Promise<void> {
  const manifest = await readFile(join(FIXTURES, 'keboola-cur', MANIFEST), 'utf8')
  await put(DATA, await readFile(join(FIXTURES, 'keboola-cur', DATA)))
  await put(MANIFEST, manifest.replace(`${BUCKET}/data`, `${BUCKET}/${PREFIX}data`))
}

async function collect(config: PoloConfig = stage.config) {
  const bodies: string[] = []
  const run = await runCollector(
    {
      collector: costCur,
      account: { id: ACCOUNT, role: '', tagDefaults: {} },
      slot: new Date(),
      regions: [REGION],
      budgetUsd: 0,
      timeoutMs: 120_000,
    },
    {
      aws: withSmallPages(liveAws({ endpoint: stage.endpoint, credentials, regions: [REGION] })),
      sink: { send: async (body: string) => void bodies.push(body) },
      config,
      state: memoryStore(),
    },
  )
  return { run, bodies: bodies.filter((body) => parseEnvelope(body).schema.name === 'bulk_load/1') }
}

async function loadAll(): Promise<Record<string, unknown>[]> {
  await stage.load()
  // S3 tells times in whole seconds, so deliveries of one second are told apart by when they were seen.
  return await stage.select(
    'SELECT status, error, files, rows, sums FROM bulk_load_status ORDER BY modified_at, observed_at',
  )
}

test('the bucket is listed, its manifest asked for, and what it names read by the database', async () => {
  for (let file = 0; file < PAGE_SIZE; file++) await put(`data/other-${file}.csv.gz`, 'x')
  await deliver()
  const { run, bodies } = await collect()
  expect(run).toMatchObject({ status: 'complete', errors: [] })
  expect(run.api_calls['s3:ListBucket']).toBeGreaterThan(1)
  await stage.ingest(bodies, 'cost_cur')

  expect(await loadAll()).toEqual([
    {
      status: 'loaded',
      error: '',
      files: 1,
      rows: 4,
      sums: expect.objectContaining({ unblended_cost: '0.108304' }),
    },
  ])
})

test('what S3 tells of the delivery asks for the same load', async () => {
  const bodies = await stage.askTold()
  expect(bodies).toHaveLength(1)
  await stage.ingest(bodies, 'objects')

  expect(
    await stage.select('SELECT count() AS asked, uniqExact(load_id) AS loads FROM bulk_load_status'),
  ).toEqual([{ asked: 1, loads: 1 }])
})

test('a file that the manifest names and that is not in the bucket keeps it from being loaded', async () => {
  const manifest = JSON.stringify({
    executionId: 'two',
    dataFiles: [`s3://${BUCKET}/${PREFIX}${DATA}`, `s3://${BUCKET}/${PREFIX}data/not-there.csv.gz`],
  })
  await put(MANIFEST, manifest)
  const { bodies } = await collect()
  await stage.ingest(bodies, 'cost_cur')

  expect((await loadAll()).at(-1)).toMatchObject({
    status: 'failed',
    error: `1 of 2 files are not there (yet), such as ${PREFIX}data/not-there.csv.gz`,
  })
  expect(await stage.select('SELECT count() AS lines FROM cost_line_items')).toEqual([{ lines: 4 }])
})

test('a file that is newer than its manifest is of a delivery that has not finished', async () => {
  await deliver()
  // S3 tells times in whole seconds.
  await sleep(1_100)
  await put(DATA, await readFile(join(FIXTURES, 'keboola-cur', DATA)))
  const { bodies } = await collect()
  await stage.ingest(bodies, 'cost_cur')
  await stage.truncate('bulk_load_results')

  const loads = await loadAll()
  expect(loads.map(({ error }) => error)).toContain(
    `${PREFIX}${DATA} is newer than the manifest that names it: a newer delivery is under way`,
  )
})

test('a file of the bucket that is cut off is named, and not tried again', async () => {
  const bytes = await readFile(join(FIXTURES, 'keboola-cur', DATA))
  await put(DATA, bytes.subarray(0, bytes.length / 2))
  const manifest = { executionId: 'cut', dataFiles: [`s3://${BUCKET}/${PREFIX}${DATA}`] }
  await put(MANIFEST, JSON.stringify(manifest))
  const { bodies } = await collect()
  await stage.ingest(bodies, 'cost_cur')

  const loads = await loadAll()
  expect(loads.filter(({ status }) => status === 'given_up')).toMatchObject([
    { error: expect.stringContaining(`${PREFIX}${DATA} cannot be read: inflate failed`) },
  ])
  expect(await stage.select('SELECT count() AS lines FROM cost_line_items')).toEqual([{ lines: 4 }])
})

test('a bucket that does not exist is told, and is no empty one', async () => {
  const { run } = await collect(
    parseConfig({ costExports: [{ name: 'org', bucket: 'no-such-bucket', region: REGION }] }),
  )
  expect(run.status).not.toBe('complete')
  expect(run.errors.join()).toContain('NoSuchBucket')
})
