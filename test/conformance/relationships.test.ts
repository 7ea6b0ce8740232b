import { AutoScalingClient } from '@aws-sdk/client-auto-scaling'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { liveAws, runCollector } from '@polo/collectors'
import { type CollectorRun, parseConfig, ResourceRelationship } from '@polo/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { relationships } from '../../packages/collectors/src/aws/relationships.ts'
import { readRows } from '../core/read-rows.ts'
import { required } from './create-estate.ts'
import { createRelationships, LAUNCHED, MANY, type RelatedEstate } from './create-relationships.ts'
import { type Moto, startMoto } from './start-moto.ts'
import { withSmallPages } from './with-small-pages.ts'

const ACCOUNT = '123456789012'
const REGION = 'us-east-1'
const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' })

let moto: Moto
let estate: RelatedEstate
let run: CollectorRun
let edges: ResourceRelationship[]

beforeAll(async () => {
  moto = await startMoto()
  const place = { endpoint: moto.endpoint, credentials, region: REGION }
  estate = await createRelationships({
    ec2: new EC2Client(place),
    elbv2: new ElasticLoadBalancingV2Client(place),
    autoscaling: new AutoScalingClient(place),
  })
  const bodies: string[] = []
  run = await runCollector(
    {
      collector: relationships,
      account: { id: ACCOUNT, role: '', tagDefaults: {} },
      slot: new Date('2026-01-01T00:00:00Z'),
      timeoutMs: 300_000,
    },
    {
      aws: withSmallPages(liveAws({ endpoint: moto.endpoint, credentials, regions: [REGION] })),
      sink: { send: async (body) => void bodies.push(body) },
      config: parseConfig({}),
    },
  )
  edges = (await readRows(bodies, 'resource_relationship/1')).map((row) => ResourceRelationship.parse(row))
})

afterAll(() => moto?.stop())

function of(relation: string, type: string, ends: { from?: string; to?: string } = {}) {
  return edges.filter(
    (edge) =>
      edge.relation === relation &&
      edge.to_type === type &&
      (ends.from ?? edge.from_id) === edge.from_id &&
      (ends.to ?? edge.to_id) === edge.to_id,
  )
}

function idOf(arn: string): string {
  return arn.replace(/^.*:(?:targetgroup|loadbalancer)\//, '')
}

test('an emulated account is completely read', () => {
  expect({ status: run.status, errors: run.errors }).toEqual({ status: 'complete', errors: [] })
})

test('every edge is told once', () => {
  const told = edges.map((edge) => [edge.from_id, edge.relation, edge.to_type, edge.to_id].join(' '))
  expect(new Set(told).size).toBe(told.length)
})

test('lists are read across pages', () => {
  const from = (type: string) => (edge: ResourceRelationship) => edge.from_type === type
  const subnet = { to: estate.subnet }
  expect(of('is_in', 'vpc:subnet', subnet).filter(from('ec2:instance'))).toHaveLength(MANY + LAUNCHED)
  expect(of('is_in', 'vpc:subnet', subnet).filter(from('autoscaling:group'))).toHaveLength(MANY + 1)
  // The emulator gives all of the other lists at once.
  expect(run.api_calls).toMatchObject({
    'ec2:DescribeInstances': 2,
    'autoscaling:DescribeAutoScalingGroups': 2,
  })
})

test('there is one call for the targets of each target group', () => {
  expect(run.api_calls['elasticloadbalancing:DescribeTargetHealth']).toBe(
    MANY + Object.keys(estate.targetGroups).length,
  )
})

describe('its resources', () => {
  const cases: [string, () => [from: string, relation: string, type: string, to: string]][] = [
    ['an instance attaches its volume', () => [estate.instance, 'attaches', 'ebs:volume', estate.volume]],
    [
      'an instance attaches its network interface',
      () => [estate.instance, 'attaches', 'ec2:eni', estate.networkInterface],
    ],
    [
      'an instance is secured by its security group',
      () => [estate.instance, 'is_secured_by', 'ec2:security_group', estate.group],
    ],
    [
      'a network interface is in its subnet',
      () => [estate.networkInterface, 'is_in', 'vpc:subnet', estate.subnet],
    ],
    [
      'a network interface is secured by its security group',
      () => [estate.networkInterface, 'is_secured_by', 'ec2:security_group', estate.group],
    ],
    ['a subnet is in its VPC', () => [estate.subnet, 'is_in', 'vpc:vpc', estate.vpc]],
    [
      'a security group references the one that its rule names',
      () => [estate.group, 'references', 'ec2:security_group', estate.guest],
    ],
    [
      'an Elastic IP address is associated with its network interface',
      () => [estate.address, 'is_associated_with', 'ec2:eni', estate.networkInterface],
    ],
    ['a NAT gateway is in its subnet', () => [estate.natGateway, 'is_in', 'vpc:subnet', estate.otherSubnet]],
    [
      'a load balancer is in its subnet',
      () => [idOf(estate.loadBalancer), 'is_in', 'vpc:subnet', estate.subnet],
    ],
    [
      'a load balancer is secured by its security group',
      () => [idOf(estate.loadBalancer), 'is_secured_by', 'ec2:security_group', estate.group],
    ],
    [
      'a load balancer forwards to its target group',
      () => [
        idOf(estate.loadBalancer),
        'forwards_to',
        'elbv2:target_group',
        idOf(estate.targetGroups.instance),
      ],
    ],
    [
      'a target group targets its instance',
      () => [idOf(estate.targetGroups.instance), 'targets', 'ec2:instance', estate.instance],
    ],
    [
      'a target group of addresses targets the network interface that has one',
      () => [idOf(estate.targetGroups.ip), 'targets', 'ec2:eni', estate.networkInterface],
    ],
    [
      'a target group of addresses targets an address that no network interface has',
      () => [idOf(estate.targetGroups.ip), 'targets', 'vpc:ip_address', '10.9.15.250'],
    ],
    [
      'a target group targets its function',
      () => [idOf(estate.targetGroups.lambda), 'targets', 'lambda:function', 'greet'],
    ],
    [
      'a target group targets its load balancer',
      () => [idOf(estate.targetGroups.alb), 'targets', 'elbv2:load_balancer', idOf(estate.loadBalancer)],
    ],
    [
      'an Auto Scaling group launches from its template',
      () => ['by-template', 'launches_from', 'ec2:launch_template', estate.launchTemplate],
    ],
    [
      'an Auto Scaling group registers with its target group',
      () => ['by-template', 'registers_with', 'elbv2:target_group', idOf(estate.targetGroups.instance)],
    ],
    ['an Auto Scaling group is in its subnet', () => ['by-template', 'is_in', 'vpc:subnet', estate.subnet]],
  ]

  test.each(cases)('%s', (_, edge) => {
    const [from, relation, type, to] = edge()
    expect(of(relation, type, { from, to })).toHaveLength(1)
  })

  test('an image is what every instance was launched from', () => {
    expect(new Set(of('was_launched_from', 'ec2:image').map(({ from_id }) => from_id)).size).toBe(
      MANY + LAUNCHED,
    )
  })

  test('each snapshot was taken of its volume', () => {
    expect(of('was_taken_of', 'ebs:volume', { to: estate.volume })).toHaveLength(MANY)
  })

  test('a NAT gateway uses the interface that its address is mapped to', () => {
    const [uses] = of('uses', 'ec2:eni', { from: estate.natGateway })
    expect(
      of('is_associated_with', 'ec2:eni', { to: required(uses, 'a network interface').to_id }),
    ).toHaveLength(1)
  })

  test('an Auto Scaling group manages the instances that it launched', () => {
    expect(of('manages', 'ec2:instance', { from: 'by-template' })).toHaveLength(LAUNCHED)
  })

  test('have the ARNs of their account', () => {
    expect(of('attaches', 'ebs:volume', { to: estate.volume })).toMatchObject([
      {
        from_arn: `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${estate.instance}`,
        to_arn: `arn:aws:ec2:${REGION}:${ACCOUNT}:volume/${estate.volume}`,
      },
    ])
  })
})
