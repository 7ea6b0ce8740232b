import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { COLLECTORS, liveAws } from '@polo/collectors'
import type { CollectorRun, ResourceEvent } from '@polo/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectEverything } from '../local/collect-everything.ts'
import { createEstate, type Estate, IMAGE, required } from './create-estate.ts'
import { type Moto, startMoto } from './start-moto.ts'
import { withSmallPages } from './with-small-pages.ts'
import { withoutIpam } from './without-ipam.ts'

/** The emulator's only account. */
const ACCOUNT = '123456789012'
const REGION = 'us-east-1'
const OTHER_REGION = 'eu-west-1'
const OTHER_INSTANCES = 25
const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' })

let moto: Moto
let estate: Estate
let runs: CollectorRun[]
let events: ResourceEvent[]

beforeAll(async () => {
  moto = await startMoto()
  const { endpoint } = moto
  const at = (region: string) => ({ endpoint, credentials, region })
  estate = await createEstate(new EC2Client(at(REGION)), new ElasticLoadBalancingV2Client(at(REGION)))
  await new EC2Client(at(OTHER_REGION)).send(
    new RunInstancesCommand({ ImageId: IMAGE, MinCount: OTHER_INSTANCES, MaxCount: OTHER_INSTANCES }),
  )
  const aws = withoutIpam(withSmallPages(liveAws({ endpoint, credentials, regions: [REGION, OTHER_REGION] })))
  const collectors = COLLECTORS.filter(({ scope }) => scope === 'account')
  const collected = await collectEverything(aws, collectors)
  runs = collected.runs
  events = collected.events
})

afterAll(() => moto?.stop())

function find(resourceId: string): ResourceEvent {
  return required(
    events.find((event) => event.resource_id === resourceId),
    resourceId,
  )
}

function ofType(type: string, region = REGION): ResourceEvent[] {
  return events.filter((event) => event.resource_type === type && event.aws_region === region)
}

function callsOf(collector: string): CollectorRun['api_calls'] {
  return required(
    runs.find((run) => run.collector === collector),
    collector,
  ).api_calls
}

describe('an emulated account', () => {
  test('is found by its credentials', async () => {
    const { endpoint } = moto
    expect(await liveAws({ endpoint, credentials }).accounts()).toEqual([{ id: ACCOUNT, source: 'caller' }])
  })

  test('has the regions that are enabled', async () => {
    const { endpoint } = moto
    const regions = await liveAws({ endpoint, credentials }).regions(ACCOUNT)
    expect(regions).toEqual(expect.arrayContaining([REGION, OTHER_REGION]))
    expect(regions.length).toBeGreaterThan(10)
  })

  test('is completely read by every collector', () => {
    expect(runs.map((run) => ({ [run.collector]: run.status, errors: run.errors }))).toEqual(
      runs.map((run) => ({ [run.collector]: 'complete', errors: [] })),
    )
    expect(runs.length).toBeGreaterThanOrEqual(3)
  })

  test('has each resource once', () => {
    expect(new Set(events.map((event) => event.event_id)).size).toBe(events.length)
  })
})

describe('its instances', () => {
  test.each(['running', 'stopped', 'terminated'] as const)('include one that is %s', (state) => {
    expect(find(estate[state])).toMatchObject({
      resource_arn: `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${estate[state]}`,
      aws_account_id: ACCOUNT,
      properties: { state, instance_type: 't3.micro' },
    })
  })

  test('have their name and owner from their tags', () => {
    expect(find(estate.running)).toMatchObject({ resource_name: 'runs', marqo_customer: 'search' })
  })

  test('are all read, across pages', () => {
    expect(ofType('ec2:instance')).toHaveLength(23)
    expect(callsOf('config_ec2')['ec2:DescribeInstances']).toBe(3 + 1)
  })

  test('are read in the other region too', () => {
    expect(ofType('ec2:instance', OTHER_REGION)).toHaveLength(OTHER_INSTANCES)
  })
})

test('a volume has its size, state and owner', () => {
  expect(find(estate.volume)).toMatchObject({
    resource_type: 'ebs:volume',
    marqo_customer: 'search',
    properties: { size_gib: '37', volume_type: 'gp3', state: 'available', attached: 'false' },
  })
})

test('instances have their root volumes', () => {
  expect(ofType('ebs:volume', OTHER_REGION)).toHaveLength(OTHER_INSTANCES)
})

test('a NAT gateway has its subnet, address and owner', () => {
  expect(find(estate.natGateway)).toMatchObject({
    resource_type: 'vpc:nat_gateway',
    marqo_customer: 'search',
    properties: { state: 'available' },
  })
})

test('an address in use has its instance, a spare one has none', () => {
  expect(find(estate.usedAddress).properties.instance_id).toBe(estate.running)
  expect(find(estate.spareAddress).properties).not.toHaveProperty('instance_id')
})

test('a network interface that nothing uses is seen', () => {
  expect(find(estate.networkInterface)).toMatchObject({
    resource_type: 'ec2:eni',
    properties: { status: 'available', description: 'spare' },
  })
})

describe('its public addresses', () => {
  const addresses = () => ofType('ec2:ipv4').filter(({ properties }) => properties.allocation_id)
  const byAllocation = (id: string) =>
    required(
      addresses().find(({ properties }) => properties.allocation_id === id),
      id,
    )

  test('are each there once', () => {
    const ids = ofType('ec2:ipv4').map((event) => event.resource_id)
    expect(ids).toEqual([...new Set(ids)])
    expect(addresses()).toHaveLength(3)
  })

  test('include one that is in use, with its instance and owner', () => {
    expect(byAllocation(estate.usedAddress)).toMatchObject({
      marqo_customer: 'search',
      value: 0.005,
      unit: 'USD/hour',
      properties: { state: 'in_use', service: 'ec2', instance_id: estate.running, instance_state: 'running' },
    })
  })

  test('include one that is idle', () => {
    expect(byAllocation(estate.spareAddress)).toMatchObject({
      value: 0.005,
      properties: { state: 'idle', state_reason: 'associated with nothing', charge: 'charged' },
    })
  })
})

describe('its load balancers', () => {
  test.each(['application', 'network'] as const)('include one of type %s, with its owner', (type) => {
    const arn = estate.loadBalancers[type]
    expect(events.find((event) => event.resource_arn === arn)).toMatchObject({
      resource_type: 'elbv2:load_balancer',
      marqo_customer: 'search',
      properties: { type },
    })
  })

  test('are all read, across pages, with their tags', () => {
    const balancers = ofType('elbv2:load_balancer')
    expect(balancers.map((event) => event.marqo_customer)).toEqual(balancers.map(() => 'search'))
    expect(balancers).toHaveLength(25)
    expect(callsOf('config_network')['elasticloadbalancing:DescribeLoadBalancers']).toBe(3 + 1)
  })
})
