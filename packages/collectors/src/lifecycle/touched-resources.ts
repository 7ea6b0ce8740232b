import type { CloudTrailRecord } from './cloudtrail-record.ts'
import type { LIFECYCLE_CALLS, LIFECYCLE_SERVICE_EVENTS } from './event-pattern.ts'
import {
  balancingResource,
  classicLoadBalancer,
  ec2Resource,
  KIND_NAMES,
  type KindName,
  kindOf,
  type LifecycleResource,
  listenerOf,
  loadBalancerOf,
  type Place,
} from './resource-kinds.ts'
import { type Said, saidIn } from './said-values.ts'
import { taggedResource } from './tagged-resource.ts'

type Ec2Call = (typeof LIFECYCLE_CALLS)['aws.ec2'][number] | (typeof LIFECYCLE_SERVICE_EVENTS)[number]

const INSTANCE = ['instance'] as const
const VOLUME = ['volume'] as const
const SNAPSHOT = ['snapshot'] as const
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
  CopyVolumes: VOLUME,
  DeleteVolume: VOLUME,
  AttachVolume: ['volume', 'instance'],
  DetachVolume: ['volume', 'instance'],
  ModifyVolume: VOLUME,
  CreateSnapshot: ['snapshot', 'volume'],
  CreateSnapshots: ['snapshot', 'volume', 'instance'],
  CopySnapshot: SNAPSHOT,
  DeleteSnapshot: SNAPSHOT,
  ModifySnapshotAttribute: SNAPSHOT,
  ModifySnapshotTier: SNAPSHOT,
  RestoreSnapshotFromRecycleBin: SNAPSHOT,
  CreateNatGateway: ['natGateway', 'address'],
  DeleteNatGateway: ['natGateway'],
  AssociateNatGatewayAddress: ['natGateway', 'address'],
  DisassociateNatGatewayAddress: ['natGateway', 'address'],
  AllocateAddress: ['address'],
  ReleaseAddress: ['address'],
  AssociateAddress: ['address', ...ATTACHMENT],
  DisassociateAddress: ['address', ...ATTACHMENT],
  AcceptAddressTransfer: ['address'],
  CreateNetworkInterface: ['networkInterface'],
  DeleteNetworkInterface: ['networkInterface'],
  AttachNetworkInterface: ATTACHMENT,
  DetachNetworkInterface: ATTACHMENT,
  ModifyNetworkInterfaceAttribute: ['networkInterface'],
  CreateSecurityGroup: SECURITY_GROUP,
  DeleteSecurityGroup: SECURITY_GROUP,
  AuthorizeSecurityGroupIngress: SECURITY_GROUP,
  AuthorizeSecurityGroupEgress: SECURITY_GROUP,
  RevokeSecurityGroupIngress: SECURITY_GROUP,
  RevokeSecurityGroupEgress: SECURITY_GROUP,
  ModifySecurityGroupRules: SECURITY_GROUP,
  CreateTags: KIND_NAMES,
  DeleteTags: KIND_NAMES,
  BidEvictedEvent: INSTANCE,
  BidFulfilledEvent: INSTANCE,
  SharedSnapshotCopyInitiated: SNAPSHOT,
  SharedSnapshotVolumeCreated: SNAPSHOT,
}
const KINDS_OF_CALL = new Map<string, readonly KindName[]>(Object.entries(ACTS_ON))

/** The keys, in lower case, that ids of what is acted on stand under. */
const ID_KEYS = new Set([
  'instanceid',
  'instanceidset',
  'volumeid',
  'snapshotid',
  'natgatewayid',
  'allocationid',
  'networkinterfaceid',
  'groupid',
  'resourceid',
])
const BALANCING_KEYS = new Set([
  'loadbalancerarn',
  'targetgrouparn',
  'listenerarn',
  'rulearn',
  'resourcearns',
])
const CLASSIC_NAMES = new Set(['loadbalancername', 'loadbalancernames'])
/** Whatever of EC2 is tagged; the ids stand under `resourceId`. */
const TAGGED_KEY = 'resourceid'
/** The instances of `RegisterTargets`; their ids stand under `id`. */
const TARGET_KEY = 'id'

/** A resource that a call named, and the object of the answer that names it, where the answer alone does. */
export interface TouchedResource extends LifecycleResource {
  /** Of EC2's resources: what a request that tags it calls its type. */
  readonly kind: KindName | undefined
  /** Undefined for what the request named: that was there before. */
  readonly created: object | undefined
}

/** The resources that a call acted on, in the order in which it names them, each once; none where it names none. */
export function touchedResources(
  record: CloudTrailRecord,
  asked: readonly Said[],
  place: Place,
): TouchedResource[] {
  const answered = [...saidIn(record.responseElements), ...saidIn(record.serviceEventDetails)]
  const named = [
    ...resourcesIn(asked, record, place).map(({ resource, kind }) => toTouched(resource, kind)),
    ...resourcesIn(answered, record, place).map(({ resource, kind, holder }) =>
      toTouched(resource, kind, holder),
    ),
  ]
  const all = new Map<string, TouchedResource>()
  for (const resource of named) if (!all.has(resource.resource_arn)) all.set(resource.resource_arn, resource)
  return [...all.values()]
}

/** What a call says of resources to be acted on that is of no kind known here, or no id at all. */
export function unknownIds(
  record: CloudTrailRecord,
  asked: readonly Said[],
  touched: readonly TouchedResource[],
): string[] {
  if (isBalancing(record)) return []
  const known = new Set(touched.map(({ resource_id }) => resource_id))
  const ids = asked.filter(({ key }) => ID_KEYS.has(key))
  return [...new Set(ids.flatMap(({ text }) => (kindOf(text) || known.has(text) ? [] : text)))]
}

interface Named {
  readonly resource: LifecycleResource
  readonly kind?: KindName
  readonly holder: object
}

function toTouched(resource: LifecycleResource, kind?: KindName, created?: object): TouchedResource {
  return { ...resource, kind, created }
}

function resourcesIn(said: readonly Said[], record: CloudTrailRecord, place: Place): Named[] {
  return isBalancing(record)
    ? balancingResourcesIn(said, place)
    : ec2ResourcesIn(said, KINDS_OF_CALL.get(record.eventName) ?? [], place)
}

function ec2ResourcesIn(said: readonly Said[], kinds: readonly KindName[], place: Place): Named[] {
  return said.flatMap(({ key, text, holder }): Named[] => {
    const kind = ID_KEYS.has(key) ? kindOf(text) : undefined
    if (kind) return kinds.includes(kind) ? [{ resource: ec2Resource(kind, text, place), kind, holder }] : []
    const tagged = key === TAGGED_KEY ? taggedResource(text, place) : undefined
    return tagged ? [{ resource: tagged, holder }] : []
  })
}

/** A rule's listener and a listener's load balancer are changed with it. */
function balancingResourcesIn(said: readonly Said[], place: Place): Named[] {
  const named = said.flatMap(({ key, text, holder }): Named[] => {
    if (key === TARGET_KEY && kindOf(text) === 'instance')
      return [{ resource: ec2Resource('instance', text, place), kind: 'instance', holder }]
    if (!BALANCING_KEYS.has(key)) return []
    return changedWith(key, text).flatMap((arn) => {
      const resource = balancingResource(arn)
      return resource ? [{ resource, holder }] : []
    })
  })
  if (named.length > 0) return named
  const classic = said.filter(({ key }) => CLASSIC_NAMES.has(key))
  return classic.map(({ text, holder }) => ({ resource: classicLoadBalancer(text, place), holder }))
}

function changedWith(key: string, arn: string): string[] {
  if (key === 'rulearn') return [arn, ...changedWith('listenerarn', listenerOf(arn))]
  return key === 'listenerarn' ? [arn, loadBalancerOf(arn)] : [arn]
}

function isBalancing({ eventSource }: CloudTrailRecord): boolean {
  return eventSource === 'elasticloadbalancing.amazonaws.com'
}
