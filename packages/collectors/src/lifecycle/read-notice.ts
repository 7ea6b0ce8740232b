import * as z from 'zod'
import type { PropertyValue } from '../collector.ts'
import { INSTANCE_NOTICES, SCALING_NOTICES } from './event-pattern.ts'
import { AccountId, type EventBridgeEvent } from './eventbridge-event.ts'
import { type Happening, readAs, type Subject } from './happening.ts'
import { NOBODY } from './read-actor.ts'
import { ec2Resource, kindInArn, kindOf, type Place, wholeAccount } from './resource-kinds.ts'

/** What a notice says besides which resource it is about; property to meaning. */
export const NOTICE_PROPERTIES = {
  event_source: 'Who told it: aws.ec2, aws.autoscaling or aws.health',
  state: 'State that the instance came to',
  instance_action: 'What becomes of an interrupted spot instance: hibernate, stop or terminate',
  auto_scaling_group: 'Auto Scaling group that launched or terminated the instance',
  cause: 'Why the Auto Scaling group did so',
  status_message: 'What Auto Scaling says of how it went',
  health_category: 'issue, scheduledChange, accountNotification or investigation',
  health_event_arn: 'ARN of the event at AWS Health',
  health_status: 'State of the event at AWS Health: open, upcoming or closed',
  start_time: 'When AWS begins what it announces',
  end_time: 'When AWS is done with it',
  resource_arns: 'What EventBridge says that the event is about, where no resource is known',
} as const satisfies Readonly<Record<string, string>>
type Properties = Readonly<Partial<Record<keyof typeof NOTICE_PROPERTIES, PropertyValue>>>

const AUTO_SCALING = 'autoscaling.amazonaws.com'
const INSTANCE_ACTIONS = new Map<string, string>(Object.entries(INSTANCE_NOTICES))
const SCALING_ACTIONS = new Map<string, string>(Object.entries(SCALING_NOTICES))

/** Those of spot instances' notices lack the account. */
const EC2_ARN = /^arn:[^:]*:ec2:(?:[^:/]*:)*([^:/]+)\/(.+)$/

const InstanceDetail = z.object({
  'instance-id': z.string().optional(),
  state: z.string().optional(),
  'instance-action': z.string().optional(),
})

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html */
const ScalingDetail = z.object({
  EC2InstanceId: z.string().optional(),
  AutoScalingGroupName: z.string().optional(),
  Cause: z.string().optional(),
  StatusMessage: z.string().optional(),
})

/** https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html */
const HealthDetail = z.object({
  eventTypeCode: z.string().min(1),
  eventTypeCategory: z.string().optional(),
  eventArn: z.string().optional(),
  /** The same for what is told twice. */
  communicationId: z.string().min(1).optional(),
  /** Where the organization's events are told to one account. */
  affectedAccount: AccountId.optional(),
  eventRegion: z.string().min(1).optional(),
  statusCode: z.string().optional(),
  startTime: z.string().optional(),
  endTime: z.string().optional(),
  lastUpdatedTime: z.string().optional(),
  affectedEntities: z
    .array(z.object({ entityValue: z.string(), tags: z.record(z.string(), z.string()).catch({}) }))
    .catch([]),
})

/** True for what EC2 itself or Auto Scaling says of an instance. */
export function isNotice(detailType: string): boolean {
  return INSTANCE_ACTIONS.has(detailType) || SCALING_ACTIONS.has(detailType)
}

/** @throws UnreadableEventError for what is not as its detail-type says */
export function readNotice(event: EventBridgeEvent): Happening {
  const type = event['detail-type']
  return INSTANCE_ACTIONS.has(type) ? readInstanceNotice(event) : readScalingNotice(event)
}

/** What nobody here knows: kept all the same, as something that happened to the account. */
export function readUnknown(event: EventBridgeEvent): Happening {
  return toHappening(event, { action: event['detail-type'] })
}

function readInstanceNotice(event: EventBridgeEvent): Happening {
  const detail = readAs(InstanceDetail, event.detail)
  const { state } = detail
  return toHappening(event, {
    action: INSTANCE_ACTIONS.get(event['detail-type']) || (state ?? event['detail-type']),
    subjects: subjectsOf([detail['instance-id'], ...event.resources], event),
    properties: { state, instance_action: detail['instance-action'] },
  })
}

function readScalingNotice(event: EventBridgeEvent): Happening {
  const detail = readAs(ScalingDetail, event.detail)
  return toHappening(event, {
    action: SCALING_ACTIONS.get(event['detail-type']) ?? event['detail-type'],
    actor: { actor_arn: '', actor_name: AUTO_SCALING },
    subjects: subjectsOf([detail.EC2InstanceId, ...event.resources], event),
    properties: {
      auto_scaling_group: detail.AutoScalingGroupName,
      cause: detail.Cause,
      status_message: detail.StatusMessage,
    },
  })
}

/**
 * What AWS Health says of instances, hosts and volumes. It may tell one thing twice, by way of a second region: the
 * communication's id and time are the same then.
 * @throws UnreadableEventError
 */
export function readHealth(event: EventBridgeEvent): Happening {
  const detail = readAs(HealthDetail, event.detail)
  const place = {
    account: detail.affectedAccount ?? event.account,
    region: detail.eventRegion ?? event.region,
  }
  const tagsOf = new Map(detail.affectedEntities.map(({ entityValue, tags }) => [entityValue, tags]))
  const subjects = [...tagsOf].flatMap(([id, tags]) =>
    subjectsOf([id], place).map((subject) => ({ ...subject, tags })),
  )
  return {
    ...toHappening(event, { action: detail.eventTypeCode, subjects }),
    ...place,
    id: detail.communicationId ?? event.id,
    time: toTime(detail.lastUpdatedTime) ?? event.time,
    ...(subjects.length === 0 && { subjects: [wholeAccount(place)] }),
    properties: {
      event_source: event.source,
      health_category: detail.eventTypeCategory,
      health_event_arn: detail.eventArn,
      health_status: detail.statusCode,
      start_time: toTime(detail.startTime) ?? detail.startTime,
      end_time: toTime(detail.endTime) ?? detail.endTime,
      ...(subjects.length === 0 && { resource_arns: event.resources }),
    },
  }
}

/** Health writes `Sat, 05 Jun 2016 15:10:09 GMT`. */
function toTime(text: string | undefined): string | undefined {
  const time = new Date(text ?? '')
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}

function toHappening(
  event: EventBridgeEvent,
  { subjects = [], properties, ...told }: Pick<Happening, 'action'> & Partial<Happening>,
): Happening {
  const { id, time, account, region, source, resources } = event
  const isKnown = subjects.length > 0
  const said: Properties = { event_source: source, ...(isKnown ? {} : { resource_arns: resources }) }
  return {
    id,
    time,
    account,
    region,
    actor: NOBODY,
    ...told,
    subjects: isKnown ? subjects : [wholeAccount(event)],
    properties: { ...said, ...properties },
  }
}

/** Those of the ids, or ARNs, that are of resources known here, each once. */
function subjectsOf(named: readonly (string | undefined)[], place: Place): Subject[] {
  const subjects = new Map<string, Subject>()
  for (const one of named) {
    const [, arnType, id = one ?? ''] = EC2_ARN.exec(one ?? '') ?? []
    const kind = arnType === undefined ? kindOf(id) : kindInArn(arnType, id)
    if (kind) subjects.set(id, ec2Resource(kind, id, place))
  }
  return [...subjects.values()]
}
