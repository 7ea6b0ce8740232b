import { expect, it } from 'vitest'
import type { Row } from '../../factories.ts'
import { useFlowLogs } from './flow-log-stage.ts'

const flowLogs = useFlowLogs()
const COLUMNS = [
  'toString(hour) AS at',
  'aws_account_id AS account',
  'interface_id AS eni',
  'log_status AS status',
  'direction',
  'peer_class',
  'action',
  'records',
  'bytes',
  'packets',
].join()

const ENI = 'eni-1235b8ca123456789'
const SSH = { at: '2014-12-14 04:00:00', direction: 'unknown', peer_class: 'vpc', bytes: 4249, packets: 20 }
const TCP = { at: '2019-08-26 19:00:00', peer_class: 'internet', records: 3 }
const NO_DATA = { at: '2015-05-10 18:00:00', status: 'NODATA' }

/** What was counted of each file, worked out by hand. */
const SAMPLES: readonly (readonly [file: string, what: string, traffic: readonly Row[]])[] = [
  [
    'flow-logs-reader/v2-default-no-header.txt',
    'the default format without a line of field names',
    [
      traffic({ ...NO_DATA, eni: 'eni-1a2b3c4d' }),
      traffic({ ...NO_DATA, eni: 'eni-4b118871', status: 'SKIPDATA' }),
      ...['eni-102010ab', 'eni-102010cd'].map((eni) =>
        traffic({
          at: '2015-08-12 13:00:00',
          eni,
          direction: 'unknown',
          peer_class: 'internet',
          ...(eni === 'eni-102010ab'
            ? { records: 2, bytes: 2520, packets: 30 }
            : { action: 'REJECT', bytes: 1680, packets: 20 }),
        }),
      ),
    ],
  ],
  [
    'flow-logs-reader/v4-custom-order.txt',
    'a format of version 4 in its own order, which names no interface',
    ['egress', 'unknown'].map((direction) =>
      traffic({
        at: '2019-09-12 14:00:00',
        account: '000000000000',
        eni: 'unknown',
        direction,
        peer_class: 'vpc',
        action: '',
        bytes: direction === 'egress' ? 6392 : 1698,
        packets: 10,
      }),
    ),
  ],
  [
    'flow-logs-reader/flows.parquet',
    'Parquet whose numbers are texts',
    [
      traffic({
        at: '2015-08-12 13:00:00',
        eni: 'eni-102010ab',
        direction: 'unknown',
        peer_class: 'internet',
        bytes: 840,
        packets: 10,
      }),
      traffic({ at: '2015-08-12 13:00:00', eni: 'eni-202010ab', status: 'NODATA', records: 2 }),
    ],
  ],
  [
    'flow-logs-aws-user-guide/accepted-rejected.txt',
    'what was accepted and what was rejected',
    [traffic(SSH), traffic({ ...SSH, action: 'REJECT' })],
  ],
  [
    'flow-logs-aws-user-guide/no-data.txt',
    'capture windows without data, or with data skipped',
    [traffic({ ...NO_DATA, eni: 'eni-11111111aaaaaaaaa', status: 'SKIPDATA' }), traffic(NO_DATA)],
  ],
  [
    'flow-logs-aws-user-guide/security-groups.txt',
    'a ping whose answer was rejected',
    [
      traffic({
        at: '2015-05-29 16:00:00',
        direction: 'egress',
        peer_class: 'internet',
        action: 'REJECT',
        bytes: 336,
        packets: 4,
      }),
      traffic({
        at: '2015-05-29 16:00:00',
        direction: 'ingress',
        peer_class: 'internet',
        bytes: 336,
        packets: 4,
      }),
    ],
  ],
  [
    'flow-logs-aws-user-guide/tcp-flag.txt',
    'a format of version 3, a value of it after two spaces',
    [
      traffic({ ...TCP, direction: 'egress', bytes: 376 + 632 + 63_388, packets: 7 + 12 + 1219 }),
      traffic({ ...TCP, direction: 'ingress', bytes: 568 + 100_701 + 23_294_588, packets: 8 + 70 + 15_774 }),
      traffic({
        ...TCP,
        at: '2019-08-27 19:00:00',
        direction: 'egress',
        records: 1,
        bytes: 967,
        packets: 14,
      }),
      traffic({
        ...TCP,
        at: '2019-08-27 19:00:00',
        direction: 'ingress',
        records: 1,
        bytes: 1260,
        packets: 17,
      }),
    ],
  ],
  [
    'flow-logs-otel-contrib/valid_vpc_flow_log.txt',
    'the default format with a line of field names',
    [
      traffic({
        at: '2025-03-21 15:00:00',
        account: '12345678910',
        eni: 'eni-0eb1e4178af74336c',
        status: 'NODATA',
      }),
    ],
  ],
  [
    'flow-logs-otel-contrib/valid_vpc_flow_log_multi.txt',
    'a last line without an end',
    [traffic(SSH), traffic({ ...SSH, action: 'REJECT' })],
  ],
  [
    'flow-logs-otel-contrib/valid_vpc_flow_log_ecs.txt',
    'fields of later versions beside the known ones',
    [
      traffic({
        at: '2023-11-14 22:00:00',
        account: '123456789012',
        eni: 'eni-0abc1234def567890',
        direction: 'unknown',
        peer_class: 'vpc',
        bytes: 3500,
        packets: 15,
      }),
    ],
  ],
  ['flow-logs-otel-contrib/vpc_flow_log_too_few_fields.txt', 'a line that was cut short', []],
]

function traffic(overrides: Row): Row {
  const isOk = (overrides.status ?? 'OK') === 'OK'
  return {
    account: '123456789010',
    eni: ENI,
    status: 'OK',
    direction: '',
    peer_class: '',
    action: isOk ? 'ACCEPT' : '',
    records: 1,
    bytes: 0,
    packets: 0,
    ...overrides,
  }
}

it.each(SAMPLES)('%s: %s', async (file, _, rows) => {
  const key = await flowLogs.fixture(file)
  expect(await flowLogs.load(key)).toMatchObject({ [key]: { status: 'loaded', error: '' } })
  expect(await flowLogs.traffic(COLUMNS, 'ORDER BY at, eni, status, direction, action')).toEqual(rows)
})

it('counts all samples at once as one by one, and their malformed line', async () => {
  const keys = await Promise.all(SAMPLES.map(([file]) => flowLogs.fixture(file)))
  const results = await flowLogs.load(...keys)
  const whole = SAMPLES.flatMap(([, , rows]) => rows)

  expect(Object.values(results).map(({ status }) => status)).toEqual(SAMPLES.map(() => 'loaded'))
  expect(await flowLogs.traffic('sum(records) AS records, sum(bytes) AS bytes')).toEqual([
    { records: sum(whole, 'records'), bytes: sum(whole, 'bytes') },
  ])
  expect(await flowLogs.select('SELECT line_number, line, reason FROM flow_log_malformed_lines')).toEqual([
    {
      line_number: 2,
      line: '2 12345678910 eni-0eb1e4178af74336c - - - - - - - 1742570089 1742570142 -',
      reason: 'fewer values than fields',
    },
  ])
})

function sum(rows: readonly Row[], column: string): number {
  return rows.reduce((total, row) => total + Number(row[column]), 0)
}
