import { ListObjectsV2Command, type ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3'
import { requestLoad } from '@polo/core'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, it } from 'vitest'
import { costCur } from '../../../packages/collectors/src/aws/cost-cur.ts'
import { ACCOUNT, awsError, collect, memoryStore, OBSERVED_AT } from '../harness.ts'

const s3 = mockClient(S3Client)
beforeEach(() => {
  s3.reset()
})

const EXPORT = { name: 'org', bucket: 'billing', prefix: 'exports/org/', region: 'eu-west-1' }
const OTHER = { name: 'old', bucket: 'reports', region: 'us-east-1' }
const config = { costExports: [EXPORT] }
const DAY = 86_400_000

function listing(
  ...objects: (readonly [key: string, etag: string, day: number])[]
): Partial<ListObjectsV2CommandOutput> {
  return {
    KeyCount: objects.length,
    Contents: objects.map(([Key, etag, day]) => ({
      Key,
      ETag: `"${etag}"`,
      Size: 700,
      LastModified: new Date(Date.UTC(2026, 1, 1) + day * DAY),
    })),
  }
}

const manifest = (period: string, delivery = '') =>
  `exports/org/metadata/BILLING_PERIOD=${period}/${delivery}org-Manifest.json`

function request(key: string, etag: string, { period, day }: { period: string; day: number }) {
  return {
    ...requestLoad({
      kind: 'cur',
      source: 'org',
      target: `org/${period}`,
      storage: 's3',
      aws_account_id: ACCOUNT,
      bucket: 'billing',
      region: 'eu-west-1',
      key,
      etag,
      bytes: 700,
      modified_at: new Date(Date.UTC(2026, 1, 1) + day * DAY).toISOString(),
    }),
    observed_at: OBSERVED_AT.toISOString(),
  }
}

it('asks for the newest manifest of each period, across pages, and for nothing else', async () => {
  s3.on(ListObjectsV2Command, { Bucket: 'billing', Prefix: 'exports/org/' })
    .resolvesOnce({
      ...listing(
        ['exports/org/data/BILLING_PERIOD=2026-01/org-00001.snappy.parquet', 'd1', 0],
        [manifest('2026-01', 'run-1/'), 'm1', 0],
        [manifest('2026-01', 'run-2/'), 'm2', 1],
      ),
      NextContinuationToken: 'more',
      IsTruncated: true,
    })
    .on(ListObjectsV2Command, { Bucket: 'billing', ContinuationToken: 'more' })
    .resolves(listing([manifest('2026-02'), 'm3', 2]))

  const { rows, run } = await collect(costCur, { config })

  expect(run).toMatchObject({ status: 'complete', api_calls: {}, notes: [] })
  expect(await rows('bulk_load/1')).toEqual([
    request(manifest('2026-01', 'run-2/'), 'm2', { period: '2026-01', day: 1 }),
    request(manifest('2026-02'), 'm3', { period: '2026-02', day: 2 }),
  ])
})

it('reads the layout of legacy reports, without the copies in the folders of assemblies', async () => {
  const top = 'exports/org/20260101-20260201/org-Manifest.json'
  const copy = 'exports/org/20260101-20260201/0a1b-2c3d/org-Manifest.json'
  s3.on(ListObjectsV2Command).resolves(listing([copy, 'm0', 0], [top, 'm1', 0]))

  const { rows } = await collect(costCur, { config })

  expect(await rows('bulk_load/1')).toEqual([request(top, 'm1', { period: '2026-01', day: 0 })])
})

it('asks again only for what was delivered since the slot before', async () => {
  const state = memoryStore()
  s3.on(ListObjectsV2Command).resolves(
    listing([manifest('2026-01'), 'm1', 0], [manifest('2026-02'), 'm2', 1]),
  )
  await collect(costCur, { config, state, slot: new Date('2026-03-01T05:30:00Z') })
  s3.on(ListObjectsV2Command).resolves(
    listing([manifest('2026-01'), 'm1', 0], [manifest('2026-02'), 'm3', 2]),
  )

  const { rows, run } = await collect(costCur, { config, state, slot: new Date('2026-03-02T05:30:00Z') })

  expect(run.status).toBe('complete')
  expect(await rows('bulk_load/1')).toEqual([
    request(manifest('2026-02'), 'm3', { period: '2026-02', day: 2 }),
  ])
})

it('asks again for what was rejected, and names it until then', async () => {
  const state = memoryStore()
  const [key, at] = [manifest('2026-01'), new Date('2026-02-01T00:00:00Z')]
  const answer = (Size: number) => ({
    KeyCount: 1,
    Contents: [{ Key: key, ETag: '"m1"', Size, LastModified: at }],
  })
  s3.on(ListObjectsV2Command).resolves(answer(-1))
  const rejected = await collect(costCur, { config, state, slot: new Date('2026-03-01T05:30:00Z') })
  s3.on(ListObjectsV2Command).resolves(answer(700))
  const next = await collect(costCur, { config, state, slot: new Date('2026-03-02T05:30:00Z') })

  expect(rejected.run.status).toBe('partial')
  expect(rejected.run.errors).toEqual([expect.stringContaining('was rejected')])
  expect(await rejected.rows('bulk_load/1')).toEqual([])
  expect(await next.rows('bulk_load/1')).toEqual([request(key, 'm1', { period: '2026-01', day: 0 })])
})

it('does not ask for periods that are kept no more, says so, and asks for them once they are', async () => {
  const state = memoryStore()
  const legacy = 'exports/org/20190101-20190201/org-Manifest.json'
  s3.on(ListObjectsV2Command).resolves(
    listing([legacy, 'm0', 0], [manifest('2022-10'), 'm1', 0], [manifest('2022-11'), 'm2', 0]),
  )
  // 1200 days after November 2022 has ended.
  const slot = new Date('2026-03-14T23:59:59Z')
  const { run, rows } = await collect(costCur, { config, state, slot })
  expect(run).toMatchObject({
    status: 'complete',
    notes: [
      'us-east-1: org: the 2 periods until 2022-10 ended more than 1200 days ago (retentionDays.cost_line_items): not asked for',
    ],
  })
  expect(await rows('bulk_load/1')).toMatchObject([{ target: 'org/2022-11' }])
  const later = { config, state, slot: new Date('2026-03-15T00:00:00Z') }
  expect((await collect(costCur, later)).run.notes).toEqual([
    expect.stringContaining('the 3 periods until 2022-11'),
  ])

  const longer = { ...config, retentionDays: { cost_line_items: 4_000 } }
  const raised = await collect(costCur, { config: longer, state, slot: new Date('2026-03-16T05:30:00Z') })
  expect(await raised.rows('bulk_load/1')).toMatchObject([
    { target: 'org/2019-01' },
    { target: 'org/2022-10' },
    { target: 'org/2022-11' },
  ])
})

it('names exports that share a prefix, and does not let them take turns', async () => {
  const other = 'exports/org/focus/metadata/BILLING_PERIOD=2026-01/org-focus-Manifest.json'
  s3.on(ListObjectsV2Command).resolves(
    listing([manifest('2026-01'), 'm1', 0], [other, 'f1', 1], [manifest('2026-02'), 'm2', 1]),
  )
  const { run, rows } = await collect(costCur, { config })
  expect(run.status).toBe('partial')
  expect(run.errors.join()).toContain(
    'exports/org/org and exports/org/focus/org-focus are different exports of 2026-01 below one prefix',
  )
  expect(await rows('bulk_load/1')).toMatchObject([{ target: 'org/2026-02' }])
})

it('says that there is nothing to look at where no export is configured', async () => {
  const { rows, run } = await collect(costCur)
  expect(run).toMatchObject({
    status: 'complete',
    notes: [expect.stringContaining('polo.config.ts names no costExports')],
  })
  expect(await rows('bulk_load/1')).toEqual([])
})

it('says where a bucket holds no manifest', async () => {
  s3.on(ListObjectsV2Command).resolves({ KeyCount: 0 })
  const { run } = await collect(costCur, { config })
  expect(run.status).toBe('complete')
  expect(run.notes).toEqual([
    expect.stringContaining('org: there is no manifest in s3://billing/exports/org/'),
  ])
})

it('does not take an answer without its list for an empty one', async () => {
  s3.on(ListObjectsV2Command).resolves({})
  const { run } = await collect(costCur, { config })
  expect(run.status).not.toBe('complete')
})

it('goes on with other exports where one may not be read, names it, and forgets nothing of it', async () => {
  const state = memoryStore()
  const both = { costExports: [EXPORT, OTHER] }
  const legacy = '20260101-20260201/old-Manifest.json'
  s3.on(ListObjectsV2Command, { Bucket: 'billing' }).resolves(listing([manifest('2026-01'), 'm1', 0]))
  s3.on(ListObjectsV2Command, { Bucket: 'reports' }).resolves(listing([legacy, 'o1', 0]))
  await collect(costCur, { config: both, state, slot: new Date('2026-03-01T05:30:00Z') })
  s3.on(ListObjectsV2Command, { Bucket: 'billing' }).rejects(awsError('AccessDenied'))
  s3.on(ListObjectsV2Command, { Bucket: 'reports' }).resolves(listing([legacy, 'o2', 1]))
  const second = await collect(costCur, { config: both, state, slot: new Date('2026-03-02T05:30:00Z') })
  s3.on(ListObjectsV2Command, { Bucket: 'billing' }).resolves(listing([manifest('2026-01'), 'm1', 0]))
  const third = await collect(costCur, { config: both, state, slot: new Date('2026-03-03T05:30:00Z') })

  expect(second.run.status).toBe('partial')
  expect(second.run.errors).toEqual([expect.stringContaining('org (s3://billing/exports/org/)')])
  expect(await second.rows('bulk_load/1')).toMatchObject([{ source: 'old', etag: 'o2' }])
  expect(await third.rows('bulk_load/1')).toEqual([])
})
