import { publishObjectLoads } from '@polo/collectors'
import { openBlock, parseConfig, parseEnvelope, readBlockRows, requestLoad } from '@polo/core'
import { expect, it } from 'vitest'
import { fixture, type Json } from '../collectors/lifecycle/lifecycle-events.ts'

const CONFIG = parseConfig({
  costExports: [{ name: 'org', bucket: 'billing', prefix: 'exports/org/', region: 'eu-west-1' }],
  flowLogs: [{ name: 'vpcs', bucket: 'logs', prefix: 'net/', region: 'eu-west-1' }],
})
const KEY = 'exports/org/metadata/BILLING_PERIOD=2026-02/org-Manifest.json'
const NOW = new Date('2026-03-01T10:00:00Z')

async function publish(...bodies: (Json | string)[]) {
  const loads: unknown[] = []
  const sink = {
    async send(body: string) {
      const { block, schema } = parseEnvelope(body)
      const rows = readBlockRows(await openBlock(block, schema), block.format)
      for (let index = 0; index < block.rows; index++) loads.push(JSON.parse(rows.json(index)))
    },
  }
  const messages = bodies.map((body, index) => ({
    messageId: `m-${index}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }))
  const refused = await publishObjectLoads(messages, { sink, config: CONFIG, now: NOW })
  return { loads, refused }
}

/** S3's own notification as it was recorded, of another object. */
function notification(bucket: string, key: string, eventName = 'ObjectCreated:Put'): Json {
  const [record] = JSON.parse(JSON.stringify(fixture('lambda-powertools/s3SqsEvent.json').Records))
  const body = JSON.parse(record.body)
  const [written] = body.Records
  written.eventName = eventName
  written.s3.bucket.name = bucket
  written.s3.object.key = key
  return body
}

/** The event of EventBridge that was recorded, of another object. */
function busEvent(bucket: string, key: string, type = 'Object Created'): Json {
  const event = fixture('lambda-powertools/s3EventBridgeNotificationObjectDeletedEvent.json')
  return {
    ...event,
    'detail-type': type,
    detail: {
      bucket: { name: bucket },
      object: { key, size: 5, etag: '2e3ad1e983318bbd8e73b080e2997980', sequencer: '00' },
    },
  }
}

function expected(overrides: { bytes: number; modified_at: string; aws_account_id: string }) {
  const asked = requestLoad({
    kind: 'cur',
    source: 'org',
    target: 'org/2026-02',
    storage: 's3',
    bucket: 'billing',
    region: 'eu-west-1',
    key: KEY,
    etag: '2e3ad1e983318bbd8e73b080e2997980',
    ...overrides,
  })
  return { ...asked, observed_at: NOW.toISOString() }
}

it('asks for the load of a manifest that S3 says was written, at the whole second that a listing would tell', async () => {
  const { loads, refused } = await publish(
    notification('billing', encodeURIComponent(KEY).replaceAll('%2F', '/')),
  )
  expect(refused).toEqual([])
  expect(loads).toEqual([
    expected({ bytes: 104_681, modified_at: '2023-04-12T20:43:38.000Z', aws_account_id: '' }),
  ])
})

it('asks for the same load when it comes through SNS, or by EventBridge', async () => {
  const wrapped = { Type: 'Notification', Message: JSON.stringify(notification('billing', KEY)) }
  const { loads } = await publish(wrapped, busEvent('billing', KEY))
  expect(loads).toEqual([
    expected({ bytes: 104_681, modified_at: '2023-04-12T20:43:38.000Z', aws_account_id: '' }),
    expected({ bytes: 5, modified_at: '2021-11-12T00:00:00.000Z', aws_account_id: '111122223333' }),
  ])
})

it.each([
  ['a data file', notification('billing', 'exports/org/data/BILLING_PERIOD=2026-02/org-1.parquet')],
  ['another bucket', notification('elsewhere', KEY)],
  ['a billing period that is kept no more', notification('billing', KEY.replace('2026-02', '2022-10'))],
  ['another prefix', notification('billing', KEY.replace('org/', 'team/'))],
  ['what was deleted', notification('billing', KEY, 'ObjectRemoved:Delete')],
  ['what was deleted, by EventBridge', busEvent('billing', KEY, 'Object Deleted')],
  ['the test of a new notification', { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'billing' }],
])('asks for nothing of %s', async (_, body) => {
  expect(await publish(body)).toEqual({ loads: [], refused: [] })
})

it.each([['{'], ['{}'], ['{"Records":[{}]}']])(
  'refuses what it cannot read, and goes on: %s',
  async (body) => {
    const { loads, refused } = await publish(body, notification('billing', KEY))
    expect(refused).toEqual([{ messageId: 'm-0', error: expect.any(String) }])
    expect(loads).toHaveLength(1)
  },
)

const FLOW_LOG =
  'net/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/03/01/111122223333_vpcflowlogs_eu-west-1_fl-01_20260301T0955Z_a1b2c3d4.log.gz'

it('asks for each flow log that was written, and for no other log of its bucket', async () => {
  const { loads, refused } = await publish(
    busEvent('logs', FLOW_LOG),
    notification('logs', FLOW_LOG.replace('a1b2', 'c3d4')),
    busEvent(
      'logs',
      'net/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/111122223333_CloudTrail_a.json.gz',
    ),
    busEvent('logs', FLOW_LOG.replace('net/', 'other/')),
  )
  expect(refused).toEqual([])
  expect(loads).toMatchObject([
    {
      kind: 'flow_logs',
      source: 'vpcs',
      target: `logs/${FLOW_LOG}`,
      bucket: 'logs',
      key: FLOW_LOG,
      storage: 's3',
    },
    { kind: 'flow_logs', key: FLOW_LOG.replace('a1b2', 'c3d4') },
  ])
})
