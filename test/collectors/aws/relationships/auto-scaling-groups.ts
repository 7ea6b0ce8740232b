import type { AutoScalingGroup, Instance } from '@aws-sdk/client-auto-scaling'

/** With what the SDK's type asks for. */
export function autoScalingGroup(columns: Partial<AutoScalingGroup>): AutoScalingGroup {
  return {
    AutoScalingGroupName: 'web',
    MinSize: 0,
    MaxSize: 0,
    DesiredCapacity: 0,
    DefaultCooldown: 0,
    AvailabilityZones: [],
    HealthCheckType: 'EC2',
    CreatedTime: undefined,
    ...columns,
  }
}

export function autoScalingInstance(InstanceId: string): Instance {
  return {
    InstanceId,
    AvailabilityZone: 'us-east-1a',
    LifecycleState: 'InService',
    HealthStatus: 'Healthy',
    ProtectedFromScaleIn: false,
  }
}
