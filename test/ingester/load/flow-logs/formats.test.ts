import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { useFlowLogs } from './flow-log-stage.ts'
import { awsKey, type FlowRecord, flowRecord, logOf } from './records.ts'

const flowLogs = useFlowLogs()
const TOTALS = 'sum(records) AS records, sum(bytes) AS bytes'
const NOTHING = [{ records: 0, bytes: 0 }]

async function loadOne(key: string, content: string | Uint8Array) {
  const { [key]: result } = await flowLogs.load(await flowLogs.write(key, content))
  return result
}

/** Nothing of it is to be seen anywhere. */
async function expectNothing() {
  expect(await flowLogs.traffic(TOTALS)).toEqual(NOTHING)
  expect(await flowLogs.events('count() AS n')).toEqual([{ n: 0 }])
  expect(await flowLogs.select('SELECT count() AS n FROM flow_log_objects')).toEqual([{ n: 0 }])
  expect(await flowLogs.select('SELECT count() AS n FROM flow_log_malformed_lines')).toEqual([{ n: 0 }])
}

it('reads compressed objects, and says of them what their names say', async () => {
  const record = flowRecord({ 'account-id': 'unknown' })
  expect(await loadOne(awsKey(), gzipSync(logOf(record, record)))).toMatchObject({
    status: 'loaded',
    rows: 2,
  })
  expect(
    await flowLogs.select(
      'SELECT object, source, aws_account_id, aws_region, flow_log_id, format, hours, records, bytes, skipped FROM flow_log_objects',
    ),
  ).toEqual([
    {
      object: '123456789010_vpcflowlogs_eu-west-1_fl-01_20231114T2215Z_a1b2c3d4',
      source: 'by hand',
      aws_account_id: '123456789010',
      aws_region: 'eu-west-1',
      flow_log_id: 'fl-01',
      format: 'text',
      hours: ['2023-11-14 22:00:00'],
      records: 2,
      bytes: 2000,
      skipped: '',
    },
  ])
  expect(await flowLogs.traffic('aws_account_id, aws_region, records')).toEqual([
    { aws_account_id: '123456789010', aws_region: 'eu-west-1', records: 2 },
  ])
})

it('reads Hive-compatible paths', async () => {
  const key =
    'AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=us-gov-west-1/year=2023/month=11/day=14/hour=22/own-name.log'
  const { 'account-id': _, ...record } = flowRecord()
  expect(await loadOne(key, logOf(record))).toMatchObject({ status: 'loaded', rows: 1 })
  expect(await flowLogs.traffic('aws_account_id, aws_region')).toEqual([
    { aws_account_id: '111122223333', aws_region: 'us-gov-west-1' },
  ])
  expect(await flowLogs.events('DISTINCT resource_arn')).toEqual([
    { resource_arn: 'arn:aws-us-gov:ec2:us-gov-west-1:111122223333:network-interface/eni-0a' },
  ])
})

it('reads any fields in any order, and lines that end as on Windows', async () => {
  const { bytes, 'interface-id': eni, start, 'ecs-task-id': task } = flowRecord({ 'ecs-task-id': 't-1' })
  const log = logOf({
    'ecs-task-id': String(task),
    bytes: Number(bytes),
    'interface-id': String(eni),
    start: Number(start),
  })
  expect(await loadOne('some.log', log.replaceAll('\n', '\r\n'))).toMatchObject({ status: 'loaded', rows: 1 })
  expect(
    await flowLogs.traffic(
      'interface_id, log_status, action, direction, peer_class, records, bytes, packets',
    ),
  ).toEqual([
    {
      interface_id: 'eni-0a',
      log_status: 'OK',
      action: '',
      direction: 'unknown',
      peer_class: 'unknown',
      records: 1,
      bytes: 1000,
      packets: 0,
    },
  ])
})

it.each([
  ['both', ['packets', 'bytes']],
  ['bytes alone', ['bytes']],
])(
  'takes a record without traffic for one of no data where the format has no log-status: %s',
  async (_, counts) => {
    const fields = ['interface-id', 'srcaddr', 'dstaddr', 'start', 'end', 'action', ...counts]
    const record = (overrides: FlowRecord = {}) =>
      Object.fromEntries(fields.map((field) => [field, flowRecord(overrides)[field] ?? '']))
    const none = { srcaddr: '-', dstaddr: '-', action: '-', packets: '-', bytes: '-' }
    const log = logOf(record(), record(none), record({ bytes: 'many' }))
    expect(await loadOne('some.log', log)).toMatchObject({ rows: 2, details: { malformed_lines: '1' } })
    expect(await flowLogs.traffic('log_status, records, bytes', 'ORDER BY ALL')).toEqual([
      { log_status: 'NODATA', records: 1, bytes: 0 },
      { log_status: 'OK', records: 1, bytes: 1000 },
    ])
  },
)

it('takes the time of the object where its records have none', async () => {
  const record = { 'interface-id': 'eni-0a', bytes: 7 }
  expect(await loadOne(awsKey(), gzipSync(logOf(record)))).toMatchObject({ status: 'loaded', rows: 1 })
  expect(await flowLogs.traffic('toString(hour) AS at, bytes')).toEqual([
    { at: '2023-11-14 22:00:00', bytes: 7 },
  ])

  expect(await loadOne('nameless.log', logOf(record))).toMatchObject({
    status: 'given_up',
    error: expect.stringMatching(/nameless\.log says no time: its fields are interface-id bytes/),
  })
})

it('reads two objects that were joined, each with its field names', async () => {
  const log = gzipSync(logOf(flowRecord()))
  expect(await loadOne('joined.log.gz', Buffer.concat([log, log]))).toMatchObject({
    status: 'loaded',
    rows: 2,
  })
})

it('reads Parquet with the types that AWS gives it, and with nulls', async () => {
  const columns = `
    5::Int32 AS version, '123456789010' AS account_id, 'eni-0a' AS interface_id,
    if(number = 2, NULL, '10.0.0.5') AS srcaddr, if(number = 2, NULL, '203.0.113.9') AS dstaddr,
    if(number = 2, NULL, 1000)::Nullable(Int64) AS bytes, if(number = 2, NULL, 10)::Nullable(Int64) AS packets,
    1700000000::Int64 AS start, 1700000060::Int64 AS end, if(number = 2, '-', 'ACCEPT') AS action,
    if(number = 2, 'NODATA', 'OK') AS log_status, if(number = 0, 'ingress', 'egress') AS flow_direction,
    8::Int32 AS traffic_path`
  const key = await flowLogs.writeParquet('typed.log.parquet', `SELECT ${columns} FROM numbers(3)`)
  expect(await flowLogs.load(key)).toMatchObject({
    'typed.log.parquet': { status: 'loaded', rows: 3 },
  })
  expect(
    await flowLogs.traffic('log_status, direction, peer_class, action, bytes, packets', 'ORDER BY ALL'),
  ).toEqual([
    { log_status: 'NODATA', direction: '', peer_class: '', action: '', bytes: 0, packets: 0 },
    {
      log_status: 'OK',
      direction: 'egress',
      peer_class: 'internet',
      action: 'ACCEPT',
      bytes: 1000,
      packets: 10,
    },
    {
      log_status: 'OK',
      direction: 'ingress',
      peer_class: 'internet',
      action: 'ACCEPT',
      bytes: 1000,
      packets: 10,
    },
  ])
})

it.each([
  ['an empty object', 'empty.log', ''],
  ['an empty object with a name of a compressed one', 'empty.log.gz', ''],
  ['a compressed nothing', 'nothing.log.gz', gzipSync('')],
  ['field names without records', 'names.log', logOf(flowRecord()).split('\n')[0] ?? ''],
  ['blank lines', 'blank.log', `${logOf(flowRecord()).split('\n')[0]}\n\n  \n`],
])('takes %s for one without records', async (_, key, content) => {
  expect(await loadOne(key, content)).toMatchObject({
    status: 'loaded',
    rows: 0,
    details: { malformed_lines: '0' },
  })
  expect(await flowLogs.traffic(TOTALS)).toEqual(NOTHING)
  expect(await flowLogs.select('SELECT records, malformed_lines, hours FROM flow_log_objects')).toEqual([
    { records: 0, malformed_lines: 0, hours: [] },
  ])
})

const MANY = logOf(
  ...Array.from({ length: 5_000 }, (_, index) => flowRecord({ srcport: index, bytes: index * 7 })),
)

it.each([
  [
    'a compressed object that was cut short',
    'cut.log.gz',
    gzipSync(MANY).subarray(0, 20_000),
    'given_up',
    /^cut\.log\.gz cannot be read: /,
  ],
  [
    'a compressed object without its end',
    'end.log.gz',
    gzipSync(MANY).subarray(0, -8),
    'given_up',
    /^end\.log\.gz cannot be read: /,
  ],
  [
    'rubbish that is called compressed',
    'rubbish.log.gz',
    rubbish(5_000),
    'given_up',
    /^rubbish\.log\.gz cannot be read: /,
  ],
  ['rubbish', 'rubbish.log', rubbish(5_000), 'given_up', /rubbish\.log is no flow log that can be read/],
  [
    'records of a format that nothing names',
    'names.log',
    'eni-0a ACCEPT 12\neni-0b REJECT 13\n',
    'given_up',
    /none of its 2 lines is a record of the default format/,
  ],
  [
    'rubbish that is called Parquet',
    'rubbish.parquet',
    rubbish(5_000),
    'given_up',
    /^rubbish\.parquet cannot be read: /,
  ],
])('does not load %s, and says why', async (_, key, content, status, error) => {
  expect(await loadOne(key, content)).toMatchObject({ status, error: expect.stringMatching(error) })
  await expectNothing()
})

it('does not load Parquet of something else', async () => {
  const key = await flowLogs.writeParquet('bill.parquet', 'SELECT 1 AS line_item_cost, 2 AS payer')
  expect(await flowLogs.load(key)).toMatchObject({
    'bill.parquet': {
      status: 'given_up',
      error: expect.stringContaining('is no flow log: its columns are line-item-cost, payer'),
    },
  })
  await expectNothing()
})

it('says that an object is not there', async () => {
  expect(await flowLogs.load('gone.log')).toMatchObject({
    'gone.log': {
      status: 'failed',
      error: expect.stringMatching(/^gone\.log is not there: .*polo loads dismiss/),
    },
  })
})

it('counts nothing of a transit gateway, and says so', async () => {
  const record = {
    version: 6,
    'resource-type': 'TransitGateway',
    'account-id': '123456789010',
    'tgw-id': 'tgw-1',
    srcaddr: '10.0.0.1',
    dstaddr: '10.1.0.1',
    packets: 1,
    bytes: 100,
    start: 1_700_000_000,
    end: 1_700_000_060,
    'log-status': 'OK',
  }
  expect(await loadOne('tgw.log', logOf(record))).toMatchObject({ status: 'loaded', rows: 0 })
  expect(await flowLogs.select('SELECT skipped FROM flow_log_objects')).toEqual([
    { skipped: 'records of a transit gateway, which name no network interface' },
  ])
})

it('loads what can be, where one of many cannot', async () => {
  const good = await Promise.all([1, 2, 3].map((n) => flowLogs.write(`good-${n}.log`, logOf(flowRecord()))))
  const bad = await flowLogs.write('bad.log.gz', gzipSync(MANY).subarray(0, 20_000))
  const results = await flowLogs.load(...good.slice(0, 2), bad, ...good.slice(2))

  expect(Object.fromEntries(Object.entries(results).map(([key, { status }]) => [key, status]))).toEqual({
    'good-1.log': 'loaded',
    'good-2.log': 'loaded',
    'good-3.log': 'loaded',
    'bad.log.gz': 'given_up',
  })
  expect(await flowLogs.traffic(TOTALS)).toEqual([{ records: 3, bytes: 3000 }])
})

function rubbish(bytes: number): Buffer {
  return Buffer.from(
    Uint8Array.from({ length: bytes }, (_, index) => (index * 7919 + (index >> 3) * 104_729) % 256),
  )
}
