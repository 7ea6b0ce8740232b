import { type Arn, homeRegionOf, parseArn } from '@polo/core'
import type { CollectContext, Observation } from '../collector.ts'
import { balancingResource, ec2Resource, kindInArn, type Place } from '../lifecycle/resource-kinds.ts'

type Identity = Pick<Observation, 'resource_type' | 'resource_id' | 'resource_arn' | 'aws_region'>

/** Kinds that are called otherwise than in their ARNs. */
const NAMED_KINDS: Readonly<
  Record<string, { type: string; idOf: (resourceId: string) => string } | undefined>
> = {
  'autoscaling:autoScalingGroup': { type: 'autoscaling:group', idOf: (id) => id.replace(/^.*\//s, '') },
  'sagemaker:notebook-instance': { type: 'sagemaker:notebook', idOf: (id) => id },
}
/** What they are called whose ARNs do not say it. */
const UNNAMED_KINDS: Readonly<Record<string, string>> = {
  codecommit: 'repository',
  s3: 'bucket',
  sns: 'topic',
  sqs: 'queue',
}

/**
 * What a resource is by its ARN: as the inventory identifies it, else its ARN's service and kind (`lambda:function`).
 * The region is the ARN's own; what has none is of the whole account and has one place, wherever it was seen, except
 * buckets, which are seen where they are.
 * @throws InvalidArnError
 */
export function identifyArn(text: string, context: Pick<CollectContext, 'account' | 'region'>): Identity {
  const arn = parseArn(text)
  const region = arn.region || (isBucket(arn) ? context.region : homeRegionOf(arn.partition))
  const place = { account: arn.accountId || context.account, region }
  return { ...(identifyKnown(arn, text, place) ?? identifyOther(arn, text)), aws_region: region }
}

function identifyKnown(arn: Arn, text: string, place: Place): Identity | undefined {
  const { service, resourceType, resourceId } = arn
  const kind = service === 'ec2' ? kindInArn(resourceType, resourceId) : undefined
  if (kind) return ec2Resource(kind, resourceId, place)
  const ofBalancing = balancingResource(text)
  if (ofBalancing) return ofBalancing
  const named = NAMED_KINDS[`${service}:${resourceType}`]
  return named && { resource_type: named.type, resource_id: named.idOf(resourceId), resource_arn: text }
}

function identifyOther(arn: Arn, text: string): Identity {
  const [kind, id] = kindAndId(arn)
  return { resource_type: `${arn.service}:${snakeCase(kind)}`, resource_id: id, resource_arn: text }
}

function kindAndId(arn: Arn): readonly [kind: string, id: string] {
  const { service, resourceType, resourceId } = arn
  if (resourceType) return [resourceType, resourceId]
  const unnamed = service === 's3' && !isBucket(arn) ? undefined : UNNAMED_KINDS[service]
  if (unnamed) return [unnamed, resourceId]
  const [, kind = 'resource', id = resourceId] = /^\/?([^/]+)\/(.+)$/.exec(resourceId) ?? []
  return [kind, id]
}

/** The only thing of S3's whose ARN has no account. */
function isBucket({ service, accountId }: Arn): boolean {
  return service === 's3' && accountId === ''
}

function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}
