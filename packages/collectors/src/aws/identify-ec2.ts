import type { Tag } from '@aws-sdk/client-ec2'
import type { CollectContext, Observation } from '../collector.ts'
import { ACCOUNTLESS_ARN_TYPES } from '../lifecycle/resource-kinds.ts'
import { readTags } from './answer-lists.ts'

/**
 * Id, ARN, name and tags of a resource of EC2's (VPC and EBS included). `arnType` is what its ARNs call it: `natgateway`.
 * Without an id there is no ARN either, and the runner rejects the observation.
 */
export function identifyEc2(
  { partition, region, account }: Pick<CollectContext, 'partition' | 'region' | 'account'>,
  arnType: string,
  resource: { readonly id: string | undefined; readonly tags: readonly Tag[] | undefined },
): Pick<Observation, 'resource_id' | 'resource_arn' | 'resource_name' | 'tags'> {
  const { id } = resource
  const tags = readTags(resource.tags)
  const owner = ACCOUNTLESS_ARN_TYPES.has(arnType) ? '' : account
  return {
    resource_id: id,
    resource_arn: id ? `arn:${partition}:ec2:${region}:${owner}:${arnType}/${id}` : undefined,
    resource_name: tags.Name,
    tags,
  }
}
