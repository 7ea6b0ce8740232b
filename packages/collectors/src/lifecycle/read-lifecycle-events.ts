import { eventId, parseEvent, type ResourceEvent } from '@polo/core'
import * as z from 'zod'
import { describeError } from '../classify-failure.ts'
import { describeCall } from './describe-call.ts'
import { UnreadableEventError } from './errors.ts'
import { CLOUDTRAIL_CALL } from './event-pattern.ts'
import { ApiCall, EventBridgeEvent, InstanceNotice } from './eventbridge-event.ts'
import { type Actor, readActor } from './read-actor.ts'
import { ec2Resource, kindOf, type LifecycleResource, wholeAccount } from './resource-kinds.ts'
import { touchedResources } from './touched-resources.ts'

export const LIFECYCLE_COLLECTOR = 'lifecycle'
const INTERRUPTION_WARNING = 'spot_interruption_warning'

/** What all events of one happening have in common. */
interface Happening {
  readonly action: string
  readonly time: string
  /** CloudTrail's own id of a call, which a second trail or a redelivery repeats; else EventBridge's of the event. */
  readonly id: string
  readonly actor: Actor
  readonly resources: readonly LifecycleResource[]
  readonly properties: Readonly<Record<string, string>>
}

/**
 * One event for each resource that the body of a message, an event of EventBridge's, is about. One that names no
 * resource known here is an event of the account (`aws:account`): what happened is not lost.
 * @throws UnreadableEventError for what is no event of EventBridge's, or not what its detail-type says
 */
export function readLifecycleEvents(body: string, observedAt: Date): ResourceEvent[] {
  try {
    const event = EventBridgeEvent.parse(JSON.parse(body))
    const { resources, ...happening } = readHappening(event)
    const subjects = resources.length > 0 ? resources : [wholeAccount(event)]
    return subjects.map((resource) => toEvent(resource, happening, { event, observedAt }))
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : describeError(cause)
    throw new UnreadableEventError(`not an event that can be read: ${reason}`, { cause })
  }
}

function readHappening(event: EventBridgeEvent): Happening {
  if (event['detail-type'] === CLOUDTRAIL_CALL) return readCall(event)
  const notice = InstanceNotice.safeParse(event.detail).data
  const { id, time } = event
  const nobody = { id, time, actor: { actor_arn: '', actor_name: '' } }
  const instanceId = notice?.['instance-id'] ?? ''
  if (!notice || kindOf(instanceId) !== 'instance') {
    const properties = { event_source: event.source, resource_arns: event.resources.join(',') }
    return { ...nobody, action: event['detail-type'], resources: [], properties }
  }
  return {
    ...nobody,
    action: notice.state ?? INTERRUPTION_WARNING,
    resources: [ec2Resource('instance', instanceId, event)],
    properties: {
      event_source: event.source,
      state: notice.state ?? '',
      instance_action: notice['instance-action'] ?? '',
    },
  }
}

function readCall(event: EventBridgeEvent): Happening {
  const call = ApiCall.parse(event.detail)
  const resources = touchedResources(call, event)
  return {
    action: call.eventName,
    time: call.eventTime,
    id: call.eventID,
    actor: readActor(call.userIdentity),
    resources,
    properties: describeCall(call, resources),
  }
}

function toEvent(
  resource: LifecycleResource,
  happening: Omit<Happening, 'resources'>,
  { event, observedAt }: { readonly event: EventBridgeEvent; readonly observedAt: Date },
): ResourceEvent {
  const { resource_type, resource_id, resource_arn } = resource
  const identity = {
    collector: LIFECYCLE_COLLECTOR,
    aws_account_id: event.account,
    aws_region: event.region,
    resource_arn,
    resource_id,
    event_type: 'lifecycle',
    event_action: happening.action,
    event_time: new Date(happening.time).toISOString(),
  }
  return parseEvent({
    event_id: eventId({ ...identity, discriminator: happening.id }),
    ...identity,
    resource_type,
    ...happening.actor,
    properties: Object.fromEntries(Object.entries(happening.properties).filter(([, text]) => text !== '')),
    observed_at: observedAt.toISOString(),
  })
}
