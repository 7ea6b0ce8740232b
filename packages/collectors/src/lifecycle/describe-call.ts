import * as z from 'zod'
import type { ApiCall } from './eventbridge-event.ts'
import type { LifecycleResource } from './resource-kinds.ts'
import { strings, unknownIds } from './touched-resources.ts'

/** What else a call says of what it was about, where it names no resource; property by key in lower case. */
const NAMED_BY = new Map([
  ['attachmentid', 'attachment_id'],
  ['associationid', 'association_id'],
  ['publicip', 'public_ip_address'],
  ['groupname', 'security_group_name'],
])
const MAX_USER_AGENT = 200

const TagSet = z.object({
  tagSet: z.object({ items: z.array(z.object({ key: z.string(), value: z.string().optional() })) }),
})

/** Properties of a call's events. A call that failed has `error_code`. */
export function describeCall(call: ApiCall, resources: readonly LifecycleResource[]): Record<string, string> {
  const ids = resources.map(({ resource_id }) => resource_id)
  return {
    event_source: call.eventSource,
    cloudtrail_event_id: call.eventID,
    request_id: call.requestID ?? '',
    source_ip_address: call.sourceIPAddress ?? '',
    user_agent: call.userAgent?.slice(0, MAX_USER_AGENT) ?? '',
    invoked_by: call.userIdentity.invokedBy ?? '',
    outcome: call.errorCode === undefined ? 'succeeded' : 'failed',
    error_code: call.errorCode ?? '',
    resource_ids: ids.length > 1 ? ids.join(',') : '',
    unknown_resource_ids: unknownIds(call).join(','),
    ...namesIn(call),
    ...tagsIn(call),
  }
}

function namesIn({ requestParameters }: ApiCall): Record<string, string> {
  const named = strings(requestParameters).flatMap(({ key, text }) => {
    const property = NAMED_BY.get(key)
    return property ? [[property, text] as const] : []
  })
  return Object.fromEntries(named)
}

function tagsIn({ eventName, requestParameters }: ApiCall): Record<string, string> {
  const items = TagSet.safeParse(requestParameters).data?.tagSet.items ?? []
  if (eventName === 'DeleteTags') return { deleted_tag_keys: items.map(({ key }) => key).join(',') }
  if (eventName !== 'CreateTags') return {}
  return Object.fromEntries(items.map(({ key, value = '' }) => [`tag:${key}`, value]))
}
