import {
  eventId,
  type PoloConfig,
  parseEvent,
  placeOfAccount,
  type ResolvedTags,
  type ResourceEvent,
  resolveTags,
  TAG_FIELDS,
  type TaggedParent,
} from '@polo/core'
import type { Collector, Observation } from '../collector.ts'
import { toText } from '../property-text.ts'
import type { JobAccount } from './run-collector.ts'

const NONE: readonly never[] = []

/** What every event of one region's job has in common. */
export interface EventContext {
  readonly collector: Pick<Collector, 'name' | 'resourceTypes'>
  readonly account: JobAccount
  readonly region: string
  readonly slot: Date
  readonly observedAt: Date
  readonly config: PoloConfig
}

/** The context's times as events have them. */
interface Times {
  readonly slot: string
  readonly observedAt: string
}

/**
 * Turns observations of one region's job into events, remembering the tags of parents for those that come after.
 * The returned function throws ZodError where the observation lacks what every event has.
 */
export function createEventMaker(context: EventContext): (observation: Observation) => ResourceEvent {
  const family = createFamily()
  const times = { slot: context.slot.toISOString(), observedAt: context.observedAt.toISOString() }
  const timed = { ...context, times }
  return (observation) => {
    const { tags = {} } = observation
    const ownParents = family.find(observation.parents)
    const account = accountOf(observation, context)
    const resolved = resolveTags(context.config.tags, {
      own: observation.owner_tags ?? tags,
      parents: ownParents,
      accountDefaults: account.tagDefaults,
    })
    const event = toEvent(observation, resolved, { ...timed, account })
    if (context.collector.resourceTypes[observation.resource_type]?.isParent) {
      const { resource_id: id, resource_arn } = event
      family.add({ id, arn: resource_arn || id, tags, parents: ownParents })
    }
    return event
  }
}

/** Another than the job's where the answer is for the organization; the job knows only what is said of its own. */
function accountOf({ aws_account_id: id }: Observation, { account, config }: EventContext): JobAccount {
  return id === undefined || id === account.id ? account : { id, ...placeOfAccount(config, id) }
}

interface Relative extends TaggedParent {
  readonly id: string
}

/** Parents by id and by ARN; they are put in order only when one is looked for, which in many jobs never happens. */
function createFamily() {
  const known = new Map<string, TaggedParent>()
  let unordered: Relative[] = []
  return {
    add(parent: Relative): void {
      unordered.push(parent)
    },
    find(parents: Observation['parents'] = NONE): readonly TaggedParent[] {
      if (parents.length === 0) return NONE
      for (const parent of unordered) known.set(parent.id, parent).set(parent.arn, parent)
      unordered = []
      return parents.flatMap(
        (parent) => (typeof parent === 'object' ? parent : known.get(parent ?? '')) ?? [],
      )
    },
  }
}

function toEvent(
  observation: Observation,
  tags: ResolvedTags,
  { collector, account, region, times }: EventContext & { readonly times: Times },
): ResourceEvent {
  const {
    resource_arn = '',
    resource_id = '',
    event_type = 'config',
    event_action = 'observed',
  } = observation
  const { resource_name = '', actor_arn = '', actor_name = '', value = 0, unit = '' } = observation
  const { marqo_customer, marqo_cluster, marqo_index, marqo_env, marqo_purpose } = tags.fields
  const identity = {
    collector: collector.name,
    aws_account_id: account.id,
    aws_region: observation.aws_region ?? region,
    resource_arn,
    resource_id,
    event_type,
    event_action,
    event_time: observation.event_time?.toISOString() ?? times.slot,
    discriminator: observation.discriminator,
  }
  return parseEvent({
    event_id: eventId(identity),
    event_time: identity.event_time,
    collector: identity.collector,
    aws_account_id: identity.aws_account_id,
    aws_region: identity.aws_region,
    resource_arn,
    resource_type: observation.resource_type,
    resource_id,
    resource_name,
    event_type,
    event_action,
    actor_arn,
    actor_name,
    marqo_customer,
    marqo_cluster,
    marqo_index,
    marqo_env,
    marqo_purpose,
    account_role: account.role,
    value,
    unit,
    properties: toProperties(observation, tags),
    observed_at: times.observedAt,
  })
}

function toProperties({ properties = {}, tags = {} }: Observation, { inheritedFrom }: ResolvedTags) {
  const result: Record<string, string> = {}
  for (const name in properties) {
    const text = toText(properties[name])
    if (text !== '') define(result, name, text)
  }
  for (const key in tags) result[tagProperty(key)] = tags[key] ?? ''
  for (const field of TAG_FIELDS) {
    const origin = inheritedFrom[field]
    if (origin !== undefined) result[`inherited_from:${field}`] = origin
  }
  return result
}

const TAG_PROPERTIES = new Map<string, string>()
/** Tag keys may be made up for each resource. */
const MAX_TAG_PROPERTIES = 10_000

/** The same string each time: a new one would have to be made unique before it names a property. */
function tagProperty(key: string): string {
  const known = TAG_PROPERTIES.get(key)
  if (known !== undefined) return known
  if (TAG_PROPERTIES.size >= MAX_TAG_PROPERTIES) TAG_PROPERTIES.clear()
  const property = `tag:${key}`
  TAG_PROPERTIES.set(key, property)
  return property
}

/** An assignment to the name `__proto__` would set none. */
function define(properties: Record<string, string>, name: string, value: string): void {
  if (name !== '__proto__') properties[name] = value
  else
    Object.defineProperty(properties, name, { value, enumerable: true, configurable: true, writable: true })
}
