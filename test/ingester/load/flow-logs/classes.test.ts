import { expect, it } from 'vitest'
import { useFlowLogs } from './flow-log-stage.ts'
import { interfaceEvent } from './interface-event.ts'
import { awsKey, type FlowRecord, flowRecord, logOf } from './records.ts'

const flowLogs = useFlowLogs()

/** A VPC of two zones: 10.0.0.0/24 is in the first, 10.0.1.0/24 and two more in the second. eni-0a is in the first. */
async function knowInterfaces() {
  await flowLogs.insert('resource_events', [
    interfaceEvent('eni-0a', {
      private_ip_address: '10.0.0.5',
      private_ip_addresses: '10.0.0.5,10.0.0.6',
      ipv6_addresses: '2600:1f18::5',
    }),
    interfaceEvent('eni-0b', { private_ip_address: '10.0.0.7', ipv6_addresses: '2600:1f18::7' }),
    interfaceEvent('eni-0c', {
      private_ip_address: '10.0.1.8',
      ipv6_addresses: '2600:1f18:0:1::8',
      ipv4_prefixes: '10.0.5.16/28,10.0.5.64/28',
      ipv6_prefixes: '2600:1f18:0:5:a::/80',
      availability_zone: 'eu-west-1b',
      availability_zone_id: 'euw1-az2',
    }),
    interfaceEvent('eni-0d', {
      private_ip_address: '10.0.2.9',
      availability_zone: 'eu-west-1b',
      availability_zone_id: '',
    }),
    interfaceEvent('eni-0e', {
      private_ip_address: '10.0.3.10',
      availability_zone: '',
      availability_zone_id: '',
    }),
    interfaceEvent('eni-0f', {
      private_ip_address: '10.0.0.7',
      vpc_id: 'vpc-other',
      availability_zone_id: 'euw1-az3',
    }),
  ])
}

/** Each record in an hour of its own; what became of each. */
async function classesOf(...records: readonly FlowRecord[]): Promise<string[]> {
  const fields = Object.fromEntries(records.flatMap(Object.keys).map((field) => [field, '-']))
  const spread = records.map((record, index) => {
    const start = 1_700_000_000 + index * 3_600
    return { ...fields, ...flowRecord({ ...record, start, end: start + 60 }) }
  })
  const key = await flowLogs.write(awsKey().replace('.gz', ''), logOf(...spread))
  expect(await flowLogs.load(key)).toMatchObject({
    [key]: { status: 'loaded', details: { malformed_lines: '0' } },
  })
  const rows = await flowLogs.traffic("concat(direction, ' ', peer_class) AS class", 'ORDER BY hour')
  return rows.map((row) => String(row.class))
}

const OUT = { 'flow-direction': 'egress' }
const TO_S3 = { ...OUT, dstaddr: '52.218.0.1', 'pkt-src-aws-service': '-', 'pkt-dst-aws-service': 'S3' }

const RECORDS: readonly (readonly [expected: string, what: string, record: FlowRecord])[] = [
  ['egress same_az', 'to an interface in the same zone', { dstaddr: '10.0.0.7' }],
  ['ingress same_az', 'from an interface in the same zone', { srcaddr: '10.0.0.7', dstaddr: '10.0.0.5' }],
  [
    'egress same_az',
    'to one in the same zone, by IPv6',
    { srcaddr: '2600:1f18::5', dstaddr: '2600:1f18:0:0::7' },
  ],
  ['egress cross_az', 'to an interface in another zone', { dstaddr: '10.0.1.8' }],
  [
    'ingress cross_az',
    'from one in another zone, by a second address',
    { srcaddr: '10.0.1.8', dstaddr: '10.0.0.6' },
  ],
  ['egress cross_az', 'to one whose zone is known by name alone', { dstaddr: '10.0.2.9' }],
  ['egress cross_az', 'to an address beside one that is known, in the same /28', { dstaddr: '10.0.1.14' }],
  ['egress cross_az', 'to an address of a delegated prefix', { dstaddr: '10.0.5.77' }],
  [
    'egress cross_az',
    'to an address of a delegated IPv6 prefix',
    { srcaddr: '2600:1f18::5', dstaddr: '2600:1f18:0:5:a::9' },
  ],
  ['egress vpc', 'to an address in the next /28', { dstaddr: '10.0.1.16' }],
  ['egress vpc', 'to one whose zone is not known', { dstaddr: '10.0.3.10' }],
  ['egress vpc', 'to a private address that no interface is known to have', { dstaddr: '10.0.0.99' }],
  ['egress vpc', 'to a shared address', { dstaddr: '100.64.3.2' }],
  ['egress vpc', 'to a unique local address', { srcaddr: '2600:1f18::5', dstaddr: 'fd12::1' }],
  ['egress internet', 'to a public address', { dstaddr: '203.0.113.9' }],
  ['egress internet', 'to a public IPv6 address', { srcaddr: '2600:1f18::5', dstaddr: '2a00::1' }],
  ['ingress internet', 'from a public address', { srcaddr: '198.51.100.7', dstaddr: '10.0.0.5' }],
  ['egress aws_service', 'to a service of AWS', TO_S3],
  [
    'ingress aws_service',
    'from a service of AWS',
    {
      'flow-direction': 'ingress',
      srcaddr: '52.218.0.1',
      dstaddr: '10.0.0.5',
      'pkt-src-aws-service': 'S3',
      'pkt-dst-aws-service': '-',
    },
  ],
  [
    'egress aws_service',
    'to a service, when only the services tell',
    {
      'interface-id': 'eni-99',
      srcaddr: '2a00::1',
      dstaddr: '2a00::2',
      'flow-direction': 'egress',
      'pkt-src-aws-service': '-',
      'pkt-dst-aws-service': 'DYNAMODB',
    },
  ],
  ['egress aws_service', 'through a gateway endpoint', { ...OUT, 'traffic-path': 7 }],
  ['egress aws_service', 'to the resolver of a VPC', { dstaddr: '169.254.169.253' }],
  [
    'egress vpc',
    'to another resource of the VPC',
    { ...OUT, dstaddr: '2600:1f18:0:9::1', 'traffic-path': 1 },
  ],
  [
    'egress cross_az',
    'to an interface in another zone by IPv6, whose addresses are Amazon’s',
    { ...TO_S3, srcaddr: '2600:1f18::5', dstaddr: '2600:1f18:0:1::8', 'pkt-dst-aws-service': 'AMAZON' },
  ],
  ['egress internet', 'to an instance, whoever has it', { ...TO_S3, 'pkt-dst-aws-service': 'EC2' }],
  ['egress internet', 'by way of a NAT gateway', { ...OUT, 'traffic-path': 1 }],
  ['egress internet', 'by way of NAT64', { ...OUT, dstaddr: '64:ff9b::cb00:7109', 'traffic-path': 1 }],
  ['egress aws_service', 'to a service, by way of a NAT gateway', { ...TO_S3, 'traffic-path': 1 }],
  ['egress private', 'through a virtual private gateway', { ...OUT, dstaddr: '10.9.0.1', 'traffic-path': 3 }],
  ['egress private', 'through a peering connection', { ...OUT, dstaddr: '10.9.0.1', 'traffic-path': 4 }],
  ['egress internet', 'through an internet gateway, or a gateway endpoint', { ...OUT, 'traffic-path': 2 }],
  ['egress internet', 'through an internet gateway', { ...OUT, dstaddr: '-', 'traffic-path': 8 }],
  ['egress unknown', 'to many', { dstaddr: '224.0.0.251' }],
  ['egress unknown', 'to nobody knows whom', { ...OUT, dstaddr: '-' }],
  [
    'egress internet',
    'of an Elastic Fabric Adapter to an address that is none',
    { ...OUT, dstaddr: '203.0.113.9', srcaddr: 'efa', type: 'EFA' },
  ],
  [
    'ingress same_az',
    'the direction that the record says, against what it looks like',
    { 'flow-direction': 'ingress', srcaddr: '10.0.0.7', dstaddr: '10.0.0.7' },
  ],
  [
    'egress internet',
    'of a pod with an address of its own',
    { 'interface-id': 'eni-99', 'pkt-srcaddr': '10.0.3.3', 'pkt-dstaddr': '203.0.113.9' },
  ],
  [
    'ingress vpc',
    'from an instance to a NAT gateway, whose packets go on',
    {
      'interface-id': 'eni-99',
      srcaddr: '10.0.0.5',
      dstaddr: '10.0.3.1',
      'pkt-srcaddr': '10.0.0.5',
      'pkt-dstaddr': '203.0.113.9',
    },
  ],
  [
    'egress vpc',
    'from a NAT gateway back to an instance',
    {
      'interface-id': 'eni-99',
      srcaddr: '10.0.3.1',
      dstaddr: '10.0.0.5',
      'pkt-srcaddr': '203.0.113.9',
      'pkt-dstaddr': '10.0.0.5',
    },
  ],
  [
    'egress cross_az',
    'in the zone and VPC that the record says',
    {
      'interface-id': 'eni-99',
      ...OUT,
      srcaddr: '10.0.2.2',
      dstaddr: '10.0.1.8',
      'vpc-id': 'vpc-1',
      'az-id': 'euw1-az1',
    },
  ],
  [
    'unknown vpc',
    'between private addresses of which neither is known to be its own',
    { 'interface-id': 'eni-99', srcaddr: '10.0.0.7', dstaddr: '10.0.1.8' },
  ],
  [
    'unknown internet',
    'between public addresses',
    { 'interface-id': 'eni-99', srcaddr: '2a00::1', dstaddr: '2a00::2' },
  ],
]

it('tells direction and class of the peer', async () => {
  await knowInterfaces()
  const classes = await classesOf(...RECORDS.map(([, , record]) => record))
  expect(classes.map((one, index) => `${one}: ${RECORDS[index]?.[1]}`)).toEqual(
    RECORDS.map(([expected, what]) => `${expected}: ${what}`),
  )
})

it('goes by where an interface was last seen, whatever came in last', async () => {
  await flowLogs.insert('resource_events', [
    interfaceEvent('eni-0a', { private_ip_address: '10.0.0.5' }),
    interfaceEvent('eni-0b', { private_ip_address: '10.0.7.7', availability_zone_id: 'euw1-az2' }, 1),
  ])
  await flowLogs.insert('resource_events', [
    interfaceEvent('eni-0b', { private_ip_address: '10.0.7.7', availability_zone_id: 'euw1-az1' }, 15),
  ])
  expect(await classesOf({ dstaddr: '10.0.7.7' })).toEqual(['egress cross_az'])
})

it('finds the region of an interface in the inventory where nothing else says it', async () => {
  await knowInterfaces()
  await flowLogs.load(await flowLogs.write('by-hand.log', logOf(flowRecord())))
  expect(await flowLogs.events('DISTINCT aws_region, resource_arn')).toEqual([
    { aws_region: 'eu-west-1', resource_arn: 'arn:aws:ec2:eu-west-1:123456789010:network-interface/eni-0a' },
  ])
})
