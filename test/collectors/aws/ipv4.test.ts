import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeIpamsCommand,
  DescribeNetworkInterfacesCommand,
} from '@aws-sdk/client-ec2'
import { DescribeTagsCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { beforeEach, describe, expect, it } from 'vitest'
import { ipv4 } from '../../../packages/collectors/src/aws/ipv4.ts'
import { ACCOUNT, awsError, collect, recordedAnswer } from '../harness.ts'
import {
  ARN,
  describedAs,
  ec2,
  elasticIp,
  elbv2,
  emptyAccount,
  fill,
  interfaceOf,
  look,
  makeAddressEvent,
  OTHER_ACCOUNT,
} from './ipv4-estate.ts'

const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)

beforeEach(emptyAccount)

describe('ipv4 on recorded answers', () => {
  beforeEach(() => {
    ec2
      .on(DescribeAddressesCommand)
      .resolves(recorded('test_address_disassociate/ec2.DescribeAddresses_2'))
      .on(DescribeNetworkInterfacesCommand, { MaxResults: 1000 })
      .resolves({ NetworkInterfaces: [], NextToken: 'more' })
      .on(DescribeNetworkInterfacesCommand, { MaxResults: 1000, NextToken: 'more' })
      .resolves(recorded('test_interface_detach_primary_nic_1/ec2.DescribeNetworkInterfaces_1'))
      .on(DescribeInstancesCommand)
      .resolves({
        Reservations: [
          { Instances: [{ InstanceId: 'i-05fccf7da99ad47f7', State: { Name: 'stopped' } }] },
          {
            Instances: [
              {
                InstanceId: 'i-042c20d5454745bbe',
                State: { Name: 'running' },
                Tags: [{ Key: 'team', Value: 'web' }],
              },
            ],
          },
        ],
      })
  })

  it('tells each address once, with what Elastic IPs, interfaces and instances say of it', async () => {
    const { events, run } = await collect(ipv4)

    expect(run).toMatchObject({ status: 'complete', errors: [], notes: [] })
    expect(events.map((event) => event.resource_id)).toEqual([
      '107.20.239.31',
      '3.216.70.200',
      '52.86.57.191',
      '34.207.89.111',
    ])
    expect(events[0]).toEqual(
      makeAddressEvent('107.20.239.31', {
        properties: {
          address_type: 'amazon-owned-eip',
          state: 'idle',
          state_reason: 'its instance is stopped',
          charge: 'charged',
          service: 'ec2',
          used_by: `${ARN}:instance/i-05fccf7da99ad47f7`,
          instance_id: 'i-05fccf7da99ad47f7',
          instance_state: 'stopped',
          network_interface_id: 'eni-0605e38e04785b878',
          private_ip_address: '10.146.96.42',
          allocation_id: 'eipalloc-02b147389a1522f9d',
          association_id: 'eipassoc-02808efcab0bcddd4',
          public_ipv4_pool: 'amazon',
          network_border_group: 'us-east-1',
          seen_in: 'elastic_ips',
        },
      }),
    )
    expect(events[1]).toEqual(
      makeAddressEvent('3.216.70.200', {
        properties: {
          address_type: 'amazon-owned-eip',
          state: 'in_use',
          charge: 'charged',
          service: 'nat-gateway',
          used_by: `${ARN}:natgateway/nat-001ede673d090598b`,
          network_interface_id: 'eni-0449d9bc9a2d3536c',
          network_interface_description: 'Interface for NAT Gateway nat-001ede673d090598b',
          private_ip_address: '10.146.96.24',
          allocation_id: 'eipalloc-0597dd9ddfcc9754d',
          association_id: 'eipassoc-00330fd0b32eb4838',
          public_ip_owner_id: ACCOUNT,
          public_ipv4_pool: 'amazon',
          vpc_id: 'vpc-08bbc74c36b8a08dd',
          subnet_id: 'subnet-028fbebec8e1d710f',
          availability_zone: 'us-east-1b',
          network_border_group: 'us-east-1',
          public_dns_name: 'ec2-3-216-70-200.compute-1.amazonaws.com',
          seen_in: 'elastic_ips,network_interfaces',
        },
      }),
    )
    expect(events[3]).toMatchObject({
      marqo_customer: 'web',
      value: 0.005,
      unit: 'USD/hour',
      properties: {
        address_type: 'ec2-public-ip',
        state: 'in_use',
        service: 'ec2',
        instance_state: 'running',
        public_ip_owner_id: 'amazon',
        seen_in: 'network_interfaces',
        'inherited_from:marqo_customer': `${ARN}:instance/i-042c20d5454745bbe`,
      },
    })
  })

  it('asks only for the instances that have public addresses', async () => {
    await collect(ipv4)

    expect(ec2.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input)).toEqual([
      {
        MaxResults: 1000,
        Filters: [{ Name: 'instance-id', Values: ['i-05fccf7da99ad47f7', 'i-042c20d5454745bbe'] }],
      },
    ])
  })
})

describe('ipv4', () => {
  it('is complete where there are no addresses, and asks for no users', async () => {
    const { events, run } = await look({ networkInterfaces: [{ NetworkInterfaceId: 'eni-1' }] })

    expect(events).toEqual([])
    expect(run.status).toBe('complete')
    expect(ec2.commandCalls(DescribeInstancesCommand)).toEqual([])
  })

  it.each([
    ['DescribeAddresses', DescribeAddressesCommand, 'Addresses'],
    ['DescribeNetworkInterfaces', DescribeNetworkInterfacesCommand, 'NetworkInterfaces'],
    ['DescribeIpams', DescribeIpamsCommand, 'Ipams'],
  ] as const)('does not take an answer of %s without its list for none found', async (_, command, list) => {
    ec2.on(command).resolves({})

    const { run } = await collect(ipv4)

    expect(run).toMatchObject({
      status: 'partial',
      errors: [expect.stringContaining(`the answer has no list '${list}'`)],
    })
  })

  it('tells the addresses on secondary private ones too', async () => {
    const { events } = await look({
      networkInterfaces: [
        interfaceOf({
          PrivateIpAddresses: [
            { PrivateIpAddress: '10.0.0.1', Association: { PublicIp: '192.0.2.1', IpOwnerId: 'amazon' } },
            { PrivateIpAddress: '10.0.0.2', Association: { PublicIp: '192.0.2.2', IpOwnerId: ACCOUNT } },
            { PrivateIpAddress: '10.0.0.3' },
          ],
        }),
      ],
    })

    expect(events.map(({ resource_id, properties }) => [resource_id, properties.private_ip_address])).toEqual(
      [
        ['192.0.2.1', '10.0.0.1'],
        ['192.0.2.2', '10.0.0.2'],
      ],
    )
  })

  it('leaves an address to the account that pays for it, in a VPC that both share', async () => {
    const { events } = await look({
      elasticIps: [
        elasticIp({
          PublicIp: '192.0.2.9',
          AssociationId: 'eipassoc-1',
          NetworkInterfaceId: 'eni-9',
          NetworkInterfaceOwnerId: OTHER_ACCOUNT,
        }),
      ],
      networkInterfaces: [
        interfaceOf({ OwnerId: OTHER_ACCOUNT }),
        interfaceOf({ Association: { PublicIp: '192.0.2.2', IpOwnerId: OTHER_ACCOUNT } }),
      ],
    })

    expect(events).toMatchObject([
      {
        resource_id: '192.0.2.9',
        properties: {
          used_by: `arn:aws:ec2:us-east-1:${OTHER_ACCOUNT}:network-interface/eni-9`,
          unknown: 'state',
        },
      },
    ])
    expect(events[0]?.properties).not.toHaveProperty('state')
  })
})

describe('ipv4, where something cannot be read,', () => {
  const lists = {
    elasticIps: [elasticIp({ AssociationId: 'eipassoc-1', NetworkInterfaceId: 'eni-1' })],
    networkInterfaces: [
      interfaceOf({ Association: { PublicIp: '192.0.2.1', AllocationId: 'eipalloc-1', IpOwnerId: ACCOUNT } }),
    ],
  }
  const denied = awsError('UnauthorizedOperation')

  it('tells the addresses on interfaces without Elastic IPs', async () => {
    fill(lists)
    ec2.on(DescribeAddressesCommand).rejects(denied)

    const { events, run } = await collect(ipv4)

    expect(events).toMatchObject([
      {
        resource_id: '192.0.2.1',
        properties: { seen_in: 'network_interfaces', unknown: 'tags', charge: 'unknown' },
      },
    ])
    expect(run).toMatchObject({
      status: 'partial',
      errors: [expect.stringMatching(/Elastic IP addresses: UnauthorizedOperation/)],
    })
  })

  it('tells Elastic IPs without interfaces', async () => {
    fill(lists)
    ec2.on(DescribeNetworkInterfacesCommand).rejects(denied)

    const { events, run } = await collect(ipv4)

    expect(events).toMatchObject([
      { resource_id: '192.0.2.1', properties: { seen_in: 'elastic_ips', unknown: 'state' } },
    ])
    expect(run).toMatchObject({
      status: 'partial',
      errors: [expect.stringMatching(/network interfaces: Unauth/)],
    })
  })

  it('is denied where neither can be', async () => {
    ec2.on(DescribeAddressesCommand).rejects(denied)
    ec2.on(DescribeNetworkInterfacesCommand).rejects(denied)

    const { events, run } = await collect(ipv4)

    expect(events).toEqual([])
    expect(run.status).toBe('denied')
  })

  it('tells addresses without their instances, and that state and owner are unknown', async () => {
    fill({
      elasticIps: [elasticIp({ AssociationId: 'eipassoc-1', InstanceId: 'i-1' })],
      networkInterfaces: [
        interfaceOf({ Attachment: { InstanceId: 'i-2' }, Association: { PublicIp: '192.0.2.2' } }),
      ],
    })
    ec2.on(DescribeInstancesCommand).rejects(denied)

    const { events, run } = await collect(ipv4)

    expect(events.map(({ properties }) => [properties.state, properties.unknown])).toEqual([
      [undefined, 'state,inherited_tags'],
      ['in_use', 'inherited_tags'],
    ])
    expect(run).toMatchObject({
      status: 'partial',
      errors: [expect.stringMatching(/instances with public addresses: Unauth/)],
    })
  })

  it('tells addresses without the tags of their load balancers', async () => {
    elbv2.on(DescribeTagsCommand).rejects(awsError('AccessDenied'))

    const { events, run } = await look({ networkInterfaces: [interfaceOf(describedAs('ELB app/web/50dc'))] })

    expect(events).toMatchObject([{ properties: { state: 'in_use', unknown: 'inherited_tags' } }])
    expect(run).toMatchObject({
      status: 'partial',
      errors: [expect.stringMatching(/load balancers .*AccessDenied/)],
    })
  })
})
