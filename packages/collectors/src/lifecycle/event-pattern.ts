/** The calls that change what Polo records, by the source that EventBridge's events of them carry. */
export const LIFECYCLE_CALLS = {
  'aws.ec2': [
    'RunInstances',
    'TerminateInstances',
    'StartInstances',
    'StopInstances',
    'RebootInstances',
    'ModifyInstanceAttribute',
    'CreateVolume',
    'CopyVolumes',
    'DeleteVolume',
    'AttachVolume',
    'DetachVolume',
    'ModifyVolume',
    'CreateSnapshot',
    'CreateSnapshots',
    'CopySnapshot',
    'DeleteSnapshot',
    'ModifySnapshotAttribute',
    'ModifySnapshotTier',
    'RestoreSnapshotFromRecycleBin',
    'CreateNatGateway',
    'DeleteNatGateway',
    'AssociateNatGatewayAddress',
    'DisassociateNatGatewayAddress',
    'AllocateAddress',
    'ReleaseAddress',
    'AssociateAddress',
    'DisassociateAddress',
    'AcceptAddressTransfer',
    'CreateNetworkInterface',
    'DeleteNetworkInterface',
    'AttachNetworkInterface',
    'DetachNetworkInterface',
    'ModifyNetworkInterfaceAttribute',
    'CreateSecurityGroup',
    'DeleteSecurityGroup',
    'AuthorizeSecurityGroupIngress',
    'AuthorizeSecurityGroupEgress',
    'RevokeSecurityGroupIngress',
    'RevokeSecurityGroupEgress',
    'ModifySecurityGroupRules',
    'CreateTags',
    'DeleteTags',
  ],
  'aws.elasticloadbalancing': [
    'CreateLoadBalancer',
    'DeleteLoadBalancer',
    'ModifyLoadBalancerAttributes',
    'SetSecurityGroups',
    'SetSubnets',
    'SetIpAddressType',
    'CreateTargetGroup',
    'DeleteTargetGroup',
    'ModifyTargetGroup',
    'ModifyTargetGroupAttributes',
    'RegisterTargets',
    'DeregisterTargets',
    'CreateListener',
    'ModifyListener',
    'DeleteListener',
    'CreateRule',
    'ModifyRule',
    'DeleteRule',
    'AddTags',
    'RemoveTags',
  ],
} as const

/** What AWS does by itself and CloudTrail records, such as taking a spot instance back. */
export const LIFECYCLE_SERVICE_EVENTS = [
  'BidEvictedEvent',
  'BidFulfilledEvent',
  'SharedSnapshotCopyInitiated',
  'SharedSnapshotVolumeCreated',
] as const

/** What EC2 itself says of an instance, whoever or whatever caused it, and what such an event is called here. */
export const INSTANCE_NOTICES = {
  /** '' for the state that it tells. */
  'EC2 Instance State-change Notification': '',
  'EC2 Spot Instance Interruption Warning': 'spot_interruption_warning',
  'EC2 Instance Rebalance Recommendation': 'rebalance_recommendation',
} as const

/** What an Auto Scaling group launched or terminated, and why. */
export const SCALING_NOTICES = {
  'EC2 Instance Launch Successful': 'launch_successful',
  'EC2 Instance Launch Unsuccessful': 'launch_unsuccessful',
  'EC2 Instance Terminate Successful': 'terminate_successful',
  'EC2 Instance Terminate Unsuccessful': 'terminate_unsuccessful',
} as const

export const CLOUDTRAIL_CALL = 'AWS API Call via CloudTrail'
export const CLOUDTRAIL_SERVICE_EVENT = 'AWS Service Event via CloudTrail'
export const HEALTH_EVENT = 'AWS Health Event'
/** Whose health events are of instances, hosts and volumes. */
export const HEALTH_SERVICES = ['EC2', 'EBS'] as const

/**
 * The EventBridge pattern of lifecycle events; one rule's pattern may have 2,048 characters. Calls that AWS refused
 * are among them: who tried what is worth knowing. CloudTrail's events come only where a trail records management events.
 */
export const LIFECYCLE_EVENT_PATTERN = {
  $or: [
    { source: ['aws.ec2'], 'detail-type': Object.keys(INSTANCE_NOTICES) },
    { source: ['aws.autoscaling'], 'detail-type': Object.keys(SCALING_NOTICES) },
    { source: ['aws.health'], 'detail-type': [HEALTH_EVENT], detail: { service: HEALTH_SERVICES } },
    {
      source: ['aws.ec2'],
      'detail-type': [CLOUDTRAIL_SERVICE_EVENT],
      detail: { eventName: LIFECYCLE_SERVICE_EVENTS },
    },
    // Together, for length: neither service has a call that is called like one of the other's.
    {
      source: Object.keys(LIFECYCLE_CALLS),
      'detail-type': [CLOUDTRAIL_CALL],
      detail: { eventName: Object.values(LIFECYCLE_CALLS).flat() },
    },
  ],
} as const
