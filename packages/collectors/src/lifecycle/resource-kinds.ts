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
  /** What its ARN calls it, and a request that tags it when it is created. */
  readonly arnType: string
  readonly idPrefix: string
  readonly description: string
  /** Its ARN names no account. */
  readonly isAccountless?: boolean
}

/** What EC2's calls act on, or are asked to tag: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
export const EC2_KINDS = {
  instance: { type: 'ec2:instance', arnType: 'instance', idPrefix: 'i-', description: 'EC2 instance' },
  volume: { type: 'ebs:volume', arnType: 'volume', idPrefix: 'vol-', description: 'EBS volume' },
  snapshot: {
    type: 'ebs:snapshot',
    arnType: 'snapshot',
    idPrefix: 'snap-',
    description: 'EBS snapshot',
    isAccountless: true,
  },
  natGateway: {
    type: 'vpc:nat_gateway',
    arnType: 'natgateway',
    idPrefix: 'nat-',
    description: 'NAT gateway',
  },
  address: { type: 'ec2:eip', arnType: 'elastic-ip', idPrefix: 'eipalloc-', description: 'Elastic IP' },
  networkInterface: {
    type: 'ec2:eni',
    arnType: 'network-interface',
    idPrefix: 'eni-',
    description: 'Network interface',
  },
  securityGroup: {
    type: 'ec2:security_group',
    arnType: 'security-group',
    idPrefix: 'sg-',
    description: 'Security group',
  },
  image: {
    type: 'ec2:image',
    arnType: 'image',
    idPrefix: 'ami-',
    description: 'Machine image',
    isAccountless: true,
  },
  host: { type: 'ec2:host', arnType: 'dedicated-host', idPrefix: 'h-', description: 'Dedicated host' },
  vpc: { type: 'vpc:vpc', arnType: 'vpc', idPrefix: 'vpc-', description: 'VPC' },
  subnet: { type: 'vpc:subnet', arnType: 'subnet', idPrefix: 'subnet-', description: 'Subnet' },
} as const satisfies Record<string, Kind>
export type KindName = keyof typeof EC2_KINDS

export const KIND_NAMES: readonly KindName[] = [
  'instance',
  'volume',
  'snapshot',
  'natGateway',
  'address',
  'networkInterface',
  'securityGroup',
  'image',
  'host',
  'vpc',
  'subnet',
]
/** What ARNs that name no account call their resources. */
export const ACCOUNTLESS_ARN_TYPES: ReadonlySet<string> = new Set(
  Object.values<Kind>(EC2_KINDS).flatMap(({ arnType, isAccountless }) => (isAccountless ? [arnType] : [])),
)
/** An attachment, which begins like an interface. */
const ATTACHMENT_PREFIX = 'eni-attach-'

/** Undefined for an id that is of no kind known here. */
export function kindOf(id: string): KindName | undefined {
  if (id.startsWith(ATTACHMENT_PREFIX)) return undefined
  return KIND_NAMES.find((name) => id.startsWith(EC2_KINDS[name].idPrefix))
}

/**
 * The kind of a resource by what its ARN has after the account; undefined for one of another kind, such as a placement
 * group, which may be called `vpc-web`.
 */
export function kindInArn(arnType: string, id: string): KindName | undefined {
  const kind = kindOf(id)
  return kind && EC2_KINDS[kind].arnType === arnType ? kind : undefined
}

export function ec2Resource(kind: KindName, id: string, { account, region }: Place): LifecycleResource {
  const { type, arnType, isAccountless }: Kind = EC2_KINDS[kind]
  const owner = isAccountless ? '' : account
  return {
    resource_type: type,
    resource_id: id,
    resource_arn: ec2Arn(arnType, id, { account: owner, region }),
  }
}

export function ec2Arn(arnType: string, id: string, { account, region }: Place): string {
  return `arn:${partitionOf(region)}:ec2:${region}:${account}:${arnType}/${id}`
}

/** What Elastic Load Balancing has, by what its ARNs begin their resource part with. */
const BALANCING_TYPES = [
  { prefix: /^loadbalancer\//, type: 'elb:load_balancer' },
  { prefix: /^targetgroup\//, type: 'elbv2:target_group' },
  { prefix: /^listener\//, type: 'elbv2:listener' },
  { prefix: /^listener-rule\//, type: 'elbv2:listener_rule' },
  { prefix: /^truststore\//, type: 'elbv2:trust_store' },
] as const
/** Application, Network and Gateway Load Balancers. */
const LOAD_BALANCER = /^loadbalancer\/(?:app|net|gwy)\//
const BALANCING_ARN = /^arn:[^:]+:elasticloadbalancing:[^:]*:[^:]*:(.+)$/

/** A load balancer of ELBv2 by its ARN. */
export function loadBalancer(arn: string): LifecycleResource {
  return {
    resource_type: 'elbv2:load_balancer',
    resource_id: arn.replace(/^.*:loadbalancer\//, ''),
    resource_arn: arn,
  }
}

/** A resource of Elastic Load Balancing by its ARN; undefined for what is none. */
export function balancingResource(arn: string): LifecycleResource | undefined {
  const resource = BALANCING_ARN.exec(arn)?.[1] ?? ''
  if (LOAD_BALANCER.test(resource)) return loadBalancer(arn)
  const kind = BALANCING_TYPES.find(({ prefix }) => prefix.test(resource))
  if (!kind) return undefined
  return {
    resource_type: kind.type,
    resource_id: resource.replace(kind.prefix, ''),
    resource_arn: arn,
  }
}

/** `…:listener-rule/app/web/50dc/f2f7/9683` is of `…:listener/app/web/50dc/f2f7`. */
export function listenerOf(ruleArn: string): string {
  return ruleArn.replace(/:listener-rule\/(.*)\/[^/]*$/, ':listener/$1')
}

/** `…:listener/app/web/50dc/f2f7` is of `…:loadbalancer/app/web/50dc`. */
export function loadBalancerOf(listenerArn: string): string {
  return listenerArn.replace(/:listener\/((?:[^/]+\/){2}[^/]+)\/.*$/, ':loadbalancer/$1')
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
