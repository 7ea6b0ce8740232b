import {
  type Instance,
  type InstanceBlockDeviceMapping,
  type InstanceNetworkInterface,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2'
import type { TableRow } from '../../collector.ts'
import { itemsOf } from '../answer-lists.ts'
import type { RelationshipContext } from './clients.ts'
import { type End, ec2End, instanceProfileEnd, ownerlessEnd } from './ends.ts'
import { ownedEnd } from './look.ts'
import { type Relation, relate } from './relation.ts'

const VOLUME: Relation<InstanceBlockDeviceMapping> = {
  from: 'ec2:instance',
  name: 'attaches',
  to: 'ebs:volume',
  meaning: 'The instance has the volume attached',
  properties: {
    device_name: ['Device name', (device) => device.DeviceName],
    status: ['attaching, attached or detaching', (device) => device.Ebs?.Status],
    attach_time: ['When it was attached', (device) => device.Ebs?.AttachTime],
    delete_on_termination: ['Whether it goes with the instance', (device) => device.Ebs?.DeleteOnTermination],
  },
}
const INTERFACE: Relation<InstanceNetworkInterface> = {
  from: 'ec2:instance',
  name: 'attaches',
  to: 'ec2:eni',
  meaning: 'The instance has the network interface attached',
  properties: {
    device_index: ['Its place among the instance’s; 0 is the primary', (n) => n.Attachment?.DeviceIndex],
    network_card_index: ['Network card that it is on', (n) => n.Attachment?.NetworkCardIndex],
    status: ['attaching, attached or detaching', (n) => n.Attachment?.Status],
    attach_time: ['When it was attached', (n) => n.Attachment?.AttachTime],
    delete_on_termination: ['Whether it goes with the instance', (n) => n.Attachment?.DeleteOnTermination],
  },
}
const SUBNET: Relation<unknown> = {
  from: 'ec2:instance',
  name: 'is_in',
  to: 'vpc:subnet',
  meaning: 'The primary network interface of the instance is in the subnet',
}
const SECURITY_GROUP: Relation<unknown> = {
  from: 'ec2:instance',
  name: 'is_secured_by',
  to: 'ec2:security_group',
  meaning: 'The primary network interface of the instance is a member of the security group',
}
const IMAGE: Relation<unknown> = {
  from: 'ec2:instance',
  name: 'was_launched_from',
  to: 'ec2:image',
  meaning: 'The instance was launched from the AMI',
}
const PROFILE: Relation<unknown> = {
  from: 'ec2:instance',
  name: 'uses',
  to: 'iam:instance_profile',
  meaning: 'The instance acts with the role of the instance profile',
}

export const INSTANCE_RELATIONS = [VOLUME, INTERFACE, SUBNET, SECURITY_GROUP, IMAGE, PROFILE]

export async function* relateInstances(context: RelationshipContext): AsyncGenerator<TableRow> {
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  for await (const page of paginateDescribeInstances(paging, {}, { abortSignal: context.signal })) {
    yield* context.each(page, 'Reservations', (reservation) => [
      ...context.each(reservation, 'Instances', (instance) => relateInstance(context, instance)),
    ])
  }
}

function relateInstance(context: RelationshipContext, instance: Instance): TableRow[] {
  if (instance.State?.Name === 'terminated') return []
  const { region } = context
  const from = ec2End('instance', instance.InstanceId, context)
  const link = (relation: Relation<unknown>, to: End) =>
    relate(context, relation, { from, to, item: instance })
  return [
    ...itemsOf(instance.BlockDeviceMappings).flatMap((device) => {
      const { VolumeId, VolumeOwnerId: account = context.account } = device.Ebs ?? {}
      return relate(context, VOLUME, {
        from,
        to: ec2End('volume', VolumeId, { account, region }),
        item: device,
      })
    }),
    ...itemsOf(instance.NetworkInterfaces).flatMap((networkInterface) => {
      const { NetworkInterfaceId, OwnerId: account = context.account } = networkInterface
      const to = ec2End('networkInterface', NetworkInterfaceId, { account, region })
      return relate(context, INTERFACE, { from, to, item: networkInterface })
    }),
    ...link(SUBNET, ownedEnd(context, 'subnet', instance.SubnetId)),
    ...itemsOf(instance.SecurityGroups).flatMap((group) =>
      link(SECURITY_GROUP, ownedEnd(context, 'securityGroup', group.GroupId)),
    ),
    ...link(IMAGE, ownerlessEnd('image', instance.ImageId, region)),
    ...link(PROFILE, instanceProfileEnd(instance.IamInstanceProfile?.Arn)),
  ]
}
