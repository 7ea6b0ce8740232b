import {
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, it } from 'vitest'
import { recordedAnswer } from '../../harness.ts'
import { answerEmpty, ec2, ec2Arn, edge, look, tell } from './answers.ts'

answerEmpty()
const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)
const OTHER = '123456789012'

describe('a subnet', () => {
  it('is in its VPC, across pages, and one that is shared with the account is its owner’s', async () => {
    ec2
      .on(DescribeSubnetsCommand)
      .resolvesOnce({
        ...recorded('test_valid_asg_with_launch_templates/ec2.DescribeSubnets_1'),
        NextToken: 'more',
      })
      .on(DescribeSubnetsCommand, { NextToken: 'more' })
      .resolves({ Subnets: [{ SubnetId: 'subnet-shared', VpcId: 'vpc-shared', OwnerId: OTHER }] })

    expect((await look()).edges).toEqual([
      edge('vpc:subnet subnet-3a334610 is_in vpc:vpc vpc-d2d616b5', {
        from_arn: ec2Arn('subnet/subnet-3a334610'),
        to_arn: ec2Arn('vpc/vpc-d2d616b5'),
      }),
      edge('vpc:subnet subnet-shared is_in vpc:vpc vpc-shared', {
        from_arn: ec2Arn('subnet/subnet-shared', OTHER),
        to_arn: ec2Arn('vpc/vpc-shared', OTHER),
      }),
    ])
  })
})

describe('a security group', () => {
  it('is in its VPC and references the groups that its rules name, itself included, across pages', async () => {
    ec2
      .on(DescribeSubnetsCommand)
      .resolves(recorded('test_valid_asg_with_launch_templates/ec2.DescribeSubnets_1'))
    ec2
      .on(DescribeSecurityGroupsCommand)
      .resolvesOnce({
        ...recorded('test_asg_invalid_third_ami/ec2.DescribeSecurityGroups_1'),
        NextToken: 'more',
      })
      .on(DescribeSecurityGroupsCommand, { NextToken: 'more' })
      .resolves({ SecurityGroups: [{ GroupId: 'sg-last', VpcId: 'vpc-unseen', OwnerId: OTHER }] })

    const { edges } = await look()

    expect(edges.filter(({ from_id }) => from_id === 'sg-6c7fa917')).toEqual([
      edge('ec2:security_group sg-6c7fa917 is_in vpc:vpc vpc-d2d616b5', {
        from_arn: ec2Arn('security-group/sg-6c7fa917'),
        to_arn: ec2Arn('vpc/vpc-d2d616b5'),
      }),
      edge('ec2:security_group sg-6c7fa917 references ec2:security_group sg-6c7fa917', {
        from_arn: ec2Arn('security-group/sg-6c7fa917'),
        to_arn: ec2Arn('security-group/sg-6c7fa917'),
        properties: { directions: 'ingress' },
      }),
    ])
    expect(edges.filter(({ relation }) => relation === 'references')).toHaveLength(3)
    expect(edges.at(-1)).toEqual(
      edge('ec2:security_group sg-last is_in vpc:vpc vpc-unseen', {
        from_arn: ec2Arn('security-group/sg-last', OTHER),
      }),
    )
  })

  it('references a group once, whatever number of rules name it, and says by which way', async () => {
    const pair = { GroupId: 'sg-2', UserId: OTHER, VpcPeeringConnectionId: 'pcx-1', PeeringStatus: 'active' }
    ec2.on(DescribeSecurityGroupsCommand).resolves({
      SecurityGroups: [
        {
          GroupId: 'sg-1',
          IpPermissions: [{ UserIdGroupPairs: [pair, pair] }, { UserIdGroupPairs: [pair] }, {}],
          IpPermissionsEgress: [{ UserIdGroupPairs: [pair, { GroupName: 'of EC2-Classic' }] }],
        },
      ],
    })

    expect((await look()).edges).toEqual([
      edge('ec2:security_group sg-1 references ec2:security_group sg-2', {
        to_arn: ec2Arn('security-group/sg-2', OTHER),
        properties: {
          directions: 'ingress,egress',
          vpc_peering_connection_id: 'pcx-1',
          peering_status: 'active',
        },
      }),
    ])
  })
})

describe('a NAT gateway', () => {
  it('is in its subnet and uses its network interface, across pages', async () => {
    ec2
      .on(DescribeSubnetsCommand)
      .resolves({ Subnets: [{ SubnetId: 'subnet-655eab5f08EXAMPLE', OwnerId: OTHER }] })
    ec2
      .on(DescribeNatGatewaysCommand)
      .resolvesOnce({ ...recorded('test_nat_gateways_tag/ec2.DescribeNatGateways_2'), NextToken: 'more' })
      .on(DescribeNatGatewaysCommand, { NextToken: 'more' })
      .resolves(recordedAnswer('aws-cli-docs/ec2/describe-nat-gateways__1.json'))

    const { edges } = await look()

    expect(edges.map(tell)).toEqual([
      'vpc:nat_gateway nat-0000000000000000 is_in vpc:subnet subnet-0000000',
      'vpc:nat_gateway nat-0000000000000000 uses ec2:eni eni-0000000',
      'vpc:nat_gateway nat-01234567890abcdef is_in vpc:subnet subnet-655eab5f08EXAMPLE',
      'vpc:nat_gateway nat-01234567890abcdef uses ec2:eni eni-09cc4b2558794f7f9',
    ])
    expect(edges.slice(2)).toEqual([
      edge('vpc:nat_gateway nat-01234567890abcdef is_in vpc:subnet subnet-655eab5f08EXAMPLE', {
        from_arn: ec2Arn('natgateway/nat-01234567890abcdef'),
        to_arn: ec2Arn('subnet/subnet-655eab5f08EXAMPLE', OTHER),
      }),
      edge('vpc:nat_gateway nat-01234567890abcdef uses ec2:eni eni-09cc4b2558794f7f9', {
        from_arn: ec2Arn('natgateway/nat-01234567890abcdef'),
        to_arn: ec2Arn('network-interface/eni-09cc4b2558794f7f9'),
      }),
    ])
  })

  it('is in the VPC where it has no subnet, and has its address where no network interface is told', async () => {
    ec2.on(DescribeNatGatewaysCommand).resolves({
      NatGateways: [
        {
          NatGatewayId: 'nat-1',
          VpcId: 'vpc-1',
          NatGatewayAddresses: [
            { AllocationId: 'eipalloc-1', AssociationId: 'eipassoc-1', PrivateIp: '10.0.0.4' },
            { PrivateIp: '10.0.0.5' },
          ],
        },
      ],
    })

    expect((await look()).edges).toEqual([
      edge('vpc:nat_gateway nat-1 is_in vpc:vpc vpc-1', { from_arn: ec2Arn('natgateway/nat-1') }),
      edge('ec2:eip eipalloc-1 is_associated_with vpc:nat_gateway nat-1', {
        from_arn: ec2Arn('elastic-ip/eipalloc-1'),
        to_arn: ec2Arn('natgateway/nat-1'),
        properties: { private_ip_address: '10.0.0.4', association_id: 'eipassoc-1' },
      }),
    ])
  })

  it.each(['deleted', 'failed'] as const)('has no relationships once it is %s', async (State) => {
    ec2
      .on(DescribeNatGatewaysCommand)
      .resolves({ NatGateways: [{ NatGatewayId: 'nat-1', State, SubnetId: 'subnet-1', VpcId: 'vpc-1' }] })

    const { edges, run } = await look()

    expect(edges).toEqual([])
    expect(run.status).toBe('complete')
  })
})

describe('an Elastic IP address', () => {
  it('is associated with its network interface, or without one, with its instance', async () => {
    ec2.on(DescribeAddressesCommand).resolves(recordedAnswer('aws-cli-docs/ec2/describe-addresses__1.json'))

    expect((await look()).edges).toEqual([
      edge('ec2:eip 198.51.100.0 is_associated_with ec2:instance i-1234567890abcdef0', {
        from_arn: ec2Arn('elastic-ip/198.51.100.0'),
        to_arn: ec2Arn('instance/i-1234567890abcdef0'),
      }),
      edge('ec2:eip eipalloc-12345678 is_associated_with ec2:eni eni-12345678', {
        from_arn: ec2Arn('elastic-ip/eipalloc-12345678'),
        to_arn: ec2Arn('network-interface/eni-12345678', OTHER),
        properties: { private_ip_address: '10.0.1.241', association_id: 'eipassoc-12345678' },
      }),
    ])
  })

  it('that nothing uses has no relationships', async () => {
    ec2.on(DescribeAddressesCommand).resolves(recorded('test_address_disassociate/ec2.DescribeAddresses_3'))

    expect((await look()).edges).toEqual([])
  })
})

describe('a network interface', () => {
  it('is in its subnet and secured by its security groups, across pages', async () => {
    ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [{ SubnetId: 'subnet-1', OwnerId: OTHER }] })
    ec2.on(DescribeSecurityGroupsCommand).resolves({ SecurityGroups: [{ GroupId: 'sg-1', OwnerId: OTHER }] })
    ec2
      .on(DescribeNetworkInterfacesCommand)
      .resolvesOnce({
        ...recorded('test_interface_detach_primary_nic_1/ec2.DescribeNetworkInterfaces_1'),
        NextToken: 'more',
      })
      .on(DescribeNetworkInterfacesCommand, { NextToken: 'more' })
      .resolves({
        NetworkInterfaces: [
          {
            NetworkInterfaceId: 'eni-1',
            OwnerId: OTHER,
            SubnetId: 'subnet-1',
            Groups: [{ GroupId: 'sg-1' }],
          },
        ],
      })

    const { edges } = await look()

    expect(edges.map(tell)).toContain(
      'ec2:eni eni-0605e38e04785b878 is_secured_by ec2:security_group sg-0ad159022dbc679a4',
    )
    expect(edges.slice(-2)).toEqual([
      edge('ec2:eni eni-1 is_in vpc:subnet subnet-1', {
        from_arn: ec2Arn('network-interface/eni-1', OTHER),
        to_arn: ec2Arn('subnet/subnet-1', OTHER),
      }),
      edge('ec2:eni eni-1 is_secured_by ec2:security_group sg-1', {
        from_arn: ec2Arn('network-interface/eni-1', OTHER),
        to_arn: ec2Arn('security-group/sg-1', OTHER),
      }),
    ])
  })

  it('is used by the load balancer that AWS made it for, and not by one that somebody merely writes of', async () => {
    const made = { Description: 'ELB app/web/50dc6c495c0c9188', OwnerId: '644160558196' }
    ec2.on(DescribeNetworkInterfacesCommand).resolves({
      NetworkInterfaces: [
        { ...made, NetworkInterfaceId: 'eni-1', RequesterManaged: true },
        { ...made, NetworkInterfaceId: 'eni-2', RequesterManaged: false },
        {
          NetworkInterfaceId: 'eni-3',
          RequesterManaged: true,
          Description: 'Interface for NAT Gateway nat-1',
        },
      ],
    })

    expect((await look()).edges).toEqual([
      edge('elbv2:load_balancer app/web/50dc6c495c0c9188 uses ec2:eni eni-1', {
        from_arn: 'arn:aws:elasticloadbalancing:us-east-1:644160558196:loadbalancer/app/web/50dc6c495c0c9188',
        to_arn: ec2Arn('network-interface/eni-1'),
      }),
    ])
  })
})
