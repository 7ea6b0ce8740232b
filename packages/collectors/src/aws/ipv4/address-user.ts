import type { NetworkInterface } from '@aws-sdk/client-ec2'
import { classicLoadBalancer } from '../../lifecycle/resource-kinds.ts'
import { owningResource } from '../config-network/owning-resource.ts'
import { identifyEc2 } from '../identify-ec2.ts'
import type { KnownAddress, Place } from './known-address.ts'

/** Who uses an address. */
export interface AddressUser {
  /** ec2 for instances, else as IPAM's public IP insights call it: nat-gateway, load-balancer, … */
  readonly service: string | undefined
  /** ARN of what uses it; of its network interface, where that does not say what it is for. */
  readonly arn: string | undefined
}

/** Services say what an interface is for in its description alone, as anyone can; hence `RequesterManaged`. */
const DESCRIBED_SERVICES: readonly (readonly [description: RegExp, service: string])[] = [
  [/^Interface for NAT Gateway /, 'nat-gateway'],
  [/^ELB /, 'load-balancer'],
  [/^arn:[^:]+:ecs:/, 'elastic-container-service'],
  [/^RDSNetworkInterface/, 'relational-database-service'],
  [/^RedshiftNetworkInterface/, 'redshift'],
  [/^DMSNetworkInterface/, 'database-migration-service'],
]
const TYPED_SERVICES: Readonly<Record<string, string>> = {
  natGateway: 'nat-gateway',
  network_load_balancer: 'load-balancer',
  gateway_load_balancer: 'load-balancer',
}
/** Who manages an Elastic IP. */
const MANAGING_SERVICES: Readonly<Record<string, string>> = {
  alb: 'load-balancer',
  nlb: 'load-balancer',
  rds: 'relational-database-service',
  rnat: 'nat-gateway',
}
/** Types of interfaces that anyone makes. */
const PLAIN_TYPES = new Set(['interface', 'efa', 'efa-only', 'trunk', 'branch'])
const CLASSIC_LOAD_BALANCER = /^ELB ([\w-]+)$/
const ECS_ATTACHMENT = /^arn:[^:]+:ecs:\S+$/

/** The instance that has the address, if one has. */
export function instanceOf({ elasticIp, attachment, insight }: KnownAddress): string | undefined {
  const attached = attachment?.networkInterface.Attachment?.InstanceId
  return attached || elasticIp?.InstanceId || insight?.InstanceId || undefined
}

export function userOf(known: KnownAddress, place: Place): AddressUser {
  const { elasticIp, attachment, insight } = known
  const instance = instanceOf(known)
  if (instance) return { service: 'ec2', arn: arnOf('instance', instance, place) }
  const manager = elasticIp?.ServiceManaged
  const service = insight?.Service ?? (manager && (MANAGING_SERVICES[manager] ?? manager))
  if (attachment) {
    const user = userOfInterface(attachment.networkInterface, place)
    return { service: user.service ?? service, arn: user.arn }
  }
  const account = elasticIp?.NetworkInterfaceOwnerId ?? place.account
  const interfaceArn = arnOf('network-interface', elasticIp?.NetworkInterfaceId, { ...place, account })
  return { service, arn: insight?.ServiceResource ?? interfaceArn }
}

function userOfInterface(
  networkInterface: NetworkInterface,
  { partition, region, account }: Place,
): AddressUser {
  const { Description = '', RequesterManaged, NetworkInterfaceId, OwnerId = account } = networkInterface
  const place = { partition, region, account: OwnerId }
  const own = arnOf('network-interface', NetworkInterfaceId, place)
  if (!RequesterManaged) return { service: undefined, arn: own }
  const [, classic] = CLASSIC_LOAD_BALANCER.exec(Description) ?? []
  const user =
    ownerArn(networkInterface, place) ??
    (classic ? classicLoadBalancer(classic, place).resource_arn : undefined) ??
    ECS_ATTACHMENT.exec(Description)?.[0]
  const service = DESCRIBED_SERVICES.find(([pattern]) => pattern.test(Description))?.[1]
  return { service: service ?? serviceByType(networkInterface), arn: user ?? own }
}

/** Of the NAT gateway or load balancer that an interface is for. */
export function ownerArn(networkInterface: NetworkInterface, place: Place): string | undefined {
  const owner = owningResource(networkInterface, place)
  return owner?.startsWith('nat-') ? arnOf('natgateway', owner, place) : owner
}

function serviceByType({
  InterfaceType = 'interface',
  Operator,
  Association,
}: NetworkInterface): string | undefined {
  if (!PLAIN_TYPES.has(InterfaceType))
    return TYPED_SERVICES[InterfaceType] ?? InterfaceType.replaceAll('_', '-')
  const principal = Operator?.Principal?.replace(/\.amazonaws\.com(\.cn)?$/, '')
  return principal ?? /^amazon-(.+)$/.exec(Association?.IpOwnerId ?? '')?.[1]
}

export function arnOf(arnType: string, id: string | undefined, place: Place): string | undefined {
  return identifyEc2(place, arnType, { id, tags: undefined }).resource_arn
}
