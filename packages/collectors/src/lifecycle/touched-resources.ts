import type { LIFECYCLE_CALLS } from './event-pattern.ts'
import type { ApiCall } from './eventbridge-event.ts'
import {
  classicLoadBalancer,
  ec2Resource,
  KIND_NAMES,
  type KindName,
  kindOf,
  type LifecycleResource,
  loadBalancer,
  type Place,
} from './resource-kinds.ts'

type Ec2Call = (typeof LIFECYCLE_CALLS)['aws.ec2'][number]

const INSTANCE = ['instance'] as const
const VOLUME = ['volume'] as const
const SECURITY_GROUP = ['securityGroup'] as const
const ATTACHMENT = ['networkInterface', 'instance'] as const
/** What each call acts on; ids of anything else in it (the image of an instance, the subnet of an interface) do not count. */
const ACTS_ON: Readonly<Record<Ec2Call, readonly KindName[]>> = {
  RunInstances: ATTACHMENT,
  TerminateInstances: INSTANCE,
  StartInstances: INSTANCE,
  StopInstances: INSTANCE,
  RebootInstances: INSTANCE,
  ModifyInstanceAttribute: INSTANCE,
  CreateVolume: VOLUME,
  DeleteVolume: VOLUME,
  AttachVolume: ['volume', 'instance'],
  DetachVolume: ['volume', 'instance'],
  ModifyVolume: VOLUME,
  CreateSnapshot: ['snapshot', 'volume'],
  CreateSnapshots: ['snapshot', 'volume', 'instance'],
  DeleteSnapshot: ['snapshot'],
  CreateNatGateway: ['natGateway', 'address'],
  DeleteNatGateway: ['natGateway'],
  AllocateAddress: ['address'],
  ReleaseAddress: ['address'],
  AssociateAddress: ['address', ...ATTACHMENT],
  DisassociateAddress: ['address', ...ATTACHMENT],
  CreateNetworkInterface: ['networkInterface'],
  DeleteNetworkInterface: ['networkInterface'],
  AttachNetworkInterface: ATTACHMENT,
  DetachNetworkInterface: ATTACHMENT,
  CreateSecurityGroup: SECURITY_GROUP,
  DeleteSecurityGroup: SECURITY_GROUP,
  AuthorizeSecurityGroupIngress: SECURITY_GROUP,
  AuthorizeSecurityGroupEgress: SECURITY_GROUP,
  RevokeSecurityGroupIngress: SECURITY_GROUP,
  RevokeSecurityGroupEgress: SECURITY_GROUP,
  ModifySecurityGroupRules: SECURITY_GROUP,
  CreateTags: KIND_NAMES,
  DeleteTags: KIND_NAMES,
}
const KINDS_OF_CALL = new Map<string, readonly KindName[]>(Object.entries(ACTS_ON))

/** The keys that ids stand under, in lower case: older calls write `volumeId`, newer ones `VolumeId` within a wrapper. */
const ID_KEYS = new Set([
  'instanceid',
  'volumeid',
  'snapshotid',
  'natgatewayid',
  'allocationid',
  'networkinterfaceid',
  'groupid',
  'resourceid',
])
/** Security groups are named within these as somebody else's source or as an interface's, and are not acted on. */
const ASIDE = new Set(['ippermissions', 'groupset', 'groups', 'securitygroupruleset', 'securitygrouprule'])

/** The resources that a call acted on, in the order in which it names them, each once; none where it names none. */
export function touchedResources(call: ApiCall, place: Place): LifecycleResource[] {
  const said = [...strings(call.requestParameters), ...strings(call.responseElements)]
  const all =
    call.eventSource === 'elasticloadbalancing.amazonaws.com'
      ? loadBalancersIn(said, place)
      : ec2ResourcesIn(said, KINDS_OF_CALL.get(call.eventName) ?? [], place)
  return [...new Map(all.map((resource) => [resource.resource_arn, resource])).values()]
}

/** Ids of resources to be tagged that are of no kind known here. */
export function unknownIds(call: ApiCall): string[] {
  const ids = strings(call.requestParameters).filter(({ key }) => key === 'resourceid')
  return ids.flatMap(({ text }) => (kindOf(text) ? [] : text))
}

interface Said {
  /** In lower case. */
  readonly key: string
  readonly text: string
}

function ec2ResourcesIn(
  said: readonly Said[],
  kinds: readonly KindName[],
  place: Place,
): LifecycleResource[] {
  return said.flatMap(({ key, text }) => {
    const kind = ID_KEYS.has(key) ? kindOf(text) : undefined
    return kind && kinds.includes(kind) ? [ec2Resource(kind, text, place)] : []
  })
}

function loadBalancersIn(said: readonly Said[], place: Place): LifecycleResource[] {
  const arns = said.flatMap(({ key, text }) => (key === 'loadbalancerarn' ? text : []))
  if (arns.length > 0) return arns.map(loadBalancer)
  const names = said.flatMap(({ key, text }) => (key === 'loadbalancername' ? text : []))
  return names.map((name) => classicLoadBalancer(name, place))
}

/** Every string within a value, with the key that it stands under. */
export function strings(value: unknown, key = ''): Said[] {
  if (typeof value === 'string') return [{ key, text: value }]
  if (Array.isArray(value)) return value.flatMap((item) => strings(item, key))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const lower = name.toLowerCase()
    return ASIDE.has(lower) ? [] : strings(inner, lower)
  })
}
