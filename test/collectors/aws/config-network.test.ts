import {
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
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
  ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [] })
  ec2.on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces: [] })
  ec2.on(DescribeAddressesCommand).resolves({ Addresses: [] })
  elbv2.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [] })
  elbv2.on(DescribeTagsCommand).resolves({ TagDescriptions: [] })
})

describe('config_network', () => {
  it('finds nothing in empty answers', async () => {
    const { events, run } = await collect(configNetwork)

    expect(events).toEqual([])
    expect(run.status).toBe('complete')
  })

  it('asks for the largest pages', async () => {
    await collect(configNetwork)

    const inputs = [...ec2.calls(), ...elbv2.calls()].map(({ args }) => args[0].input)
    expect(inputs).toEqual([{ MaxResults: 1000 }, { MaxResults: 1000 }, {}, { PageSize: 400 }])
  })

  it('goes on with the other lists when one is denied', async () => {
    ec2.on(DescribeNatGatewaysCommand).rejects(awsError('UnauthorizedOperation'))
    ec2.on(DescribeAddressesCommand).resolves({ Addresses: [{ AllocationId: 'eipalloc-1' }] })

    const { events, run } = await collect(configNetwork)

    expect(events.map((event) => event.resource_id)).toEqual(['eipalloc-1'])
    expect(run.region_outcomes).toEqual({ 'us-east-1': 'partial' })
    expect(run.errors).toEqual([expect.stringContaining('nat_gateways: ')])
  })

  it('does not take an answer without its list for none found', async () => {
    elbv2.on(DescribeLoadBalancersCommand).resolves({})
    ec2.on(DescribeNatGatewaysCommand).resolves({})
    ec2.on(DescribeNetworkInterfacesCommand).resolves({})
    ec2.on(DescribeAddressesCommand).resolves({})

    const { run } = await collect(configNetwork)

    expect(run.status).toBe('failed')
    expect(run.errors).toHaveLength(4)
  })

  it('rejects what has no id, by name', async () => {
    ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [{ State: 'available' }] })
    ec2.on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces: [{}] })
    ec2.on(DescribeAddressesCommand).resolves({ Addresses: [{}] })
    elbv2.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [{ LoadBalancerName: 'web' }] })

    const { events, run } = await collect(configNetwork)

    expect(events).toEqual([])
    expect(run.errors).toEqual(
      ['vpc:nat_gateway', 'elbv2:load_balancer', 'ec2:eni', 'ec2:eip'].map((type) =>
        expect.stringContaining(`${type} one without an id`),
      ),
    )
  })
})

describe('NAT gateways', () => {
  it('are yielded one event each, across pages', async () => {
    ec2
      .on(DescribeNatGatewaysCommand)
      .resolvesOnce({ ...recorded('test_nat_gateways_tag/ec2.DescribeNatGateways_2'), NextToken: 'more' })
      .on(DescribeNatGatewaysCommand, { NextToken: 'more' })
      .resolves(recordedAnswer('aws-cli-docs/ec2/describe-nat-gateways__1.json'))

    const { events } = await collect(configNetwork)

    expect(events).toEqual([
      makeNatGatewayEvent('nat-0000000000000000', {
        resource_name: 'c7n_test',
        properties: {
          state: 'available',
          vpc_id: 'vpc-0000000',
          subnet_id: 'subnet-0000000',
          private_ip_address: '1.1.1.1',
          private_ip_addresses: '1.1.1.1',
          public_ip_address: '1.1.1.1',
          public_ip_addresses: '1.1.1.1',
          allocation_ids: 'eipalloc-0000000',
          network_interface_ids: 'eni-0000000',
          create_time: '2017-09-08T19:21:16.000Z',
          'tag:Name': 'c7n_test',
          'tag:xyz': 'hello world',
        },
      }),
      makeNatGatewayEvent('nat-01234567890abcdef', {
        resource_name: 'public-nat',
        properties: {
          state: 'available',
          connectivity_type: 'public',
          vpc_id: 'vpc-098eb5ef58EXAMPLE',
          subnet_id: 'subnet-655eab5f08EXAMPLE',
          private_ip_address: '10.0.0.211',
          private_ip_addresses: '10.0.0.211,10.0.0.74',
          public_ip_address: '54.85.121.213',
          public_ip_addresses: '54.85.121.213,3.211.231.218',
          allocation_ids: 'eipalloc-0790180cd2EXAMPLE,eipalloc-0be6ecac95EXAMPLE',
          network_interface_ids: 'eni-09cc4b2558794f7f9',
          create_time: '2023-08-25T01:56:51.000Z',
          'tag:Name': 'public-nat',
        },
      }),
    ])
  })

  it('tell why they failed', async () => {
    ec2.on(DescribeNatGatewaysCommand).resolves({
      NatGateways: [
        {
          NatGatewayId: 'nat-1',
          State: 'failed',
          FailureCode: 'Gateway.NotAttached',
          FailureMessage: 'Network vpc-1 has no Internet gateway attached',
          DeleteTime: new Date('2025-01-02T03:04:05Z'),
        },
      ],
    })

    const { events } = await collect(configNetwork)

    expect(events[0]?.properties).toEqual({
      state: 'failed',
      failure_code: 'Gateway.NotAttached',
      failure_message: 'Network vpc-1 has no Internet gateway attached',
      delete_time: '2025-01-02T03:04:05.000Z',
    })
  })
})

describe('Elastic IP addresses', () => {
  it('are yielded one event each', async () => {
    ec2.on(DescribeAddressesCommand).resolves(recordedAnswer('aws-cli-docs/ec2/describe-addresses__1.json'))

    const { events } = await collect(configNetwork)

    expect(events).toEqual([
      makeAddressEvent('198.51.100.0', {
        associated: 'true',
        public_ip_address: '198.51.100.0',
        instance_id: 'i-1234567890abcdef0',
        domain: 'standard',
        public_ipv4_pool: 'amazon',
      }),
      makeAddressEvent('eipalloc-12345678', {
        allocation_id: 'eipalloc-12345678',
        associated: 'true',
        association_id: 'eipassoc-12345678',
        public_ip_address: '203.0.113.0',
        private_ip_address: '10.0.1.241',
        instance_id: 'i-1234567890abcdef0',
        network_interface_id: 'eni-12345678',
        network_interface_owner_id: '123456789012',
        domain: 'vpc',
        public_ipv4_pool: 'amazon',
      }),
    ])
  })

  it('tell that nothing uses them', async () => {
    ec2.on(DescribeAddressesCommand).resolves(recorded('test_address_disassociate/ec2.DescribeAddresses_3'))

    const { events } = await collect(configNetwork)

    expect(events[0]?.properties.associated).toBe('false')
  })
})

type Columns = Partial<Parameters<typeof makeEvent>[0]>

function makeNatGatewayEvent(id: string, columns: Columns) {
  return makeNetworkEvent('vpc:nat_gateway', `natgateway/${id}`, columns)
}

function makeAddressEvent(id: string, properties: Record<string, string>) {
  return makeNetworkEvent('ec2:eip', `elastic-ip/${id}`, { properties })
}

function makeNetworkEvent(type: string, path: string, columns: Columns) {
  return makeEvent({
    collector: 'config_network',
    resource_type: type,
    resource_id: path.replace(/^.*\//, ''),
    resource_arn: `arn:aws:ec2:us-east-1:644160558196:${path}`,
    ...columns,
  })
}
