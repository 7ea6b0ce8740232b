import { AutoScalingClient } from '@aws-sdk/client-auto-scaling'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { CollectContext } from '../../collector.ts'

export const CLIENTS = {
  ec2: EC2Client,
  elbv2: ElasticLoadBalancingV2Client,
  autoscaling: AutoScalingClient,
}
export type RelationshipContext = CollectContext<typeof CLIENTS>
