import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { awsKey, flowRecord, logOf } from '../ingester/load/flow-logs/records.ts'
import { type BulkBucketStage, startBulkBucket } from './bulk-bucket.ts'

const BUCKET = 'flow-logs-of-vpcs'
/** An hour ago, as what is older than the retention of metrics is not kept. */
const START = Math.floor(Date.now() / 1_000) - 3_600
const RECORD = flowRecord({ start: START, end: START + 60 })

let stage: BulkBucketStage
beforeAll(async () => {
  stage = await startBulkBucket(BUCKET, (source) => ({ flowLogs: [{ ...source, name: 'vpcs' }] }))
})
afterAll(() => stage?.stop())

/** Takes what S3 told of objects all the way to the loader; how each load ended, by key. */
async function loadTold(): Promise<Record<string, unknown>> {
  await stage.ingest(await stage.askTold(), 'objects')
  await stage.load()
  const rows = await stage.select('SELECT key, status FROM bulk_load_status')
  return Object.fromEntries(rows.map(({ key, status }) => [String(key), status]))
}

test('objects that S3 tells of are read by the database from there, and no other logs of the bucket', async () => {
  const hive = awsKey({ hash: 'b2' }).replace(
    /AWSLogs.*14\//,
    (path) => `${path}aws-account-id=123456789010/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2023/`,
  )
  const [plain, empty, cut] = ['a1', 'c3', 'd4'].map((hash) => awsKey({ hash }))
  await stage.put(String(plain), gzipSync(logOf(RECORD, RECORD)))
  await stage.put(hive, gzipSync(logOf({ ...RECORD, 'flow-direction': 'ingress' })))
  await stage.put(String(empty), gzipSync(''))
  await stage.put(String(cut), gzipSync(logOf(RECORD)).subarray(0, -10))
  await stage.put(
    'AWSLogs/123456789010/CloudTrail/eu-west-1/2023/11/14/123456789010_CloudTrail_a.json.gz',
    'x',
  )

  expect(await loadTold()).toEqual({
    [String(plain)]: 'loaded',
    [hive]: 'loaded',
    [String(empty)]: 'loaded',
    [String(cut)]: 'given_up',
  })
  expect(
    await stage.select(
      "SELECT properties['direction'] AS direction, value FROM resource_events FINAL WHERE event_action = 'bytes' ORDER BY 1",
    ),
  ).toEqual([
    { direction: 'egress', value: 2000 },
    { direction: 'ingress', value: 1000 },
  ])
  expect(
    await stage.select(`SELECT location, records FROM flow_log_objects ORDER BY object LIMIT 1`),
  ).toEqual([{ location: `s3://${BUCKET}/${plain}`, records: 2 }])
})

test('an object that was written again replaces what it said', async () => {
  const key = awsKey({ hash: 'a1' })
  await stage.put(key, gzipSync(logOf({ ...RECORD, bytes: 5 })))
  expect(await loadTold()).toMatchObject({ [key]: 'loaded' })
  expect(
    await stage.select(
      "SELECT value FROM resource_events FINAL WHERE event_action = 'bytes' AND properties['direction'] = 'egress'",
    ),
  ).toEqual([{ value: 5 }])
})
