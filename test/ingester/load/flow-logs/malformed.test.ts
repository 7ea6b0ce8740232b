import { PoloConfig } from '@polo/core'
import { expect, it } from 'vitest'
import { useFlowLogs } from './flow-log-stage.ts'
import { type FlowRecord, flowRecord, logOf } from './records.ts'

const flowLogs = useFlowLogs()

const FAULTS: readonly (readonly [reason: string, record: FlowRecord])[] = [
  ['more values than fields', { action: 'ACCEPT twice' }],
  ['log-status is none of OK, NODATA, SKIPDATA', { 'log-status': 'FINE' }],
  ['log-status is none of OK, NODATA, SKIPDATA', { 'log-status': '-' }],
  ['interface-id is no id of a network interface', { 'interface-id': 'i-0a' }],
  ['account-id is no account id', { 'account-id': 'mine' }],
  ['start is no time', { start: 'noon' }],
  ['start is no time', { start: 17 }],
  ['start is no time', { start: 9_000_000_000 }],
  ['end is no time', { end: '-' }],
  ['it ends before it starts', { end: 1_699_999_999 }],
  ['packets is no number', { packets: '-' }],
  ['bytes is no number', { bytes: -1 }],
  ['bytes is no number', { bytes: '1e3' }],
  ['bytes is no number', { bytes: '18446744073709551615' }],
  ['action is none of ACCEPT, REJECT', { action: 'DROP' }],
  ['flow-direction is none of ingress, egress', { 'flow-direction': 'up' }],
  ['srcaddr is no address', { srcaddr: '10.0.0.256' }],
  ['dstaddr is no address', { dstaddr: 'example.com' }],
]

it('keeps malformed lines with their numbers and reasons, and counts the others', async () => {
  const fine = flowRecord({ 'flow-direction': 'egress' })
  const broken = FAULTS.map(([, record]) => ({ ...fine, ...record }))
  const records = broken.flatMap((record) => [fine, record])
  const key = await flowLogs.write('some.log', `${logOf(fine, ...records)}2 123456789010 eni-0a`)

  expect(await flowLogs.load(key)).toMatchObject({
    [key]: {
      status: 'loaded',
      rows: FAULTS.length + 1,
      sums: { bytes: String(1000 * (FAULTS.length + 1)) },
      details: { malformed_lines: String(FAULTS.length + 1) },
    },
  })
  expect(await flowLogs.traffic('sum(records) AS records')).toEqual([{ records: FAULTS.length + 1 }])
  expect(
    await flowLogs.select(
      'SELECT line_number, reason, line FROM flow_log_malformed_lines ORDER BY line_number',
    ),
  ).toEqual([
    ...FAULTS.map(([reason], index) => ({
      line_number: 4 + 2 * index,
      reason,
      line: Object.values(broken[index] ?? {}).join(' '),
    })),
    { line_number: 3 + 2 * FAULTS.length, reason: 'fewer values than fields', line: '2 123456789010 eni-0a' },
  ])
})

it('takes the address of all zeros for one, however it is written', async () => {
  const records = ['::', '::0', '0::', '0:0:0:0:0:0:0:0'].map((address) =>
    flowRecord({ srcaddr: address, dstaddr: address }),
  )
  const key = await flowLogs.write('zeros.log', logOf(...records))

  expect(await flowLogs.load(key)).toMatchObject({ [key]: { rows: 4, details: { malformed_lines: '0' } } })
})

it('keeps the first thousand of an object, cut to a thousand characters, and counts all', async () => {
  const lines = Array.from({ length: 1_500 }, (_, index) => `${index} ${'é'.repeat(2_000)}`)
  const key = await flowLogs.write('long.log', `${logOf(flowRecord())}${lines.join('\n')}\n`)

  expect(await flowLogs.load(key)).toMatchObject({ [key]: { rows: 1, details: { malformed_lines: '1500' } } })
  expect(
    await flowLogs.select(
      'SELECT count() AS kept, min(line_number) AS first, max(line_number) AS last, max(lengthUTF8(line)) AS characters FROM flow_log_malformed_lines',
    ),
  ).toEqual([{ kept: 1000, first: 3, last: 1002, characters: 1000 }])
})

it('numbers the lines of a large object as they stand in it', async () => {
  const [names = '', fine = ''] = logOf(flowRecord()).split('\n')
  const lines = [names, ...Array<string>(150_000).fill(fine), '']
  lines[120_000] = 'this is no record'
  const key = await flowLogs.write('large.log', lines.join('\n'))

  expect(await flowLogs.load(key)).toMatchObject({
    [key]: { rows: 149_999, details: { malformed_lines: '1' } },
  })
  expect(await flowLogs.select('SELECT line_number, line FROM flow_log_malformed_lines')).toEqual([
    { line_number: 120_001, line: 'this is no record' },
  ])
})

it('keeps bytes that are no text', async () => {
  const rubbish = Buffer.from([0xff, 0xfe, 0x00, 0x41, 0x22, 0x5c, 0x0a])
  const key = await flowLogs.write('bytes.log', Buffer.concat([Buffer.from(logOf(flowRecord())), rubbish]))

  expect(await flowLogs.load(key)).toMatchObject({ [key]: { rows: 1, details: { malformed_lines: '1' } } })
  expect(await flowLogs.select('SELECT line FROM flow_log_malformed_lines')).toEqual([
    { line: '\ufffd\u0000A"\\' },
  ])
})

it('keeps a malformed row of Parquet as its values', async () => {
  const key = await flowLogs.writeParquet(
    'some.parquet',
    "SELECT 'eni-0a' AS interface_id, 1700000000::Int64 AS start, if(number = 1, -5, 7)::Int64 AS bytes FROM numbers(3)",
  )
  expect(await flowLogs.load(key)).toMatchObject({
    [key]: { rows: 2, sums: { bytes: '14' }, details: { malformed_lines: '1' } },
  })
  expect(await flowLogs.select('SELECT line_number, line, reason FROM flow_log_malformed_lines')).toEqual([
    { line_number: 2, line: expect.stringContaining('-5'), reason: 'bytes is no number' },
  ])
})

it('counts the records that are too old to be kept, and no malformed line as one', async () => {
  const start = Math.floor(Date.now() / 1_000) - 3_600
  const old = { start: start - 86_400 * 1_000, end: start - 86_400 * 1_000 + 60 }
  const records = [flowRecord({ start, end: start + 60 }), flowRecord(old), flowRecord(old)]
  const key = await flowLogs.write('old.log', logOf(...records, flowRecord({ action: 'DROP' })))

  const kept_days = String(PoloConfig.parse({}).retentionDays.metric)
  expect(await flowLogs.load(key)).toMatchObject({
    [key]: { rows: 3, details: { malformed_lines: '1', expired_records: '2', kept_days } },
  })
})
