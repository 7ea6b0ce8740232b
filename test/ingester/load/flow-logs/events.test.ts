import { eventId } from '@polo/core'
import { expect, it } from 'vitest'
import type { Row } from '../../factories.ts'
import { useFlowLogs } from './flow-log-stage.ts'
import { interfaceEvent } from './interface-event.ts'
import { awsKey, type FlowRecord, flowRecord, logOf } from './records.ts'

const flowLogs = useFlowLogs()
const ARN = 'arn:aws:ec2:eu-west-1:123456789010:network-interface/eni-0a'
const VALUES =
  "event_action AS metric, value, properties['direction'] AS direction, properties['peer_class'] AS peer_class, " +
  "properties['accepted'] AS accepted, properties['rejected'] AS rejected"
const BYTES = "AND event_action = 'bytes' ORDER BY ALL"

/** An object of AWS's name, which differs by its hash. */
function object(hash: string, ...records: readonly FlowRecord[]): Promise<string> {
  return flowLogs.write(awsKey({ hash }).replace('.gz', ''), logOf(...records))
}

function identity(event: Row): string {
  const { event_action, event_time, resource_arn, properties } = event
  const { direction, peer_class } = Object(properties)
  return eventId({
    collector: 'flow_logs',
    aws_account_id: '123456789010',
    aws_region: 'eu-west-1',
    resource_arn: String(resource_arn),
    resource_id: 'eni-0a',
    event_type: 'metric',
    event_action: String(event_action),
    event_time: new Date(`${event_time}Z`).toISOString(),
    discriminator: direction === undefined ? '' : `${direction}/${peer_class}`,
  })
}

it('says bytes, packets and flows of each interface, direction, class of peer and hour', async () => {
  await flowLogs.insert('resource_events', [interfaceEvent('eni-0a', { private_ip_address: '10.0.0.5' })])
  await flowLogs.load(
    await object(
      'a1',
      flowRecord(),
      flowRecord({ bytes: 500, packets: 5 }),
      flowRecord({ bytes: 40, packets: 1, action: 'REJECT' }),
      flowRecord({ srcaddr: '203.0.113.9', dstaddr: '10.0.0.5', bytes: 7, packets: 1 }),
      flowRecord({ start: 1_700_003_600, end: 1_700_003_660, bytes: 9, packets: 2 }),
    ),
  )
  const events = await flowLogs.events('* EXCEPT observed_at', 'ORDER BY event_time, event_action, value')
  const same = {
    collector: 'flow_logs',
    aws_account_id: '123456789010',
    aws_region: 'eu-west-1',
    resource_arn: ARN,
    resource_type: 'ec2:eni',
    resource_id: 'eni-0a',
    resource_name: '',
    event_type: 'metric',
    actor_arn: '',
    actor_name: '',
    marqo_customer: 'customer of eni-0a',
    marqo_cluster: '',
    marqo_index: '',
    marqo_env: '',
    marqo_purpose: 'serving',
    account_role: 'production',
  }
  const event = (
    metric: string,
    value: number,
    [direction, accepted, rejected, hour = 22]: (string | number)[],
  ) => ({
    ...same,
    event_id: expect.any(String),
    event_time: `2023-11-14 ${hour}:00:00.000`,
    event_action: metric,
    value,
    unit: metric === 'bytes' ? 'Bytes' : 'Count',
    properties: { direction, peer_class: 'internet', accepted: String(accepted), rejected: String(rejected) },
  })
  expect(events).toEqual([
    event('bytes', 7, ['ingress', 7, 0]),
    event('bytes', 1540, ['egress', 1500, 40]),
    event('flows', 1, ['ingress', 1, 0]),
    event('flows', 3, ['egress', 2, 1]),
    event('packets', 1, ['ingress', 1, 0]),
    event('packets', 16, ['egress', 15, 1]),
    event('bytes', 9, ['egress', 9, 0, 23]),
    event('flows', 1, ['egress', 1, 0, 23]),
    event('packets', 2, ['egress', 2, 0, 23]),
  ])
})

it('gives events the ids that core gives them', async () => {
  const skipped = { srcaddr: '-', dstaddr: '-', bytes: '-', packets: '-', action: '-' }
  await flowLogs.load(
    await object(
      'a1',
      flowRecord(),
      flowRecord({ srcaddr: '10.0.0.5', dstaddr: '10.0.0.6' }),
      flowRecord({ ...skipped, 'log-status': 'NODATA' }),
      flowRecord({ ...skipped, 'log-status': 'SKIPDATA' }),
    ),
  )
  const events = await flowLogs.events('*', 'ORDER BY event_action')
  expect(events.map((event) => event.event_action)).toEqual([
    'bytes',
    'bytes',
    'flows',
    'flows',
    'nodata_records',
    'packets',
    'packets',
    'skipdata_records',
  ])
  expect(events.map((event) => event.event_id)).toEqual(events.map(identity))
})

it('counts capture windows without data, and with data skipped', async () => {
  const none = { srcaddr: '-', dstaddr: '-', bytes: '-', packets: '-', action: '-' }
  const nodata = flowRecord({ ...none, 'log-status': 'NODATA' })
  await flowLogs.load(await object('a1', nodata, nodata, flowRecord({ ...none, 'log-status': 'SKIPDATA' })))
  expect(await flowLogs.events('event_action, value, unit, properties', 'ORDER BY ALL')).toEqual([
    { event_action: 'nodata_records', value: 2, unit: 'Count', properties: {} },
    { event_action: 'skipdata_records', value: 1, unit: 'Count', properties: {} },
  ])
})

it('adds up the objects of an hour as they come', async () => {
  await flowLogs.load(await object('a1', flowRecord()))
  expect(await flowLogs.events(VALUES, BYTES)).toEqual([egress(1000)])
  await flowLogs.load(await object('a2', flowRecord({ bytes: 200 })))
  expect(await flowLogs.events(VALUES, BYTES)).toEqual([egress(1200)])
})

it('changes nothing when an object is loaded again, alone or with others', async () => {
  const [one, two] = [await object('a1', flowRecord()), await object('a2', flowRecord({ bytes: 200 }))]
  await flowLogs.load(one, two)
  const before = await flowLogs.events('* EXCEPT observed_at', 'ORDER BY event_id')
  for (const keys of [[one], [two, one], [two]]) {
    await flowLogs.load(...keys)
    expect(await flowLogs.events('* EXCEPT observed_at', 'ORDER BY event_id')).toEqual(before)
  }
  expect(await flowLogs.traffic('sum(bytes) AS bytes')).toEqual([{ bytes: 1200 }])
})

it('counts a copy of an object as that object', async () => {
  const key = await object('a1', flowRecord())
  const copy = await flowLogs.write(`copies/${key.split('/').at(-1)}`, logOf(flowRecord()))
  await flowLogs.load(key, copy)
  await flowLogs.load(copy)
  expect(await flowLogs.events(VALUES, BYTES)).toEqual([egress(1000)])
})

it('takes back what an object said of a class once the inventory knows better', async () => {
  const records = [flowRecord({ dstaddr: '10.0.1.7' }), flowRecord({ dstaddr: '10.0.2.8', bytes: 5 })]
  const key = await object('a1', ...records)
  await flowLogs.insert('resource_events', [interfaceEvent('eni-0a', { private_ip_address: '10.0.0.5' })])
  await flowLogs.load(key)
  expect(await flowLogs.events(VALUES, BYTES)).toEqual([egress(1005, 'vpc')])

  await flowLogs.insert('resource_events', [
    interfaceEvent('eni-0b', { private_ip_address: '10.0.1.7' }),
    interfaceEvent('eni-0c', { private_ip_address: '10.0.2.8', availability_zone_id: 'euw1-az2' }),
  ])
  await flowLogs.load(key)
  expect(await flowLogs.events(VALUES, BYTES)).toEqual([
    egress(0, 'vpc'),
    egress(5, 'cross_az'),
    egress(1000, 'same_az'),
  ])
})

it('forgets the traffic that an object no longer has', async () => {
  await flowLogs.load(
    await object('a1', flowRecord(), flowRecord({ start: 1_700_003_600, end: 1_700_003_660, bytes: 9 })),
  )
  await flowLogs.load(await object('a1', flowRecord({ bytes: 3 })))
  expect(await flowLogs.events(`toString(event_time) AS at, value`, BYTES)).toEqual([
    { at: '2023-11-14 22:00:00.000', value: 3 },
    { at: '2023-11-14 23:00:00.000', value: 0 },
  ])
})

it('counts a flow once that two flow logs have seen', async () => {
  const rejected = flowRecord({ action: 'REJECT', bytes: 40 })
  const vpc = awsKey({ flowLog: 'fl-vpc', hash: 'a1' }).replace('.gz', '')
  const own = awsKey({ flowLog: 'fl-own', hash: 'a2' }).replace('.gz', '')
  await flowLogs.write(vpc, logOf(flowRecord(), flowRecord({ bytes: 11 })))
  await flowLogs.write(own, logOf(flowRecord(), rejected))
  await flowLogs.load(own)
  expect(await flowLogs.events(VALUES, BYTES)).toEqual([egress(1040, 'internet', 40)])
  await flowLogs.load(vpc)
  expect(await flowLogs.events(VALUES, BYTES)).toEqual([egress(1051, 'internet', 40)])
})

it('counts a flow once where one of two flow logs does not say what was accepted', async () => {
  const { action: _, ...unsaid } = flowRecord()
  const own = awsKey({ flowLog: 'fl-own', hash: 'a1' }).replace('.gz', '')
  const vpc = awsKey({ flowLog: 'fl-vpc', hash: 'a2' }).replace('.gz', '')
  await flowLogs.load(await flowLogs.write(vpc, logOf(unsaid)))
  expect(await flowLogs.events('value', BYTES)).toEqual([{ value: 1000 }])
  await flowLogs.load(await flowLogs.write(own, logOf(flowRecord(), flowRecord({ action: '-', bytes: 9 }))))
  expect(await flowLogs.events('value', BYTES)).toEqual([{ value: 1009 }])
})

it('counts what an object said before while a loader that loads it again is not done, or was killed', async () => {
  const key = await object('a1', flowRecord())
  await flowLogs.load(key)
  await flowLogs.command(
    'INSERT INTO flow_log_traffic SELECT * REPLACE(loaded_at + INTERVAL 1 SECOND AS loaded_at, 1 AS bytes) FROM flow_log_traffic',
  )
  await flowLogs.command('OPTIMIZE TABLE flow_log_traffic FINAL')
  await flowLogs.load(await object('a2', flowRecord({ bytes: 5 })))
  expect(await flowLogs.events(VALUES, BYTES)).toEqual([egress(1005)])

  await flowLogs.load(key)
  expect(await flowLogs.events(VALUES, BYTES)).toEqual([egress(1005)])
})

function egress(value: number, peer_class = 'internet', rejected = 0): Row {
  const accepted = String(value - rejected)
  return { metric: 'bytes', value, direction: 'egress', peer_class, accepted, rejected: String(rejected) }
}
