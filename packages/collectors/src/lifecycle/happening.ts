import * as z from 'zod'
import { describeError } from '../classify-failure.ts'
import type { Observation, PropertyValue } from '../collector.ts'
import type { ToldTags } from './created-resource.ts'
import { UnreadableEventError } from './errors.ts'
import type { Actor } from './read-actor.ts'
import type { LifecycleResource } from './resource-kinds.ts'

/** A resource that something happened to, with its tags where they were told. */
export interface Subject extends LifecycleResource, Partial<ToldTags> {}

/** One thing that happened, from whatever it was read. */
export interface Happening {
  readonly account: string
  readonly region: string
  readonly action: string
  readonly time: string
  /**
   * CloudTrail's own id of a call, which a second trail, a redelivery and a file repeat; else EventBridge's of the
   * event, or the communication's of AWS Health.
   */
  readonly id: string
  readonly actor: Actor
  readonly subjects: readonly Subject[]
  readonly properties: Readonly<Record<string, PropertyValue>>
}

/** What every observation of a happening says, but of which resource. */
export function observationsOf({ action, time, id, actor, ...happening }: Happening): Observation[] {
  return happening.subjects.map(({ areAll: _, tags = {}, ...resource }) => ({
    ...resource,
    ...actor,
    resource_name: tags.Name,
    event_type: 'lifecycle',
    event_action: action,
    event_time: new Date(time),
    discriminator: id,
    tags,
    properties: happening.properties,
  }))
}

/**
 * What the schema makes of a value.
 * @throws UnreadableEventError which names what is wrong with it
 */
export function readAs<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw unreadable(result.error)
}

export function unreadable(cause: unknown): UnreadableEventError {
  const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : describeError(cause)
  return new UnreadableEventError(`not an event that can be read: ${reason}`, { cause })
}
