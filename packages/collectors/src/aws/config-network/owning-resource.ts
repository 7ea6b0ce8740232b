import type { NetworkInterface } from '@aws-sdk/client-ec2'
import type { CollectContext } from '../../collector.ts'

/** Services name what an interface is for in its description alone; anyone may write one, hence `RequesterManaged`. */
export function owningResource(
  { Description, RequesterManaged }: NetworkInterface,
  { partition, region, account }: Pick<CollectContext, 'partition' | 'region' | 'account'>,
): string | undefined {
  if (!RequesterManaged) return undefined
  const natGateway = /^Interface for NAT Gateway (nat-\w+)$/.exec(Description ?? '')?.[1]
  const loadBalancer = /^ELB ((?:app|net|gwy)\/\S+\/\w+)$/.exec(Description ?? '')?.[1]
  return loadBalancer
    ? `arn:${partition}:elasticloadbalancing:${region}:${account}:loadbalancer/${loadBalancer}`
    : natGateway
}
