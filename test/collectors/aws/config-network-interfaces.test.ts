import {
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  EC2Client,
  type NetworkInterface,
} from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { configNetwork } from '../../../packages/collectors/src/aws/config-network.ts'
import { collect, makeEvent, recordedAnswer } from '../harness.ts'

const ec2 = mockClient(EC2Client)
const elbv2 = mockClient(ElasticLoadBalancingV2Client)
const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)

beforeEach(() => {
  ec2.reset()
  elbv2.reset()
  ec2.onAnyCommand().resolves({ NatGateways: [], NetworkInterfaces: [], Addresses: [] })
  elbv2.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [] })
})

describe('network interfaces', () => {
  const eniRecording = 'test_interface_detach_primary_nic_1/ec2.DescribeNetworkInterfaces_1'

  it('are yielded one event each, across pages', async () => {
    ec2
      .on(DescribeNetworkInterfacesCommand)
      .resolvesOnce({ ...recorded(eniRecording), NextToken: 'more' })
      .on(DescribeNetworkInterfacesCommand, { NextToken: 'more' })
      .resolves({ NetworkInterfaces: [ipv6Interface] })

    const { events, run } = await collect(configNetwork)

    expect(run.region_events).toEqual({ 'us-east-1': 11 })
    expect(events[1]).toEqual(
      makeInterfaceEvent('eni-0449d9bc9a2d3536c', {
        interface_type: 'nat_gateway',
        status: 'in-use',
        description: 'Interface for NAT Gateway nat-001ede673d090598b',
        owner_id: '644160558196',
        requester_id: '644160558196',
        requester_managed: 'true',
        attachment_id: 'ela-attach-5cfc2360',
        attachment_status: 'attached',
        instance_owner_id: 'amazon-aws',
        device_index: '1',
        delete_on_termination: 'false',
        vpc_id: 'vpc-08bbc74c36b8a08dd',
        subnet_id: 'subnet-028fbebec8e1d710f',
        availability_zone: 'us-east-1b',
        private_ip_address: '10.146.96.24',
        private_ip_addresses: '10.146.96.24',
        public_ip_address: '3.216.70.200',
        public_ip_addresses: '3.216.70.200',
        public_ip_owner_id: '644160558196',
        allocation_id: 'eipalloc-0597dd9ddfcc9754d',
        private_dns_name: 'ip-10-146-96-24.ec2.internal',
        public_dns_name: 'ec2-3-216-70-200.compute-1.amazonaws.com',
        mac_address: '0a:00:b9:14:df:be',
        source_dest_check: 'false',
      }),
    )
    expect(events[10]).toEqual(
      makeInterfaceEvent('eni-6', {
        interface_type: 'interface',
        status: 'available',
        ipv6_addresses: '2600:1f18::1,2600:1f18::2',
        ipv4_prefixes: '10.0.8.0/28',
        ipv6_prefixes: '2600:1f18:1::/80',
        security_group_ids: 'sg-1,sg-2',
        security_group_names: 'web,default',
      }),
    )
  })

  it('inherit from their NAT gateway, and Elastic IPs through them', async () => {
    ec2.on(DescribeNatGatewaysCommand).resolves({
      NatGateways: [{ NatGatewayId: 'nat-001ede673d090598b', Tags: [{ Key: 'team', Value: 'network' }] }],
    })
    ec2.on(DescribeNetworkInterfacesCommand).resolves(recorded(eniRecording))
    ec2.on(DescribeAddressesCommand).resolves(recorded('test_address_disassociate/ec2.DescribeAddresses_2'))

    const { events } = await collect(configNetwork)

    const inherited = events.filter((event) => event.properties['inherited_from:marqo_customer'])
    expect(inherited).toMatchObject(
      ['eni-0449d9bc9a2d3536c', 'eipalloc-0597dd9ddfcc9754d'].map((id) => ({
        resource_id: id,
        marqo_customer: 'network',
        properties: {
          'inherited_from:marqo_customer':
            'arn:aws:ec2:us-east-1:644160558196:natgateway/nat-001ede673d090598b',
        },
      })),
    )
  })

  it.each(['app', 'net', 'gwy'])('inherit from their load balancer: %s', async (kind) => {
    const arn = `arn:aws:elasticloadbalancing:us-east-1:644160558196:loadbalancer/${kind}/web/50dc6c495c0c9188`
    elbv2.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [{ LoadBalancerArn: arn }] })
    elbv2.on(DescribeTagsCommand).resolves({
      TagDescriptions: [{ ResourceArn: arn, Tags: [{ Key: 'owner', Value: 'web-team' }] }],
    })
    ec2.on(DescribeNetworkInterfacesCommand).resolves({
      NetworkInterfaces: [managedInterface(`ELB ${kind}/web/50dc6c495c0c9188`)],
    })

    const { events } = await collect(configNetwork)

    expect(events[1]).toMatchObject({
      resource_id: 'eni-1',
      marqo_customer: 'web-team',
      properties: { 'inherited_from:marqo_customer': arn },
    })
  })

  it('do not inherit by a description that a user wrote', async () => {
    ec2.on(DescribeNatGatewaysCommand).resolves({
      NatGateways: [{ NatGatewayId: 'nat-1', Tags: [{ Key: 'team', Value: 'network' }] }],
    })
    ec2.on(DescribeNetworkInterfacesCommand).resolves({
      NetworkInterfaces: [
        { ...managedInterface('Interface for NAT Gateway nat-1'), RequesterManaged: false },
      ],
    })

    const { events } = await collect(configNetwork)

    expect(events[1]?.marqo_customer).toBe('')
  })

  it('of a shared VPC keep the account that owns them in the ARN', async () => {
    ec2.on(DescribeNetworkInterfacesCommand).resolves({
      NetworkInterfaces: [{ NetworkInterfaceId: 'eni-1', OwnerId: '111122223333' }],
    })

    const { events } = await collect(configNetwork)

    expect(events[0]).toMatchObject({
      aws_account_id: '644160558196',
      resource_arn: 'arn:aws:ec2:us-east-1:111122223333:network-interface/eni-1',
      properties: { owner_id: '111122223333' },
    })
  })

  it.each(['test_security_group_unused', 'test_security_group_used'])(
    'of services and of old accounts are read: %s',
    async (recording) => {
      ec2
        .on(DescribeNetworkInterfacesCommand)
        .resolves(recorded(`${recording}/ec2.DescribeNetworkInterfaces_1`))

      const { run } = await collect(configNetwork)

      expect(run).toMatchObject({ status: 'complete', rejected: 0 })
    },
  )
})

const ipv6Interface: NetworkInterface = {
  NetworkInterfaceId: 'eni-6',
  InterfaceType: 'interface',
  Status: 'available',
  Ipv6Addresses: [{ Ipv6Address: '2600:1f18::1' }, { Ipv6Address: '2600:1f18::2' }],
  Ipv4Prefixes: [{ Ipv4Prefix: '10.0.8.0/28' }],
  Ipv6Prefixes: [{ Ipv6Prefix: '2600:1f18:1::/80' }],
  Groups: [
    { GroupId: 'sg-1', GroupName: 'web' },
    { GroupId: 'sg-2', GroupName: 'default' },
  ],
}

function managedInterface(description: string) {
  return { NetworkInterfaceId: 'eni-1', Description: description, RequesterManaged: true }
}

function makeInterfaceEvent(id: string, properties: Record<string, string>) {
  return makeEvent({
    collector: 'config_network',
    resource_type: 'ec2:eni',
    resource_id: id,
    resource_arn: `arn:aws:ec2:us-east-1:644160558196:network-interface/${id}`,
    properties,
  })
}
