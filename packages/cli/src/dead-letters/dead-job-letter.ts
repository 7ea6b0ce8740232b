import { DeadJob } from '@polo/collectors'
import { Schedule, slotAt } from '@polo/core'
import { z } from 'zod'
import type { PeekedMessage } from './peek-messages.ts'

/** What a message in the dead-letter queue of jobs is about. */
export interface DeadJobLetter {
  readonly message_id: string
  /**
   * `job`: a collector in one account. `firing`: a collector in all of them, because the dispatcher was not reached or
   * gave up. `function`: what Polo runs for its own upkeep, such as the monitor. `unknown`: anything else.
   */
  readonly kind: 'job' | 'firing' | 'function' | 'unknown'
  /** '' where it is not about one. */
  readonly collector: string
  readonly aws_account_id: string
  /** The name of the function that was called; '' where the message does not say. */
  readonly function: string
  /** The time that it was for; '' where the message does not say. */
  readonly slot: string
  readonly error: string
  readonly given_up_at: string
}

const Json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue('not JSON')
    return z.NEVER
  }
})
const Letter = Json.pipe(DeadJob)
/** A JobMessage, or a DispatchRequest, which has no account. */
const Work = z.looseObject({
  collector: z.string().min(1),
  account: z.looseObject({ id: z.string() }).optional().catch(undefined),
  slot: z.string().catch(''),
  scheduledTime: z.string().catch(''),
  schedule: Schedule.optional().catch(undefined),
})
/** EventBridge Scheduler's own event, for a target that was given none. */
const ScheduledEvent = z.looseObject({ time: z.string() })

/** Reads what Lambda's on-failure destination wrote, or EventBridge Scheduler for a call that never reached Lambda. */
export function readDeadJobLetter({ id, body, attributes, sentAt }: PeekedMessage): DeadJobLetter {
  const { data: letter } = Letter.safeParse(body)
  if (!letter) return readUndelivered({ id, body, attributes, sentAt })
  const { timestamp, requestContext, requestPayload, responsePayload } = letter
  return {
    message_id: id,
    ...describePayload(requestPayload, { called: nameOfFunction(requestContext.functionArn) }),
    error: responsePayload?.errorMessage || requestContext.condition,
    given_up_at: timestamp,
  }
}

/**
 * The body is the target's input, and the attributes say why it was not taken
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html).
 */
function readUndelivered(
  message: Pick<PeekedMessage, 'id' | 'body' | 'attributes' | 'sentAt'>,
): DeadJobLetter {
  const { id, body, attributes, sentAt } = message
  const { ERROR_CODE, ERROR_MESSAGE, SCHEDULED_TIME, TARGET_ARN = '', SCHEDULE_ARN = '' } = attributes
  const called = nameOfFunction(TARGET_ARN) || (SCHEDULE_ARN.split('/').at(-1) ?? '')
  const about = describePayload(Json.safeParse(body).data, { called, scheduledTime: SCHEDULED_TIME })
  const reason = [ERROR_CODE, ERROR_MESSAGE].filter(Boolean).join(': ')
  const silent = about.kind === 'unknown' ? 'not a job that was given up' : 'the message does not say why'
  return { message_id: id, ...about, error: reason || silent, given_up_at: sentAt.toISOString() }
}

type About = Pick<DeadJobLetter, 'kind' | 'collector' | 'aws_account_id' | 'function' | 'slot'>

function describePayload(
  payload: unknown,
  { called, scheduledTime = '' }: { readonly called: string; readonly scheduledTime?: string | undefined },
): About {
  const { data: work } = Work.safeParse(payload)
  if (!work) {
    const { data: event } = ScheduledEvent.safeParse(payload)
    const kind = called === '' ? 'unknown' : 'function'
    const slot = toIso(event?.time ?? scheduledTime)
    return { kind, collector: '', aws_account_id: '', function: called, slot }
  }
  const { collector, account, schedule } = work
  if (account) {
    return { kind: 'job', collector, aws_account_id: account.id, function: called, slot: toIso(work.slot) }
  }
  const time = toIso(work.scheduledTime) || toIso(scheduledTime)
  const slot = time && schedule ? slotAt(schedule, new Date(time)).toISOString() : time
  return { kind: 'firing', collector, aws_account_id: '', function: called, slot }
}

function toIso(time: string): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

/** `arn:aws:lambda:<region>:<account>:function:<name>`, with or without a version. */
function nameOfFunction(arn: string): string {
  const [, , service, , , , name = ''] = arn.split(':')
  return service === 'lambda' ? name : ''
}
