import * as z from 'zod'
import { IsoTime, StringMap } from './event.ts'

/**
 * One look's sight of a directed edge between two resources, and one row of `resource_relationships`. `aws_account_id` and
 * `aws_region` say from where it was seen; whose the ends are, their ARNs say, which are '' where nothing tells.
 * Rows of the same edge become one: the earliest `first_seen`, the latest `last_seen`, the properties and known ARNs of the
 * newest `observed_at`, in whatever order and however often they arrive.
 */
export const ResourceRelationship = z.strictObject({
  collector: z.string().min(1),
  aws_account_id: z.string().min(1),
  aws_region: z.string().min(1),
  from_type: z.string().min(1),
  from_id: z.string().min(1),
  from_arn: z.string().default(''),
  relation: z.string().min(1),
  to_type: z.string().min(1),
  to_id: z.string().min(1),
  to_arn: z.string().default(''),
  properties: StringMap.default({}),
  /** Slots. */
  first_seen: IsoTime,
  last_seen: IsoTime,
  observed_at: IsoTime,
})
export type ResourceRelationship = z.infer<typeof ResourceRelationship>
