import { LIFECYCLE_CALLS } from '@polo/collectors'
import { expect, it } from 'vitest'
import { call, eventsOf, subjects } from './lifecycle-events.ts'

const ACCOUNT = '123837392027'
const ENI = 'eni-076fa9fb98a2500a7'
const RETURNED = { requestId: '4b9c297e-03f3-4a01-8bf3-f4d2a1a6ee31', _return: true }

const instances = (...ids: string[]) => ({
  instancesSet: { items: ids.map((instanceId) => ({ instanceId })) },
})

/** Requests and answers in the forms in which CloudTrail writes those calls. */
const EC2_CALLS: readonly (readonly [string, unknown, unknown, readonly string[]])[] = [
  [
    'TerminateInstances',
    instances('i-01', 'i-02'),
    instances('i-01', 'i-02'),
    ['ec2:instance i-01', 'ec2:instance i-02'],
  ],
  ['StartInstances', instances('i-01'), instances('i-01'), ['ec2:instance i-01']],
  ['StopInstances', { ...instances('i-01'), force: false }, instances('i-01'), ['ec2:instance i-01']],
  ['RebootInstances', instances('i-01'), RETURNED, ['ec2:instance i-01']],
  [
    'ModifyInstanceAttribute',
    { instanceId: 'i-01', groupSet: { items: [{ groupId: 'sg-01' }] } },
    RETURNED,
    ['ec2:instance i-01'],
  ],
  [
    'AttachVolume',
    { volumeId: 'vol-01', instanceId: 'i-01', device: '/dev/sdf', deleteOnTermination: false },
    {
      volumeId: 'vol-01',
      instanceId: 'i-01',
      device: '/dev/sdf',
      status: 'attaching',
      attachTime: 1688990121000,
    },
    ['ebs:volume vol-01', 'ec2:instance i-01'],
  ],
  [
    'DetachVolume',
    { volumeId: 'vol-01', force: false },
    { volumeId: 'vol-01', instanceId: 'i-01', device: '/dev/sdf', status: 'detaching' },
    ['ebs:volume vol-01', 'ec2:instance i-01'],
  ],
  [
    'ModifyVolume',
    { ModifyVolumeRequest: { VolumeId: 'vol-01', Size: 200, VolumeType: 'gp3' } },
    { ModifyVolumeResponse: { volumeModification: { volumeId: 'vol-01', targetSize: 200 } } },
    ['ebs:volume vol-01'],
  ],
  ['DeleteVolume', { volumeId: 'vol-01' }, RETURNED, ['ebs:volume vol-01']],
  [
    'CopyVolumes',
    { CopyVolumesRequest: { SourceVolumeId: 'vol-01', VolumeType: 'gp3' } },
    { CopyVolumesResponse: { volumeSet: { item: { volumeId: 'vol-02', sourceVolumeId: 'vol-01' } } } },
    ['ebs:volume vol-02'],
  ],
  [
    'CreateSnapshots',
    { CreateSnapshotsRequest: { InstanceSpecification: { InstanceId: 'i-01', ExcludeBootVolume: false } } },
    { CreateSnapshotsResponse: { snapshotSet: { item: { snapshotId: 'snap-01', volumeId: 'vol-01' } } } },
    ['ec2:instance i-01', 'ebs:snapshot snap-01', 'ebs:volume vol-01'],
  ],
  [
    'CopySnapshot',
    { sourceRegion: 'eu-west-1', sourceSnapshotId: 'snap-01', destinationRegion: 'us-east-1' },
    { snapshotId: 'snap-02' },
    ['ebs:snapshot snap-02'],
  ],
  [
    'RestoreSnapshotFromRecycleBin',
    { RestoreSnapshotFromRecycleBinRequest: { SnapshotId: 'snap-01' } },
    { RestoreSnapshotFromRecycleBinResponse: { snapshotId: 'snap-01', volumeId: 'vol-01' } },
    ['ebs:snapshot snap-01'],
  ],
  [
    'ModifySnapshotTier',
    { ModifySnapshotTierRequest: { SnapshotId: 'snap-01', StorageTier: 'archive' } },
    { ModifySnapshotTierResponse: { snapshotId: 'snap-01' } },
    ['ebs:snapshot snap-01'],
  ],
  [
    'AcceptAddressTransfer',
    { AcceptAddressTransferRequest: { Address: '203.0.113.7' } },
    {
      AcceptAddressTransferResponse: {
        addressTransfer: {
          publicIp: '203.0.113.7',
          allocationId: 'eipalloc-01',
          addressTransferStatus: 'accepted',
        },
      },
    },
    ['ec2:eip eipalloc-01'],
  ],
  [
    'DeleteNatGateway',
    { DeleteNatGatewayRequest: { NatGatewayId: 'nat-01' } },
    { DeleteNatGatewayResponse: { natGatewayId: 'nat-01' } },
    ['vpc:nat_gateway nat-01'],
  ],
  [
    'AssociateNatGatewayAddress',
    {
      AssociateNatGatewayAddressRequest: {
        NatGatewayId: 'nat-01',
        AllocationId: { tag: 1, content: 'eipalloc-01' },
      },
    },
    {
      AssociateNatGatewayAddressResponse: {
        natGatewayId: 'nat-01',
        natGatewayAddressSet: { item: { allocationId: 'eipalloc-01', status: 'associating' } },
      },
    },
    ['vpc:nat_gateway nat-01', 'ec2:eip eipalloc-01'],
  ],
  [
    'DisassociateNatGatewayAddress',
    {
      DisassociateNatGatewayAddressRequest: {
        NatGatewayId: 'nat-01',
        AssociationId: [
          { tag: 1, content: 'eipassoc-01' },
          { tag: 2, content: 'eipassoc-02' },
        ],
      },
    },
    {
      DisassociateNatGatewayAddressResponse: {
        natGatewayAddressSet: { item: [{ allocationId: 'eipalloc-01' }, { allocationId: 'eipalloc-02' }] },
      },
    },
    ['vpc:nat_gateway nat-01', 'ec2:eip eipalloc-01', 'ec2:eip eipalloc-02'],
  ],
  [
    'AssociateAddress',
    { allocationId: 'eipalloc-01', networkInterfaceId: ENI, allowReassociation: false },
    { ...RETURNED, associationId: 'eipassoc-01' },
    ['ec2:eip eipalloc-01', `ec2:eni ${ENI}`],
  ],
  ['DisassociateAddress', { associationId: 'eipassoc-01' }, RETURNED, [`aws:account ${ACCOUNT}`]],
  ['DeleteNetworkInterface', { networkInterfaceId: ENI }, RETURNED, [`ec2:eni ${ENI}`]],
  [
    'AttachNetworkInterface',
    { networkInterfaceId: ENI, instanceId: 'i-01', deviceIndex: 1 },
    { attachmentId: 'eni-attach-01' },
    [`ec2:eni ${ENI}`, 'ec2:instance i-01'],
  ],
  [
    'DetachNetworkInterface',
    { attachmentId: 'eni-attach-01', force: false },
    RETURNED,
    [`aws:account ${ACCOUNT}`],
  ],
  [
    'ModifyNetworkInterfaceAttribute',
    { networkInterfaceId: ENI, groupSet: { items: [{ groupId: 'sg-01' }] } },
    RETURNED,
    [`ec2:eni ${ENI}`],
  ],
  [
    'AuthorizeSecurityGroupIngress',
    { groupName: 'default', ipPermissions: { items: [{ groups: { items: [{ groupId: 'sg-other' }] } }] } },
    {
      ...RETURNED,
      securityGroupRuleSet: { items: [{ groupId: 'sg-01', referencedGroupInfo: { groupId: 'sg-other' } }] },
    },
    ['ec2:security_group sg-01'],
  ],
  [
    'RevokeSecurityGroupIngress',
    { groupId: 'sg-01', ipPermissions: { items: [{ groups: { items: [{ groupId: 'sg-other' }] } }] } },
    { ...RETURNED, unknownIpPermissionSet: { items: [{ groups: { items: [{ groupId: 'sg-no' }] } }] } },
    ['ec2:security_group sg-01'],
  ],
  ['RevokeSecurityGroupEgress', { groupId: 'sg-01' }, RETURNED, ['ec2:security_group sg-01']],
  ['AuthorizeSecurityGroupEgress', { groupId: 'sg-01' }, RETURNED, ['ec2:security_group sg-01']],
  [
    'ModifySecurityGroupRules',
    {
      ModifySecurityGroupRulesRequest: {
        GroupId: 'sg-01',
        SecurityGroupRule: { SecurityGroupRule: { ReferencedGroupId: 'sg-02' } },
      },
    },
    { ModifySecurityGroupRulesResponse: { return: true } },
    ['ec2:security_group sg-01'],
  ],
  [
    'DeleteTags',
    { resourcesSet: { items: [{ resourceId: 'vol-01' }, { resourceId: 'i-01' }] }, tagSet: {} },
    RETURNED,
    ['ebs:volume vol-01', 'ec2:instance i-01'],
  ],
]

it.each(EC2_CALLS)('finds the resources of %s', async (eventName, request, response, expected) => {
  expect(subjects(await eventsOf(call(eventName, request, response)))).toEqual(expected)
})

it.each([
  ['DisassociateAddress', { associationId: 'eipassoc-01' }, { association_id: 'eipassoc-01' }],
  [
    'DisassociateNatGatewayAddress',
    { DisassociateNatGatewayAddressRequest: { AssociationId: { tag: 1, content: 'eipassoc-01' } } },
    { association_id: 'eipassoc-01' },
  ],
  ['DisassociateAddress', { publicIp: '203.0.113.7' }, { public_ip_address: '203.0.113.7' }],
  ['DetachNetworkInterface', { attachmentId: 'eni-attach-01' }, { attachment_id: 'eni-attach-01' }],
  [
    'CopySnapshot',
    { sourceRegion: 'eu-west-1', sourceSnapshotId: 'snap-01' },
    { source_region: 'eu-west-1', source_snapshot_id: 'snap-01' },
  ],
  [
    'ModifyInstanceAttribute',
    { instanceId: 'i-01', instanceType: { value: 'm5.large' } },
    { changed_attributes: 'instanceType' },
  ],
  [
    'ModifyInstanceAttribute',
    { instanceId: 'i-01', attribute: 'userData', value: 'x' },
    { changed_attributes: 'userData' },
  ],
  [
    'ModifyVolume',
    { ModifyVolumeRequest: { VolumeId: 'vol-01', Size: 200, VolumeType: 'gp3' } },
    { changed_attributes: 'Size,VolumeType' },
  ],
  ['DeleteSecurityGroup', { groupName: 'web' }, { security_group_name: 'web' }],
])('says of %s what else it names', async (eventName, request, properties) => {
  const [event] = await eventsOf(call(eventName, request))
  expect(event?.properties).toMatchObject(properties)
})

it('reads a call without request and answer', async () => {
  for (const eventName of [...LIFECYCLE_CALLS['aws.ec2'], ...LIFECYCLE_CALLS['aws.elasticloadbalancing']]) {
    const { requestParameters: _, responseElements: __, ...bare } = call(eventName, null)
    expect(subjects(await eventsOf(bare)), eventName).toEqual([`aws:account ${ACCOUNT}`])
  }
})
