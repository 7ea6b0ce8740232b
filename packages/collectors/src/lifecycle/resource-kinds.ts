import { partitionOf } from '@polo/core'

/** Where a resource is. */
export interface Place {
  readonly account: string
  readonly region: string
}

/** A resource that an event is about, named as the inventory names it, so that both are found together. */
export interface LifecycleResource {
  readonly resource_type: string
  readonly resource_id: string
  readonly resource_arn: string
}

interface Kind {
  readonly type: string
  /** What its ARN calls it. */
  readonly arnType: string
  readonly idPrefix: string
  /** Its ARN names no account. */
  readonly isAccountless?: boolean
}

/** What EC2's calls act on, or are asked to tag. */
const KINDS = {
  instance: { type: 'ec2:instance', arnType: 'instance', idPrefix: 'i-' },
  volume: { type: 'ebs:volume', arnType: 'volume', idPrefix: 'vol-' },
  snapshot: { type: 'ebs:snapshot', arnType: 'snapshot', idPrefix: 'snap-', isAccountless: true },
  natGateway: { type: 'vpc:nat_gateway', arnType: 'natgateway', idPrefix: 'nat-' },
  address: { type: 'ec2:eip', arnType: 'elastic-ip', idPrefix: 'eipalloc-' },
  networkInterface: { type: 'ec2:eni', arnType: 'network-interface', idPrefix: 'eni-' },
  securityGroup: { type: 'ec2:security_group', arnType: 'security-group', idPrefix: 'sg-' },
  image: { type: 'ec2:image', arnType: 'image', idPrefix: 'ami-', isAccountless: true },
  vpc: { type: 'vpc:vpc', arnType: 'vpc', idPrefix: 'vpc-' },
  subnet: { type: 'vpc:subnet', arnType: 'subnet', idPrefix: 'subnet-' },
} as const satisfies Record<string, Kind>
export type KindName = keyof typeof KINDS

export const KIND_NAMES: readonly KindName[] = [
  'instance',
  'volume',
  'snapshot',
  'natGateway',
  'address',
  'networkInterface',
  'securityGroup',
  'image',
  'vpc',
  'subnet',
]
/** An attachment, which begins like an interface. */
const ATTACHMENT_PREFIX = 'eni-attach-'

/** Undefined for an id that is of no kind known here. */
export function kindOf(id: string): KindName | undefined {
  if (id.startsWith(ATTACHMENT_PREFIX)) return undefined
  return KIND_NAMES.find((name) => id.startsWith(KINDS[name].idPrefix))
}

export function ec2Resource(kind: KindName, id: string, { account, region }: Place): LifecycleResource {
  const { type, arnType, isAccountless }: Kind = KINDS[kind]
  const owner = isAccountless ? '' : account
  return {
    resource_type: type,
    resource_id: id,
    resource_arn: `arn:${partitionOf(region)}:ec2:${region}:${owner}:${arnType}/${id}`,
  }
}

/** A load balancer of ELBv2 by its ARN. */
export function loadBalancer(arn: string): LifecycleResource {
  return {
    resource_type: 'elbv2:load_balancer',
    resource_id: arn.replace(/^.*:loadbalancer\//, ''),
    resource_arn: arn,
  }
}

/** A Classic Load Balancer, which has no other id than its name. */
export function classicLoadBalancer(name: string, { account, region }: Place): LifecycleResource {
  const resource_arn = `arn:${partitionOf(region)}:elasticloadbalancing:${region}:${account}:loadbalancer/${name}`
  return { resource_type: 'elb:load_balancer', resource_id: name, resource_arn }
}

/** What stands for a resource that an event does not name: the account that it happened in. */
export function wholeAccount({ account, region }: Place): LifecycleResource {
  const resource_arn = `arn:${partitionOf(region)}:iam::${account}:root`
  return { resource_type: 'aws:account', resource_id: account, resource_arn }
}
