import { EC2Client } from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
  type LoadBalancer,
  LoadBalancerNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { configNetwork } from '../../../packages/collectors/src/aws/config-network.ts'
import { awsError, collect, makeEvent, recordedAnswer } from '../harness.ts'

const ec2 = mockClient(EC2Client)
const elbv2 = mockClient(ElasticLoadBalancingV2Client)
const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)

beforeEach(() => {
  ec2.reset()
  elbv2.reset()
  ec2.onAnyCommand().resolves({ NatGateways: [], NetworkInterfaces: [], Addresses: [] })
})

describe('load balancers', () => {
  it('are yielded one event each, across pages, with their tags', async () => {
    const albPage = recorded('test_appelb_add_security_group/elasticloadbalancing.DescribeLoadBalancers_2')
    const nlbPage = recorded('test_netelb_metrics/elasticloadbalancing.DescribeLoadBalancers_1')
    elbv2
      .on(DescribeLoadBalancersCommand)
      .resolvesOnce({ ...albPage, NextMarker: 'more' })
      .on(DescribeLoadBalancersCommand, { Marker: 'more' })
      .resolves(nlbPage)
    elbv2
      .on(DescribeTagsCommand)
      .resolvesOnce(recorded('test_appelb_add_security_group/elasticloadbalancing.DescribeTags_1'))
      .resolvesOnce(recorded('test_netelb_metrics/elasticloadbalancing.DescribeTags_1'))

    const { events, run } = await collect(configNetwork)

    expect(run.status).toBe('complete')
    expect(events).toEqual([
      makeLoadBalancerEvent(
        'arn:aws:elasticloadbalancing:us-east-1:123412341234:loadbalancer/app/test-abc/543530edaee12345',
        {
          resource_name: 'test-abc',
          properties: {
            type: 'application',
            scheme: 'internal',
            state: 'active',
            dns_name: 'internal-test-abc-398177229.us-east-1.elb.amazonaws.com',
            hosted_zone_id: 'ABCDXDOTRQ7X77',
            vpc_id: 'vpc-3d05f145',
            availability_zones: 'us-east-1b,us-east-1a',
            subnet_ids: 'subnet-085d1234,subnet-da895678',
            ip_address_type: 'ipv4',
            security_group_ids: 'sg-01a19f602ecaf25f4,sg-c573e6b3',
            create_time: '2018-04-16T18:09:43.630Z',
            tags_known: 'true',
            'tag:testkey': 'testval',
          },
        },
      ),
      makeLoadBalancerEvent(
        'arn:aws:elasticloadbalancing:us-east-1:644160558196:loadbalancer/net/nicnoc/d1c62a508f72274f',
        {
          resource_name: 'nicnoc',
          marqo_env: 'Dev',
          properties: {
            type: 'network',
            scheme: 'internet-facing',
            state: 'active',
            dns_name: 'nicnoc-d1c62a508f72274f.elb.us-east-1.amazonaws.com',
            hosted_zone_id: 'Z26RNL4JYFTOTI',
            vpc_id: 'vpc-d2d616b5',
            availability_zones: 'us-east-1b,us-east-1a',
            subnet_ids: 'subnet-efbcccb7,subnet-914763e7',
            ip_address_type: 'ipv4',
            create_time: '2020-04-18T11:01:21.041Z',
            tags_known: 'true',
            'tag:Env': 'Dev',
          },
        },
      ),
    ])
  })

  it('tell their fixed addresses', async () => {
    elbv2
      .on(DescribeLoadBalancersCommand)
      .resolves(recordedAnswer('aws-fixinventory/elbv2/describe-load-balancers.json'))
    answerTags()

    const { events } = await collect(configNetwork)

    expect(events[0]?.properties).toMatchObject({
      public_ip_addresses: '1.2.3.4,2.3.4.5,3.4.5.6',
      allocation_ids: 'ei1,ei2,ei3',
      customer_owned_ipv4_pool: 'customer-owned-ipv4-pool',
    })
  })

  it('of the gateway type and with IPv6 are read', async () => {
    answerLoadBalancers([
      {
        ...loadBalancer(1),
        Type: 'gateway',
        IpAddressType: 'dualstack',
        AvailabilityZones: [
          { LoadBalancerAddresses: [{ IPv6Address: '2600:1f18::1', PrivateIPv4Address: '10.0.0.5' }] },
        ],
      },
    ])
    answerTags()

    const { events } = await collect(configNetwork)

    expect(events[0]?.properties).toMatchObject({
      type: 'gateway',
      ip_address_type: 'dualstack',
      ipv6_addresses: '2600:1f18::1',
      private_ip_addresses: '10.0.0.5',
      tags_known: 'true',
    })
  })

  it('have their tags asked for in calls of at most 20', async () => {
    answerLoadBalancers(Array.from({ length: 45 }, (_, index) => loadBalancer(index)))
    answerTags()

    const { events } = await collect(configNetwork)

    const sizes = elbv2
      .commandCalls(DescribeTagsCommand)
      .map(({ args }) => args[0].input.ResourceArns?.length)
    expect(sizes).toEqual([20, 20, 5])
    expect(events.map((event) => event.properties['tag:arn'])).toEqual(
      events.map((event) => event.resource_arn),
    )
  })

  it('are yielded without tags when those are denied, and the look is not complete', async () => {
    answerLoadBalancers([loadBalancer(1), loadBalancer(2)])
    elbv2.on(DescribeTagsCommand).rejects(awsError('AccessDenied'))

    const { events, run } = await collect(configNetwork)

    expect(events.map((event) => event.properties)).toEqual([
      { tags_known: 'false' },
      { tags_known: 'false' },
    ])
    expect(run.status).toBe('partial')
    expect(run.errors).toEqual([expect.stringContaining('load_balancers: ')])
  })

  it('keep the tags that were read before a failure', async () => {
    answerLoadBalancers(Array.from({ length: 60 }, (_, index) => loadBalancer(index)))
    answerTags()
    elbv2.on(DescribeTagsCommand, { ResourceArns: arns(20, 40) }).rejects(awsError('Throttling'))

    const { events } = await collect(configNetwork)

    const known = events.map((event) => event.properties.tags_known)
    expect(known).toEqual([...Array(20).fill('true'), ...Array(40).fill('false')])
  })

  it('that were deleted meanwhile do not cost the others their tags', async () => {
    answerLoadBalancers(Array.from({ length: 5 }, (_, index) => loadBalancer(index)))
    const gone = loadBalancer(3).LoadBalancerArn
    elbv2.on(DescribeTagsCommand).callsFake(({ ResourceArns }: { ResourceArns: string[] }) => {
      if (!ResourceArns.includes(gone)) return describeTags(ResourceArns)
      throw new LoadBalancerNotFoundException({ message: 'One or more not found', $metadata: {} })
    })

    const { events, run } = await collect(configNetwork)

    expect(events.map((event) => event.properties.tags_known)).toEqual([
      'true',
      'true',
      'true',
      'false',
      'true',
    ])
    expect(run.status).toBe('complete')
  })

  it('do not take an answer without tag descriptions for untagged', async () => {
    answerLoadBalancers([loadBalancer(1)])
    elbv2.on(DescribeTagsCommand).resolves({})

    const { events, run } = await collect(configNetwork)

    expect(events[0]?.properties).toEqual({ tags_known: 'false' })
    expect(run.status).toBe('partial')
  })

  it('of which there are none need no tags', async () => {
    answerLoadBalancers([])

    const { run } = await collect(configNetwork)

    expect(run.status).toBe('complete')
  })
})

const arns = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => loadBalancer(from + index).LoadBalancerArn)

function loadBalancer(number: number) {
  const arn = `arn:aws:elasticloadbalancing:us-east-1:644160558196:loadbalancer/app/web-${number}/50dc6c495c0c9188`
  return { LoadBalancerArn: arn } satisfies LoadBalancer
}

function answerLoadBalancers(loadBalancers: LoadBalancer[]) {
  elbv2.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: loadBalancers })
}

function answerTags() {
  elbv2
    .on(DescribeTagsCommand)
    .callsFake(({ ResourceArns }: { ResourceArns: string[] }) => describeTags(ResourceArns))
}

function describeTags(resourceArns: string[]) {
  return {
    TagDescriptions: resourceArns.map((arn) => ({ ResourceArn: arn, Tags: [{ Key: 'arn', Value: arn }] })),
  }
}

function makeLoadBalancerEvent(arn: string, columns: Partial<Parameters<typeof makeEvent>[0]>) {
  return makeEvent({
    collector: 'config_network',
    resource_type: 'elbv2:load_balancer',
    resource_id: arn.replace(/^.*:loadbalancer\//, ''),
    resource_arn: arn,
    ...columns,
  })
}
