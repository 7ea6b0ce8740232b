import {
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeSubnetsCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, it } from 'vitest'
import { recordedAnswer } from '../../harness.ts'
import { answerEmpty, ec2, ec2Arn, edge, look, tell } from './answers.ts'

answerEmpty()
const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)
const OTHER = '123456789012'

describe('an instance', () => {
  it('has its volumes, network interfaces, subnet, security groups, image and profile, across pages', async () => {
    ec2
      .on(DescribeSubnetsCommand)
      .resolves({ Subnets: [{ SubnetId: 'subnet-02888ff2916e9c869', OwnerId: OTHER }] })
    ec2
      .on(DescribeSecurityGroupsCommand)
      .resolves({ SecurityGroups: [{ GroupId: 'sg-04162ea57fe1b539d', OwnerId: OTHER }] })
    ec2
      .on(DescribeInstancesCommand)
      .resolvesOnce({ ...recorded('test_ecs_cluster_storage/ec2.DescribeInstances_2'), NextToken: 'more' })
      .on(DescribeInstancesCommand, { NextToken: 'more' })
      .resolves({ Reservations: [{ Instances: [{ InstanceId: 'i-2', ImageId: 'ami-2' }] }] })

    const instance = 'ec2:instance i-028f5090182ec6991'
    const from_arn = ec2Arn('instance/i-028f5090182ec6991')
    const attachment = { status: 'attached', delete_on_termination: 'true' }
    expect((await look()).edges).toEqual([
      ...[
        ['vol-027201aca8d79ecd2', '/dev/xvda'],
        ['vol-01437006f89100c30', '/dev/sdc'],
      ].map(([volume, device_name = '']) =>
        edge(`${instance} attaches ebs:volume ${volume}`, {
          from_arn,
          to_arn: ec2Arn(`volume/${volume}`),
          properties: { ...attachment, device_name, attach_time: '2023-03-06T19:30:15.000Z' },
        }),
      ),
      edge(`${instance} attaches ec2:eni eni-00171d964950a597b`, {
        from_arn,
        to_arn: ec2Arn('network-interface/eni-00171d964950a597b', OTHER),
        properties: {
          ...attachment,
          device_index: '0',
          network_card_index: '0',
          attach_time: '2023-03-06T19:30:14.000Z',
        },
      }),
      edge(`${instance} is_in vpc:subnet subnet-02888ff2916e9c869`, {
        from_arn,
        to_arn: ec2Arn('subnet/subnet-02888ff2916e9c869', OTHER),
      }),
      edge(`${instance} is_secured_by ec2:security_group sg-04162ea57fe1b539d`, {
        from_arn,
        to_arn: ec2Arn('security-group/sg-04162ea57fe1b539d', OTHER),
      }),
      edge(`${instance} was_launched_from ec2:image ami-0ac7415dd546fb485`, {
        from_arn,
        to_arn: 'arn:aws:ec2:us-east-1::image/ami-0ac7415dd546fb485',
      }),
      edge(`${instance} uses iam:instance_profile ecs-agent_success`, {
        from_arn,
        to_arn: 'arn:aws:iam::123456789012:instance-profile/ecs-agent_success',
      }),
      edge('ec2:instance i-2 was_launched_from ec2:image ami-2', {
        from_arn: ec2Arn('instance/i-2'),
        to_arn: 'arn:aws:ec2:us-east-1::image/ami-2',
      }),
    ])
  })

  it('has its profile by name and path', async () => {
    const Arn = `arn:aws:iam::${OTHER}:instance-profile/teams/search/web`
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [{ InstanceId: 'i-1', IamInstanceProfile: { Arn } }] }] })

    expect((await look()).edges).toMatchObject([{ to_id: 'teams/search/web', to_arn: Arn }])
  })

  it('attaches volumes that another account or a service owns', async () => {
    const BlockDeviceMappings = [
      { Ebs: { VolumeId: 'vol-1', VolumeOwnerId: OTHER } },
      { DeviceName: 'ephemeral0' },
    ]
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [{ InstanceId: 'i-1', BlockDeviceMappings }] }] })

    expect((await look()).edges).toMatchObject([{ to_id: 'vol-1', to_arn: ec2Arn('volume/vol-1', OTHER) }])
  })

  it('has no relationships once it is terminated', async () => {
    ec2.on(DescribeInstancesCommand).resolves(recorded('test_ec2_network_location/ec2.DescribeInstances_1'))

    const { edges, run } = await look()

    expect(edges).toEqual([])
    expect(run.status).toBe('complete')
  })

  it('without an id is rejected by name, and the others are read', async () => {
    ec2.on(DescribeInstancesCommand).resolves({
      Reservations: [{ Instances: [{ ImageId: 'ami-1' }, { InstanceId: 'i-2', ImageId: 'ami-2' }] }],
    })

    const { edges, run } = await look()

    expect(edges.map(tell)).toEqual(['ec2:instance i-2 was_launched_from ec2:image ami-2'])
    expect(run.status).toBe('partial')
    expect(run.errors).toEqual([expect.stringContaining('ami-1')])
  })
})

describe('a snapshot', () => {
  it('was taken of its volume, across pages; a copied one of none that is known', async () => {
    ec2
      .on(DescribeSnapshotsCommand, { OwnerIds: ['self'] })
      .resolvesOnce({ ...recorded('test_ebs_snapshot_unused/ec2.DescribeSnapshots_1'), NextToken: 'more' })
      .on(DescribeSnapshotsCommand, { OwnerIds: ['self'], NextToken: 'more' })
      .resolves({ Snapshots: [{ SnapshotId: 'snap-3', VolumeId: 'vol-3' }] })

    const { edges } = await look()

    expect(edges.map(tell)).toEqual([
      'ebs:snapshot snap-0bf9e1af959fbdddf was_taken_of ebs:volume vol-0bf78c2aa3a923550',
      'ebs:snapshot snap-0b818bbec5eebac4c was_taken_of ebs:volume vol-090f204348522c306',
      'ebs:snapshot snap-3 was_taken_of ebs:volume vol-3',
    ])
    expect(edges[0]).toEqual(
      edge('ebs:snapshot snap-0bf9e1af959fbdddf was_taken_of ebs:volume vol-0bf78c2aa3a923550', {
        from_arn: 'arn:aws:ec2:us-east-1::snapshot/snap-0bf9e1af959fbdddf',
        to_arn: ec2Arn('volume/vol-0bf78c2aa3a923550'),
        properties: { start_time: '2019-03-06T00:44:22.972Z' },
      }),
    )
  })
})
