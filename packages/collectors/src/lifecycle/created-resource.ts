import type { Tags } from '@polo/core'
import type { CloudTrailRecord } from './cloudtrail-record.ts'
import { EC2_KINDS, type KindName } from './resource-kinds.ts'
import { fieldOf, readTagList, requestedTags } from './told-tags.ts'
import type { TouchedResource } from './touched-resources.ts'

/** What each call makes, of what its answer names: a snapshot's answer names the volume, too. */
const CREATES = new Map<string, readonly (KindName | undefined)[]>([
  ['RunInstances', ['instance', 'networkInterface']],
  ['CreateVolume', ['volume']],
  ['CopyVolumes', ['volume']],
  ['CreateSnapshot', ['snapshot']],
  ['CreateSnapshots', ['snapshot']],
  ['CopySnapshot', ['snapshot']],
  ['CreateNatGateway', ['natGateway']],
  ['AllocateAddress', ['address']],
  ['AcceptAddressTransfer', ['address']],
  ['CreateNetworkInterface', ['networkInterface']],
  ['CreateSecurityGroup', ['securityGroup']],
  ['CreateLoadBalancer', [undefined]],
  ['CreateTargetGroup', [undefined]],
  ['CreateListener', [undefined]],
  ['CreateRule', [undefined]],
])

/** Tags of a resource as a call tells them. */
export interface ToldTags {
  readonly tags: Tags
  /** They are all that it has: it was just made. */
  readonly areAll: boolean
}

/** The tags that a call tells of a resource that it acted on; of most calls none, and of none that failed. */
export function tagsTold(record: CloudTrailRecord, resource: TouchedResource): ToldTags {
  const { eventName, requestParameters: request, errorCode } = record
  if (errorCode !== undefined) return { tags: {}, areAll: false }
  if (eventName === 'CreateTags') return { tags: readTagList(fieldOf(request, 'tagSet')), areAll: false }
  if (eventName === 'AddTags') return { tags: readTagList(fieldOf(request, 'tags')), areAll: false }
  const { kind, created } = resource
  const isNew = created !== undefined || isNamedByRequest(resource)
  if (!isNew || !CREATES.get(eventName)?.includes(kind)) return { tags: {}, areAll: false }
  const requested = kind
    ? requestedTags(request).get(EC2_KINDS[kind].arnType)
    : readTagList(fieldOf(request, 'tags'))
  const tags = { ...requested, ...readTagList(fieldOf(created, 'tagSet')) }
  // Without an owner's tag it has its instance's owner, and a launch template's tags of it nobody tells.
  const isOfInstance = kind === 'networkInterface' && eventName === 'RunInstances'
  return { tags, areAll: !isOfInstance }
}

/** The answer has no id of a Classic Load Balancer: it has none but the name that the request gives it. */
function isNamedByRequest({ resource_type }: TouchedResource): boolean {
  return resource_type === 'elb:load_balancer'
}
