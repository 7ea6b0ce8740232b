/** Fields of a record with what they say, in order. */
export type FlowRecord = Readonly<Record<string, string | number>>

/** A record of the default format: an instance in a VPC sends a kilobyte to the internet. */
export function flowRecord(overrides: FlowRecord = {}): FlowRecord {
  return {
    version: 2,
    'account-id': '123456789010',
    'interface-id': 'eni-0a',
    srcaddr: '10.0.0.5',
    dstaddr: '203.0.113.9',
    srcport: 49152,
    dstport: 443,
    protocol: 6,
    packets: 10,
    bytes: 1000,
    start: 1_700_000_000,
    end: 1_700_000_060,
    action: 'ACCEPT',
    'log-status': 'OK',
    ...overrides,
  }
}

/** An object as AWS writes it: the fields of the first record, then the records. */
export function logOf(...records: readonly FlowRecord[]): string {
  const [first = {}] = records
  return [Object.keys(first), ...records.map(Object.values)].map((values) => `${values.join(' ')}\n`).join('')
}

/** An object as AWS names it. */
export function awsKey({
  account = '123456789010',
  region = 'eu-west-1',
  flowLog = 'fl-01',
  hash = 'a1b2c3d4',
} = {}) {
  return (
    `AWSLogs/${account}/vpcflowlogs/${region}/2023/11/14/` +
    `${account}_vpcflowlogs_${region}_${flowLog}_20231114T2215Z_${hash}.log.gz`
  )
}
