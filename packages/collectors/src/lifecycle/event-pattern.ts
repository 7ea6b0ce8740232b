/** The calls that change what Polo records, by the source that CloudTrail's events of them carry. */
export const LIFECYCLE_CALLS = {
  'aws.ec2': [
    'RunInstances',
    'TerminateInstances',
    'StartInstances',
    'StopInstances',
    'RebootInstances',
    'ModifyInstanceAttribute',
    'CreateVolume',
    'DeleteVolume',
    'AttachVolume',
    'DetachVolume',
    'ModifyVolume',
    'CreateSnapshot',
    'CreateSnapshots',
    'DeleteSnapshot',
    'CreateNatGateway',
    'DeleteNatGateway',
    'AllocateAddress',
    'ReleaseAddress',
    'AssociateAddress',
    'DisassociateAddress',
    'CreateNetworkInterface',
    'DeleteNetworkInterface',
    'AttachNetworkInterface',
    'DetachNetworkInterface',
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
  'aws.elasticloadbalancing': ['CreateLoadBalancer', 'DeleteLoadBalancer'],
} as const

/** What EC2 itself says of an instance, whoever or whatever caused it. */
export const LIFECYCLE_NOTICES = [
  'EC2 Instance State-change Notification',
  'EC2 Spot Instance Interruption Warning',
] as const

export const CLOUDTRAIL_CALL = 'AWS API Call via CloudTrail'

/**
 * The EventBridge pattern of lifecycle events; one rule's pattern may have 2,048 characters. Calls that AWS refused
 * are among them: who tried what is worth knowing. CloudTrail's events come only where a trail records management events.
 */
export const LIFECYCLE_EVENT_PATTERN = {
  $or: [
    { source: ['aws.ec2'], 'detail-type': LIFECYCLE_NOTICES },
    callsOf('aws.ec2'),
    callsOf('aws.elasticloadbalancing'),
  ],
} as const

function callsOf(source: keyof typeof LIFECYCLE_CALLS) {
  return {
    source: [source],
    'detail-type': [CLOUDTRAIL_CALL],
    detail: { eventName: LIFECYCLE_CALLS[source] },
  }
}
