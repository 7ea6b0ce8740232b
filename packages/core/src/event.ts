import * as z from 'zod'

const NIL_UUID = '00000000-0000-0000-0000-000000000000'

/** ISO 8601 in UTC with milliseconds, the one form in which Polo writes a time. */
export const IsoTime = z.iso.datetime({ precision: 3 })

/**
 * A Map(String, String) column. Not `z.record`, which drops the key `__proto__` without a word:
 * a tag may be called that.
 */
export const StringMap = z.custom<Record<string, string>>(
  isStringMap,
  'expected an object whose values are strings',
)

export function isStringMap(input: unknown): input is Record<string, string> {
  if (!isPlainObject(input)) return false
  for (const key in input) if (typeof input[key] !== 'string') return false
  return true
}

/** Not a Map, a Date or the like: JSON would make `{}` or something else of them. */
function isPlainObject(input: unknown): input is Readonly<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null) return false
  const prototype: unknown = Object.getPrototypeOf(input)
  return prototype === Object.prototype || prototype === null
}

/** What kind of observation an event is. */
export const EVENT_TYPES = ['lifecycle', 'cost', 'metric', 'config', 'tag_change'] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** The owner fields that tags are resolved to, in the order of the columns. */
export const TAG_FIELDS = [
  'marqo_customer',
  'marqo_cluster',
  'marqo_index',
  'marqo_env',
  'marqo_purpose',
] as const
export type TagField = (typeof TAG_FIELDS)[number]

/**
 * One observation, and one row of `resource_events`: names and order are the product's contract.
 * `event_time` is the slot (config, tag_change), the datapoint's time (metric), the start of the usage
 * period (cost) or the event's own time (lifecycle). `observed_at` is when the attempt that saw it started:
 * a newer observation of the same `event_id` replaces an older one, in whatever order they arrive.
 */
export const ResourceEvent = z.strictObject({
  event_id: z.uuid().refine((id) => id !== NIL_UUID, 'the nil UUID identifies nothing'),
  event_time: IsoTime,
  collector: z.string().min(1),
  aws_account_id: z.string().min(1),
  aws_region: z.string(),
  resource_arn: z.string(),
  resource_type: z.string().min(1),
  resource_id: z.string().min(1),
  resource_name: z.string().default(''),
  event_type: z.enum(EVENT_TYPES),
  event_action: z.string().min(1),
  actor_arn: z.string().default(''),
  actor_name: z.string().default(''),
  marqo_customer: z.string().default(''),
  marqo_cluster: z.string().default(''),
  marqo_index: z.string().default(''),
  marqo_env: z.string().default(''),
  marqo_purpose: z.string().default(''),
  account_role: z.string().default(''),
  value: z.number().default(0),
  unit: z.string().default(''),
  properties: StringMap.default({}),
  observed_at: IsoTime,
})
export type ResourceEvent = z.infer<typeof ResourceEvent>
