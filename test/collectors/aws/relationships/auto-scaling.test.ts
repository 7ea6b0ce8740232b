import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling'
import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2'
import { describe, expect, it } from 'vitest'
import { recordedAnswer } from '../../harness.ts'
import { answerEmpty, autoscaling, ec2, ec2Arn, edge, look, tell } from './answers.ts'
import { autoScalingGroup } from './auto-scaling-groups.ts'

answerEmpty()
const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)

describe('an Auto Scaling group', () => {
  it('manages its instances, by a template or a launch configuration, in its subnets, across pages', async () => {
    ec2
      .on(DescribeSubnetsCommand)
      .resolves(recorded('test_valid_asg_with_launch_templates/ec2.DescribeSubnets_1'))
    autoscaling
      .on(DescribeAutoScalingGroupsCommand)
      .resolvesOnce({
        ...recorded('test_valid_asg_with_launch_templates/autoscaling.DescribeAutoScalingGroups_1'),
        NextToken: 'more',
      })
      .on(DescribeAutoScalingGroupsCommand, { NextToken: 'more' })
      .resolves(recorded('test_asg_invalid_third_ami/autoscaling.DescribeAutoScalingGroups_1'))

    const ofSubnets = ({ from_type }: { from_type: string }) => from_type === 'vpc:subnet'
    const edges = (await look()).edges.filter((found) => !ofSubnets(found))
    const arn = 'arn:aws:autoscaling:us-east-1:644160558196:autoScalingGroup'
    const first = { from_arn: `${arn}:bcdafcd7-7ceb-4fb2-ad2c-d841f1d7001b:autoScalingGroupName/test2` }
    const second = {
      from_arn: `${arn}:ecf0c638-9414-4943-8fcc-8474aa37ddcb:autoScalingGroupName/dev-cluster`,
    }
    const state = { lifecycle_state: 'InService', health_status: 'Healthy', protected_from_scale_in: 'false' }

    expect(edges).toEqual([
      edge('autoscaling:group test2 manages ec2:instance i-0aca1d4f8f943d73e', {
        ...first,
        to_arn: ec2Arn('instance/i-0aca1d4f8f943d73e'),
        properties: { ...state, launch_template_id: 'lt-0877401c93c294001', launch_template_version: '4' },
      }),
      edge('autoscaling:group test2 launches_from ec2:launch_template lt-0877401c93c294001', {
        ...first,
        to_arn: ec2Arn('launch-template/lt-0877401c93c294001'),
        properties: { version: '$Latest' },
      }),
      edge('autoscaling:group test2 is_in vpc:subnet subnet-3a334610', {
        ...first,
        to_arn: ec2Arn('subnet/subnet-3a334610'),
      }),
      edge('autoscaling:group dev-cluster manages ec2:instance i-059c99fe889f7593b', {
        ...second,
        to_arn: ec2Arn('instance/i-059c99fe889f7593b'),
        properties: state,
      }),
      edge(
        'autoscaling:group dev-cluster launches_from autoscaling:launch_configuration dev-cluster',
        second,
      ),
      edge('autoscaling:group dev-cluster is_in vpc:subnet subnet-3a334610', {
        ...second,
        to_arn: ec2Arn('subnet/subnet-3a334610'),
      }),
      edge('autoscaling:group dev-cluster is_in vpc:subnet subnet-e3b194de', second),
    ])
  })

  it('launches from each template of a mixed one once', async () => {
    autoscaling
      .on(DescribeAutoScalingGroupsCommand)
      .resolvesOnce({
        ...recordedAnswer('aws-fixinventory/autoscaling/describe-auto-scaling-groups.json'),
        NextToken: 'more',
      })
      .on(DescribeAutoScalingGroupsCommand, { NextToken: 'more' })
      .resolves({
        AutoScalingGroups: [
          autoScalingGroup({
            AutoScalingGroupName: 'mixed',
            MixedInstancesPolicy: {
              LaunchTemplate: {
                LaunchTemplateSpecification: { LaunchTemplateId: 'lt-x86', Version: '7' },
                Overrides: [
                  { InstanceType: 'm7i.large' },
                  { LaunchTemplateSpecification: { LaunchTemplateId: 'lt-arm', Version: '$Default' } },
                  { LaunchTemplateSpecification: { LaunchTemplateId: 'lt-arm', Version: '$Default' } },
                ],
              },
            },
          }),
        ],
      })

    const launches = (await look()).edges.filter(({ to_type }) => to_type === 'ec2:launch_template')

    expect(launches.map((found) => [tell(found), found.properties.version])).toEqual([
      ['autoscaling:group asg-123 launches_from ec2:launch_template lt-123', '1'],
      ['autoscaling:group mixed launches_from ec2:launch_template lt-x86', '7'],
      ['autoscaling:group mixed launches_from ec2:launch_template lt-arm', '$Default'],
    ])
  })

  it('registers with its target groups', async () => {
    const arn = 'arn:aws:elasticloadbalancing:us-east-1:644160558196:targetgroup/web/73e2d6bc24d8a067'
    autoscaling
      .on(DescribeAutoScalingGroupsCommand)
      .resolves({ AutoScalingGroups: [autoScalingGroup({ TargetGroupARNs: [arn] })] })

    expect((await look()).edges).toEqual([
      edge('autoscaling:group web registers_with elbv2:target_group web/73e2d6bc24d8a067', { to_arn: arn }),
    ])
  })
})
