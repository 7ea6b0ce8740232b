import type { CollectContext, Observation, PropertyValue, ResourceType } from '../../collector.ts'
import { identifyArn } from '../identify-arn.ts'
import type { TagChange } from './compare-tags.ts'

/** Under the types that inventories give, and for others under their ARN's service and kind. */
export const TAGGED_RESOURCE: ResourceType = {
  description:
    'Resource whose tags are not what they were when they were seen last: its tags as they are now, and in `old_tag:<key>` what those that changed or are gone were. Resources that never had a tag cannot be seen here, nor those of services that AWS does not let be tagged this way',
  properties: {
    added_keys: 'Keys of tags that it did not have',
    changed_keys: 'Keys of tags whose values changed',
    removed_keys: 'Keys of tags that it has no more',
    last_seen: 'Slot in which its old tags were seen last; left out where nothing was known of it',
  },
}

export function observeChange(context: CollectContext, { arn, before, tags }: TagChange): Observation {
  const old = before?.tags ?? {}
  const keys = Object.keys(tags)
  const has = (key: string) => Object.hasOwn(old, key)
  const changed = keys.filter((key) => has(key) && old[key] !== tags[key])
  const removed = Object.keys(old).filter((key) => !Object.hasOwn(tags, key))
  return {
    ...identifyArn(arn, context),
    resource_name: tags.Name,
    event_type: 'tag_change',
    // One word for all: a retry that sees more would else leave two events of one change.
    event_action: 'changed',
    tags,
    properties: {
      added_keys: keys.filter((key) => !has(key)),
      changed_keys: changed,
      removed_keys: removed,
      last_seen: before?.lastSeen,
      ...Object.fromEntries(
        [...changed, ...removed].map((key): [string, PropertyValue] => [`old_tag:${key}`, old[key]]),
      ),
    },
  }
}
