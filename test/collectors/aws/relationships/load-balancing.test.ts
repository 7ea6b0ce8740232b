import { DescribeNetworkInterfacesCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type TargetGroup,
  TargetGroupNotFoundException,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { describe, expect, it } from 'vitest'
import { awsError, recordedAnswer } from '../../harness.ts'
import { answerEmpty, ec2, ec2Arn, edge, elbv2, look, tell } from './answers.ts'

answerEmpty()
const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)

const ELB = 'arn:aws:elasticloadbalancing:us-east-1:644160558196'
const GROUP = { from_arn: `${ELB}:targetgroup/web/1` }

function targetGroup(number: number, columns: TargetGroup = {}): TargetGroup {
  return {
    TargetGroupArn: `${ELB}:targetgroup/web/${number}`,
    TargetGroupName: `web-${number}`,
    VpcId: 'vpc-1',
    ...columns,
  }
}

function answerTargets(type: TargetGroup['TargetType'], ...targets: TargetHealthDescription[]): void {
  elbv2.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [targetGroup(1, { TargetType: type })] })
  elbv2.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: targets })
}

describe('a load balancer', () => {
  it('is in its subnets and secured by its security groups, across pages', async () => {
    ec2
      .on(DescribeSubnetsCommand)
      .resolves({ Subnets: [{ SubnetId: 'subnet-085d1234', OwnerId: '123412341234' }] })
    elbv2
      .on(DescribeLoadBalancersCommand)
      .resolvesOnce({
        ...recorded('test_appelb_add_security_group/elasticloadbalancing.DescribeLoadBalancers_2'),
        NextMarker: 'more',
      })
      .on(DescribeLoadBalancersCommand, { Marker: 'more' })
      .resolves({
        LoadBalancers: [
          {
            LoadBalancerArn: `${ELB}:loadbalancer/net/tcp/2`,
            AvailabilityZones: [{ SubnetId: 'subnet-2' }, {}],
          },
        ],
      })

    const { edges } = await look()

    const from_arn =
      'arn:aws:elasticloadbalancing:us-east-1:123412341234:loadbalancer/app/test-abc/543530edaee12345'
    expect(edges).toEqual([
      edge('elbv2:load_balancer app/test-abc/543530edaee12345 is_in vpc:subnet subnet-085d1234', {
        from_arn,
        to_arn: ec2Arn('subnet/subnet-085d1234', '123412341234'),
      }),
      edge('elbv2:load_balancer app/test-abc/543530edaee12345 is_in vpc:subnet subnet-da895678', {
        from_arn,
      }),
      ...['sg-01a19f602ecaf25f4', 'sg-c573e6b3'].map((group) =>
        edge(`elbv2:load_balancer app/test-abc/543530edaee12345 is_secured_by ec2:security_group ${group}`, {
          from_arn,
        }),
      ),
      edge('elbv2:load_balancer net/tcp/2 is_in vpc:subnet subnet-2', {
        from_arn: `${ELB}:loadbalancer/net/tcp/2`,
      }),
    ])
  })
})

describe('a target group', () => {
  it('is forwarded to by its load balancers and targets its instances, across pages', async () => {
    elbv2
      .on(DescribeTargetGroupsCommand)
      .resolvesOnce({
        ...recorded('test_asg_invalid_third_ami/elasticloadbalancing.DescribeTargetGroups_1'),
        NextMarker: 'more',
      })
      .on(DescribeTargetGroupsCommand, { Marker: 'more' })
      .resolves({ TargetGroups: [targetGroup(3)] })
    elbv2
      .on(DescribeTargetHealthCommand, { TargetGroupArn: `${ELB}:targetgroup/test1target/05aed671d733ae95` })
      .resolves(recordedAnswer('aws-cli-docs/elbv2/describe-target-health__1.json'))
      .on(DescribeTargetHealthCommand, { TargetGroupArn: `${ELB}:targetgroup/web/3` })
      .resolves(recordedAnswer('aws-cli-docs/elbv2/describe-target-health__5.json'))

    const { edges, run } = await look()

    const arn = `${ELB}:targetgroup/test1target/05aed671d733ae95`
    expect(run.status).toBe('complete')
    expect(edges).toEqual([
      edge(
        'elbv2:load_balancer app/testing/1e0e18b15fe2aefa forwards_to elbv2:target_group test1target/05aed671d733ae95',
        {
          from_arn: `${ELB}:loadbalancer/app/testing/1e0e18b15fe2aefa`,
          to_arn: arn,
          properties: { protocol: 'HTTP', port: '80', target_type: 'instance' },
        },
      ),
      ...['i-ceddcd4d', 'i-0f76fade'].map((id) =>
        edge(`elbv2:target_group test1target/05aed671d733ae95 targets ec2:instance ${id}`, {
          from_arn: arn,
          to_arn: ec2Arn(`instance/${id}`),
          properties: { ports: '80', health_states: 'healthy' },
        }),
      ),
      edge('elbv2:target_group web/3 targets ec2:instance i-0f76fade', {
        from_arn: `${ELB}:targetgroup/web/3`,
        to_arn: ec2Arn('instance/i-0f76fade'),
        properties: { ports: '80', health_states: 'unhealthy', health_reasons: 'Target.Timeout' },
      }),
    ])
  })

  it('targets an instance once, whatever number of ports it has', async () => {
    answerTargets(
      'instance',
      { Target: { Id: 'i-1', Port: 80 }, TargetHealth: { State: 'healthy' } },
      {
        Target: { Id: 'i-1', Port: 81 },
        TargetHealth: { State: 'draining', Reason: 'Target.DeregistrationInProgress' },
      },
    )

    expect((await look()).edges).toEqual([
      edge('elbv2:target_group web/1 targets ec2:instance i-1', {
        ...GROUP,
        to_arn: ec2Arn('instance/i-1'),
        properties: {
          ports: '80,81',
          health_states: 'healthy,draining',
          health_reasons: ',Target.DeregistrationInProgress',
        },
      }),
    ])
  })

  it('targets a function, whichever version of it', async () => {
    const Id = 'arn:aws:lambda:us-east-1:644160558196:function:greet'
    answerTargets(
      'lambda',
      { Target: { Id: `${Id}:live` }, TargetHealth: { State: 'unavailable' } },
      { Target: { Id: `${Id}2` } },
    )

    expect((await look()).edges).toEqual([
      edge('elbv2:target_group web/1 targets lambda:function greet', {
        ...GROUP,
        to_arn: Id,
        properties: { qualifier: 'live', health_states: 'unavailable' },
      }),
      edge('elbv2:target_group web/1 targets lambda:function greet2', { ...GROUP, to_arn: `${Id}2` }),
    ])
  })

  it('targets another load balancer', async () => {
    const Id = `${ELB}:loadbalancer/app/web/50dc6c495c0c9188`
    answerTargets('alb', { Target: { Id, Port: 443 } })

    expect((await look()).edges).toEqual([
      edge('elbv2:target_group web/1 targets elbv2:load_balancer app/web/50dc6c495c0c9188', {
        ...GROUP,
        to_arn: Id,
        properties: { ports: '443' },
      }),
    ])
  })

  it('targets the network interface that has an address, and else the address', async () => {
    answerTargets(
      'ip',
      {
        Target: { Id: '10.0.0.4', Port: 80, AvailabilityZone: 'us-east-1a' },
        TargetHealth: { State: 'healthy' },
      },
      { Target: { Id: '10.0.0.9', Port: 80 } },
      { Target: { Id: '10.0.0.5', Port: 80, AvailabilityZone: 'all' } },
    )
    ec2
      .on(DescribeNetworkInterfacesCommand)
      .resolvesOnce({
        NetworkInterfaces: [
          {
            NetworkInterfaceId: 'eni-1',
            VpcId: 'vpc-2',
            PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.4' }],
          },
        ],
        NextToken: 'more',
      })
      .on(DescribeNetworkInterfacesCommand, { NextToken: 'more' })
      .resolves({
        NetworkInterfaces: [
          {
            NetworkInterfaceId: 'eni-2',
            VpcId: 'vpc-1',
            OwnerId: '123456789012',
            PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.5' }, { PrivateIpAddress: '10.0.0.4' }],
          },
        ],
      })

    expect((await look()).edges).toEqual([
      edge('elbv2:target_group web/1 targets vpc:ip_address 10.0.0.5', {
        ...GROUP,
        properties: { ports: '80', availability_zone: 'all' },
      }),
      edge('elbv2:target_group web/1 targets ec2:eni eni-2', {
        ...GROUP,
        to_arn: ec2Arn('network-interface/eni-2', '123456789012'),
        properties: {
          ip_addresses: '10.0.0.4',
          ports: '80',
          health_states: 'healthy',
          availability_zone: 'us-east-1a',
        },
      }),
      edge('elbv2:target_group web/1 targets vpc:ip_address 10.0.0.9', {
        ...GROUP,
        properties: { ports: '80' },
      }),
    ])
  })

  it('targets the network interface of the node where addresses are its containers’, all of them in one edge', async () => {
    answerTargets(
      'ip',
      { Target: { Id: '10.0.0.17', Port: 80 } },
      { Target: { Id: '10.0.0.31', Port: 81 } },
      { Target: { Id: '10.0.0.32', Port: 82 } },
      { Target: { Id: '2600:1f14::5:0:0:9', Port: 83 } },
      { Target: { Id: '2600:1f14:0:0:6::9', Port: 84 } },
    )
    ec2.on(DescribeNetworkInterfacesCommand).resolves({
      NetworkInterfaces: [
        {
          NetworkInterfaceId: 'eni-1',
          VpcId: 'vpc-1',
          Ipv4Prefixes: [{ Ipv4Prefix: '10.0.0.16/28' }],
          Ipv6Prefixes: [{ Ipv6Prefix: '2600:1f14:0:0:5::/80' }],
        },
      ],
    })

    const { edges } = await look()

    expect(edges.map((found) => [found.to_id, found.properties])).toEqual([
      ['eni-1', { ip_addresses: '10.0.0.17,10.0.0.31,2600:1f14::5:0:0:9', ports: '80,81,83' }],
      ['10.0.0.32', { ports: '82' }],
      ['2600:1f14:0:0:6::9', { ports: '84' }],
    ])
  })

  it('has nothing said of its addresses where the network interfaces cannot be read', async () => {
    answerTargets('ip', { Target: { Id: '10.0.0.4', Port: 80 } })
    ec2.on(DescribeNetworkInterfacesCommand).rejects(awsError('UnauthorizedOperation'))

    const { edges, run } = await look()

    expect(edges).toEqual([])
    expect(run.status).toBe('partial')
  })
})

describe('targets that cannot be read', () => {
  const groups = [1, 2, 3].map((number) => targetGroup(number))
  const target = { TargetHealthDescriptions: [{ Target: { Id: 'i-1' } }] }

  it('are left out with those of a target group that is gone by then', async () => {
    elbv2.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: groups })
    elbv2
      .on(DescribeTargetHealthCommand)
      .resolves(target)
      .on(DescribeTargetHealthCommand, { TargetGroupArn: `${ELB}:targetgroup/web/2` })
      .rejects(new TargetGroupNotFoundException({ message: 'gone', $metadata: {} }))

    const { edges, run } = await look()

    expect(edges.map(({ from_id }) => from_id)).toEqual(['web/1', 'web/3'])
    expect(run.status).toBe('complete')
  })

  it.each([
    ['an error', () => Promise.reject(awsError('HealthUnavailable'))],
    ['an answer without its list', () => Promise.resolve({})],
  ])('make the look partial for %s, which names the group, and the others are read', async (_, answer) => {
    elbv2.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: groups })
    elbv2
      .on(DescribeTargetHealthCommand)
      .resolves(target)
      .on(DescribeTargetHealthCommand, { TargetGroupArn: `${ELB}:targetgroup/web/2` })
      .callsFake(answer)

    const { edges, run } = await look()

    expect(edges.map(({ from_id }) => from_id)).toEqual(['web/1', 'web/3'])
    expect(run.region_outcomes).toEqual({ 'us-east-1': 'partial' })
    expect(run.errors).toEqual([expect.stringContaining('target_groups: targets of web-2: ')])
  })

  it.each([
    ['AccessDenied', 'denied'],
    ['Throttling', 'throttled'],
  ])('are not asked for again after %s, and the groups are still read', async (code) => {
    const LoadBalancerArns = [`${ELB}:loadbalancer/app/web/1`]
    elbv2
      .on(DescribeTargetGroupsCommand)
      .resolvesOnce({
        TargetGroups: Array.from({ length: 50 }, (_, i) => targetGroup(i)),
        NextMarker: 'more',
      })
      .on(DescribeTargetGroupsCommand, { Marker: 'more' })
      .resolves({ TargetGroups: [targetGroup(51, { LoadBalancerArns })] })
    elbv2.on(DescribeTargetHealthCommand).rejects(awsError(code))

    const { edges, run } = await look()

    expect(edges.map(tell)).toEqual(['elbv2:load_balancer app/web/1 forwards_to elbv2:target_group web/51'])
    expect(run.region_outcomes).toEqual({ 'us-east-1': 'partial' })
    expect(run.errors).toEqual([expect.stringContaining(`target_groups: ${code}`)])
    expect(elbv2.commandCalls(DescribeTargetHealthCommand).length).toBeLessThanOrEqual(5)
  })

  it('are not guessed at where they are of a type that is not known', async () => {
    const type = JSON.parse('"satellite"')
    answerTargets(type, { Target: { Id: 'sat-1' } })

    const { edges, run } = await look()

    expect(edges).toEqual([])
    expect(run.errors).toEqual([expect.stringContaining("targets of type 'satellite'")])
  })
})
