import { EVENT_TYPES, IsoTime, isStringMap, ResourceEvent } from './event.ts'
import { countFields } from './native/count-fields.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const TYPES: ReadonlySet<unknown> = new Set(EVENT_TYPES)
const COLUMNS = Object.keys(ResourceEvent.shape).length

/**
 * `ResourceEvent.parse` for millions of events: one that is whole, with no default to fill in, is given back as it is
 * after a hundredth of the work. Everything else is the schema's to judge.
 * @throws ZodError
 */
export function parseEvent(input: unknown): ResourceEvent {
  return isWholeEvent(input) ? input : ResourceEvent.parse(input)
}

/** Never true where the schema would refuse or change the input; it may be false where the schema agrees. */
export function isWholeEvent(input: unknown): input is ResourceEvent {
  if (!isPlain(input) || countFields(input) !== COLUMNS) return false
  return (
    typeof input.event_id === 'string' &&
    UUID.test(input.event_id) &&
    isEventTime(input.event_time) &&
    isFilled(input.collector) &&
    isFilled(input.aws_account_id) &&
    typeof input.aws_region === 'string' &&
    typeof input.resource_arn === 'string' &&
    isFilled(input.resource_type) &&
    isFilled(input.resource_id) &&
    typeof input.resource_name === 'string' &&
    isEventType(input.event_type) &&
    isFilled(input.event_action) &&
    typeof input.actor_arn === 'string' &&
    typeof input.actor_name === 'string' &&
    typeof input.marqo_customer === 'string' &&
    typeof input.marqo_cluster === 'string' &&
    typeof input.marqo_index === 'string' &&
    typeof input.marqo_env === 'string' &&
    typeof input.marqo_purpose === 'string' &&
    typeof input.account_role === 'string' &&
    Number.isFinite(input.value) &&
    typeof input.unit === 'string' &&
    isStringMap(input.properties) &&
    isObservedAt(input.observed_at)
  )
}

const isEventTime = rememberLast((input) => IsoTime.safeParse(input).success)
const isObservedAt = rememberLast((input) => IsoTime.safeParse(input).success)

/** Most events have the time of the one before. */
function rememberLast(isValid: (input: unknown) => boolean): (input: unknown) => boolean {
  let last: unknown
  return (input) => {
    if (typeof input !== 'string') return false
    if (input === last) return true
    if (!isValid(input)) return false
    last = input
    return true
  }
}

function isFilled(input: unknown): boolean {
  return typeof input === 'string' && input !== ''
}

function isEventType(input: unknown): boolean {
  return TYPES.has(input)
}

function isPlain(input: unknown): input is Readonly<Partial<Record<keyof ResourceEvent, unknown>>> {
  return typeof input === 'object' && input !== null && Object.getPrototypeOf(input) === Object.prototype
}
