import { type Instance, paginateDescribeInstances, type Reservation } from '@aws-sdk/client-ec2'
import type { Observation } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'
import { itemsOf, readTags } from '../answer-lists.ts'
import { transitionTime } from '../ec2-instance.ts'
import { identifyEc2 } from '../identify-ec2.ts'
import type { Context } from './clients.ts'
import type { EndedInstance } from './memory.ts'

/** What every metric of an instance says of it. */
export type MetricSubject = Pick<Observation, 'resource_id' | 'resource_arn' | 'resource_name' | 'owner_tags'>

export interface Instances {
  /** Those that may have datapoints at `since` or later. */
  readonly subjects: ReadonlyMap<string, MetricSubject>
  readonly platforms: ReadonlySet<EndedInstance['platform']>
  /** Those of the subjects that have ended. */
  readonly ended: readonly EndedInstance[]
  /** Those that EC2 still shows and that ended before `since`. */
  readonly over: ReadonlySet<string>
  /** Every reservation had its list; those that had none were said to be missing. */
  readonly isWhole: boolean
}

const ENDED: ReadonlySet<string | undefined> = new Set(['stopped', 'terminated'])

/**
 * The region's instances, without those that are known to have ended before `since`.
 */
export async function readInstances(context: Context, since: Date): Promise<Instances> {
  const subjects = new Map<string, MetricSubject>()
  const platforms = new Set<EndedInstance['platform']>()
  const ended: EndedInstance[] = []
  const over = new Set<string>()
  let isWhole = true
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  for await (const page of paginateDescribeInstances(paging, {}, { abortSignal: context.signal })) {
    for (const { ReservationId, Instances } of reservationsOf(page.Reservations)) {
      if (Instances) continue
      isWhole = false
      context.incomplete(
        `instances of ${ReservationId}`,
        new UnexpectedAnswerError("it has no list 'Instances'"),
      )
    }
    for (const instance of reservationsOf(page.Reservations).flatMap(({ Instances }) => itemsOf(Instances))) {
      const { InstanceId: id, Tags } = instance
      if (!id) continue
      const end = endOf(instance, context.slot)
      if (end && end < since) {
        over.add(id)
        continue
      }
      const platform = instance.Platform?.toLowerCase() === 'windows' ? 'windows' : 'linux'
      subjects.set(id, identify(context, id, Tags))
      platforms.add(platform)
      if (end) ended.push({ id, tags: readTags(Tags), platform, at: end.toISOString() })
    }
  }
  return { subjects, platforms, ended, over, isWhole }
}

/** `tags` of an instance that EC2 no longer shows are not known. */
export function identify(context: Context, id: string, tags: Instance['Tags']): MetricSubject {
  const { tags: owner_tags, ...identity } = identifyEc2(context, 'instance', { id, tags })
  return { ...identity, owner_tags }
}

function reservationsOf(reservations: readonly Reservation[] | undefined): Reservation[] {
  if (!reservations) throw new UnexpectedAnswerError("the answer has no list 'Reservations'")
  return itemsOf(reservations)
}

/**
 * Undefined of one that may still publish. AWS does not always say when: a terminated one is shown for an hour, and whether a
 * stopped one published lately CloudWatch knows.
 */
function endOf({ State, StateTransitionReason }: Instance, slot: Date): Date | undefined {
  if (!ENDED.has(State?.Name)) return undefined
  const saidAt = Date.parse(transitionTime(StateTransitionReason) ?? '')
  if (!Number.isNaN(saidAt)) return new Date(saidAt)
  return State?.Name === 'terminated' ? slot : undefined
}
