import { readFileSync } from 'node:fs'
import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling'
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeSubnetsCommand,
} from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { COLLECTORS } from '@polo/collectors'
import { describe, expect, it } from 'vitest'
import { RELATIONS, renderRelations } from '../../../packages/collectors/src/aws/relationships/relations.ts'
import { awsError } from '../harness.ts'
import {
  answerEmpty,
  autoscaling,
  ec2,
  elbv2,
  kindOf,
  kindOfEdge,
  look,
  tell,
} from './relationships/answers.ts'
import { autoScalingGroup, autoScalingInstance } from './relationships/auto-scaling-groups.ts'

answerEmpty()

describe('relationships', () => {
  it('are none in empty answers', async () => {
    const { edges, run } = await look()

    expect(edges).toEqual([])
    expect(run.status).toBe('complete')
  })

  it('are asked for in the largest pages', async () => {
    await look()

    const inputs = [...ec2.calls(), ...autoscaling.calls(), ...elbv2.calls()].map(({ args }) => args[0].input)
    expect(inputs).toEqual([
      { MaxResults: 1000 },
      { MaxResults: 1000 },
      { MaxResults: 1000 },
      { MaxResults: 1000 },
      {},
      { MaxResults: 1000 },
      { MaxResults: 1000, OwnerIds: ['self'] },
      { MaxRecords: 100 },
      { PageSize: 400 },
      { PageSize: 400 },
    ])
  })

  it('are read from the other lists when one is denied', async () => {
    ec2.on(DescribeSubnetsCommand).rejects(awsError('UnauthorizedOperation'))
    ec2.on(DescribeInstancesCommand).resolves({
      Reservations: [{ Instances: [{ InstanceId: 'i-1', SubnetId: 'subnet-1' }] }],
    })

    const { edges, run } = await look()

    expect(edges.map((edge) => [tell(edge), edge.to_arn])).toEqual([
      ['ec2:instance i-1 is_in vpc:subnet subnet-1', ''],
    ])
    expect(run.region_outcomes).toEqual({ 'us-east-1': 'partial' })
    expect(run.errors).toEqual([expect.stringContaining('subnets: ')])
  })

  it('are not taken for none where an answer lacks its list', async () => {
    for (const command of [
      DescribeAddressesCommand,
      DescribeInstancesCommand,
      DescribeNatGatewaysCommand,
      DescribeNetworkInterfacesCommand,
      DescribeSecurityGroupsCommand,
      DescribeSnapshotsCommand,
      DescribeSubnetsCommand,
    ]) {
      ec2.on(command).resolves({})
    }
    elbv2.on(DescribeLoadBalancersCommand).resolves({})
    elbv2.on(DescribeTargetGroupsCommand).resolves({})
    autoscaling.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: undefined })

    const { run } = await look()

    expect(run.status).toBe('failed')
    expect(run.errors).toHaveLength(10)
  })
})

describe('the relations', () => {
  it('are each found in an account that has everything', async () => {
    answerEverything()

    const { edges, run } = await look()

    expect(run.errors).toEqual([])
    expect(new Set(edges.map(kindOfEdge))).toEqual(new Set(RELATIONS.map(kindOf)))
  })

  it('are each described once, in words', () => {
    expect(new Set(RELATIONS.map(kindOf)).size).toBe(RELATIONS.length)
    for (const { name, meaning, properties = {} } of RELATIONS) {
      expect([name, ...Object.keys(properties)].filter((word) => !/^[a-z]+(_[a-z]+)*$/.test(word))).toEqual(
        [],
      )
      for (const [text] of [[meaning], ...Object.values(properties)]) expect(text).toMatch(/^\S.*[^\s.]$/)
    }
  })

  it('have the ends in the inventory that docs/relationships.md names', () => {
    const ends = new Set(RELATIONS.flatMap(({ from, to }) => [from, to]))
    const inventory = new Set(COLLECTORS.flatMap(({ resourceTypes }) => Object.keys(resourceTypes)))
    const page = readFileSync(new URL('../../../docs/relationships.md', import.meta.url), 'utf8')
    const [named = ''] = /Which ends the inventory has[^(]*/.exec(page) ?? []

    expect(named.match(/[a-z0-9]+:[a-z_]+/g)).toEqual([...inventory.intersection(ends)].sort())
  })

  it('are what docs/relationships.md says; -u brings it up to date', async () => {
    const page = new URL('../../../docs/relationships.md', import.meta.url)
    const table = `<!-- relations -->\n${renderRelations(RELATIONS)}\n<!-- end -->`
    const text = readFileSync(page, 'utf8').replace(/<!-- relations -->.*<!-- end -->/s, () => table)

    await expect(text).toMatchFileSnapshot('../../../docs/relationships.md')
  })
})

/** One of each kind. */
function answerEverything(): void {
  const groups = [{ GroupId: 'sg-1' }]
  ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [{ SubnetId: 'subnet-1', VpcId: 'vpc-1' }] })
  ec2.on(DescribeSecurityGroupsCommand).resolves({
    SecurityGroups: [{ GroupId: 'sg-1', VpcId: 'vpc-1', IpPermissions: [{ UserIdGroupPairs: groups }] }],
  })
  ec2.on(DescribeInstancesCommand).resolves({
    Reservations: [
      {
        Instances: [
          {
            InstanceId: 'i-1',
            BlockDeviceMappings: [{ Ebs: { VolumeId: 'vol-1' } }],
            NetworkInterfaces: [{ NetworkInterfaceId: 'eni-1' }],
            SubnetId: 'subnet-1',
            SecurityGroups: groups,
            ImageId: 'ami-1',
            IamInstanceProfile: { Arn: 'arn:aws:iam::644160558196:instance-profile/web' },
          },
        ],
      },
    ],
  })
  ec2.on(DescribeNatGatewaysCommand).resolves({
    NatGateways: [
      { NatGatewayId: 'nat-1', SubnetId: 'subnet-1', NatGatewayAddresses: [{ NetworkInterfaceId: 'eni-2' }] },
      { NatGatewayId: 'nat-2', VpcId: 'vpc-1', NatGatewayAddresses: [{ AllocationId: 'eipalloc-3' }] },
    ],
  })
  ec2.on(DescribeAddressesCommand).resolves({
    Addresses: [
      { AllocationId: 'eipalloc-1', NetworkInterfaceId: 'eni-1' },
      { PublicIp: '198.51.100.0', InstanceId: 'i-2' },
    ],
  })
  ec2.on(DescribeSnapshotsCommand).resolves({ Snapshots: [{ SnapshotId: 'snap-1', VolumeId: 'vol-1' }] })
  ec2.on(DescribeNetworkInterfacesCommand).resolves({
    NetworkInterfaces: [
      {
        NetworkInterfaceId: 'eni-1',
        VpcId: 'vpc-1',
        SubnetId: 'subnet-1',
        Groups: groups,
        PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.4' }],
        RequesterManaged: true,
        Description: 'ELB app/web/1',
      },
    ],
  })
  answerLoadBalancers()
}

function answerLoadBalancers(): void {
  const arn = 'arn:aws:elasticloadbalancing:us-east-1:644160558196'
  const LoadBalancerArn = `${arn}:loadbalancer/app/web/1`
  elbv2.on(DescribeLoadBalancersCommand).resolves({
    LoadBalancers: [
      { LoadBalancerArn, AvailabilityZones: [{ SubnetId: 'subnet-1' }], SecurityGroups: ['sg-1'] },
    ],
  })
  const targets = {
    instance: ['i-1'],
    ip: ['10.0.0.4', '10.0.0.5'],
    lambda: ['arn:aws:lambda:us-east-1:644160558196:function:greet'],
    alb: [LoadBalancerArn],
  } as const
  const types = ['instance', 'ip', 'lambda', 'alb'] as const
  elbv2.on(DescribeTargetGroupsCommand).resolves({
    TargetGroups: types.map((TargetType) => ({
      TargetGroupArn: `${arn}:targetgroup/${TargetType}/1`,
      TargetType,
      VpcId: 'vpc-1',
      LoadBalancerArns: [LoadBalancerArn],
    })),
  })
  for (const type of types) {
    elbv2
      .on(DescribeTargetHealthCommand, { TargetGroupArn: `${arn}:targetgroup/${type}/1` })
      .resolves({ TargetHealthDescriptions: targets[type].map((Id) => ({ Target: { Id } })) })
  }
  autoscaling.on(DescribeAutoScalingGroupsCommand).resolves({
    AutoScalingGroups: [
      autoScalingGroup({
        Instances: [autoScalingInstance('i-1')],
        LaunchTemplate: { LaunchTemplateId: 'lt-1' },
        LaunchConfigurationName: 'old',
        TargetGroupARNs: [`${arn}:targetgroup/instance/1`],
        VPCZoneIdentifier: 'subnet-1',
      }),
    ],
  })
}
