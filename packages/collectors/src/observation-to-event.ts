import {
  eventId,
  type ResolvedTags,
  ResourceEvent,
  resolveTags,
  type TagCascade,
  type TaggedParent,
  type Tags,
} from '@polo/core'
import type { Collector, Observation, PropertyValue } from './collector.ts'
import type { JobAccount } from './run-collector.ts'

/** What every event of one region's job has in common. */
export interface EventContext {
  readonly collector: Collector
  readonly account: JobAccount
  readonly region: string
  readonly slot: Date
  readonly observedAt: Date
  readonly tagCascade: TagCascade
}

/**
 * Turns observations of one region's job into events, remembering the tags of parents for those that come after.
 * The returned function throws ZodError where the observation lacks what every event has.
 */
export function createEventMaker(context: EventContext): (observation: Observation) => ResourceEvent {
  const parents = new Map<string, TaggedParent>()
  return (observation) => {
    const tags = observation.tags ?? {}
    const ownParents = (observation.parents ?? []).flatMap((id) => parents.get(id ?? '') ?? [])
    const resolved = resolveTags(context.tagCascade, {
      own: tags,
      parents: ownParents,
      accountDefaults: context.account.tagDefaults,
    })
    const event = toEvent(observation, resolved, context)
    if (context.collector.resourceTypes[observation.resource_type]?.isParent) {
      const parent = { arn: event.resource_arn || event.resource_id, tags, parents: ownParents }
      for (const key of [event.resource_id, event.resource_arn]) if (key) parents.set(key, parent)
    }
    return event
  }
}

function toEvent(observation: Observation, tags: ResolvedTags, context: EventContext): ResourceEvent {
  const identity = {
    collector: context.collector.name,
    aws_account_id: context.account.id,
    aws_region: context.region,
    resource_arn: observation.resource_arn ?? '',
    resource_id: observation.resource_id ?? '',
    event_type: observation.event_type ?? 'config',
    event_action: observation.event_action ?? 'observed',
    event_time: (observation.event_time ?? context.slot).toISOString(),
  }
  return ResourceEvent.parse({
    event_id: eventId({ ...identity, discriminator: observation.discriminator }),
    event_time: identity.event_time,
    collector: identity.collector,
    aws_account_id: identity.aws_account_id,
    aws_region: identity.aws_region,
    resource_arn: identity.resource_arn,
    resource_type: observation.resource_type,
    resource_id: identity.resource_id,
    resource_name: observation.resource_name,
    event_type: identity.event_type,
    event_action: identity.event_action,
    actor_arn: observation.actor_arn,
    actor_name: observation.actor_name,
    ...tags.fields,
    account_role: context.account.role,
    value: observation.value,
    unit: observation.unit,
    properties: {
      ...toProperties(observation.properties ?? {}),
      ...tagProperties(observation.tags ?? {}, tags),
    },
    observed_at: context.observedAt.toISOString(),
  })
}

function tagProperties(own: Tags, { inheritedFrom }: ResolvedTags): Record<string, string> {
  return Object.fromEntries([
    ...Object.entries(own).map(([key, value]) => [`tag:${key}`, value]),
    ...Object.entries(inheritedFrom).map(([field, origin]) => [`inherited_from:${field}`, origin]),
  ])
}

function toProperties(values: Readonly<Record<string, PropertyValue>>): Record<string, string> {
  const entries = Object.entries(values).map(([name, value]): [string, string] => [name, toText(value)])
  return Object.fromEntries(entries.filter(([, text]) => text !== ''))
}

function toText(value: PropertyValue): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'object') return value.some(Boolean) ? value.join(',') : ''
  return String(value)
}
