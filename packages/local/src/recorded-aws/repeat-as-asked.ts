import { z } from 'zod'

/** The question, for what an answer takes from it. */
export interface Asked {
  readonly input: unknown
  readonly now: Date
  /** Of the step that is being written. */
  readonly time?: Date
}

const Repeating = z.strictObject({
  __class__: z.literal('repeating'),
  /** Where the question has its first time, and the one that it ends before: 'TimePeriod.Start'. */
  from: z.string(),
  to: z.string(),
  /** From one item to the next. */
  minutes: z.int().positive(),
  /** Nothing is older; left out: it goes back for ever. */
  kept_days: z.int().positive().optional(),
  of: z.array(z.unknown()).min(1),
})
const ThisDate = z.strictObject({ __class__: z.literal('this_date'), days: z.int().default(0) })

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * A recorded answer for the times that are asked for: what was recorded of a stretch of time stands for any other, so that a
 * recording does not grow old. In it, `{"__class__": "repeating", "from": "StartTime", "to": "EndTime", "minutes": 5, "of": […]}`
 * becomes a list with an item for each of those minutes that the question's times have between them, always the same item for
 * the same time; in an item, `{"__class__": "this_time"}` is its time, and `{"__class__": "this_date", "days": 1}` the day after
 * its date.
 * @throws TypeError, ZodError for what is written otherwise
 */
export function repeatAsAsked(data: object, asked: Asked): object {
  return Object.fromEntries(Object.entries(data).map(([key, member]) => [key, write(member, asked)]))
}

function write(value: unknown, asked: Asked): unknown {
  if (Array.isArray(value)) return value.map((item) => write(item, asked))
  if (typeof value !== 'object' || value === null) return value
  switch ('__class__' in value ? value.__class__ : undefined) {
    case 'repeating':
      return repeat(Repeating.parse(value), asked)
    case 'this_time':
      return toDatetime(timeOf(asked))
    case 'this_date':
      return new Date(timeOf(asked).getTime() + ThisDate.parse(value).days * DAY_MS)
        .toISOString()
        .slice(0, 10)
    default:
      return repeatAsAsked(value, asked)
  }
}

function repeat({ from, to, minutes, kept_days, of }: z.infer<typeof Repeating>, asked: Asked): unknown[] {
  const stepMs = minutes * MINUTE_MS
  const oldest = kept_days === undefined ? 0 : asked.now.getTime() - kept_days * DAY_MS
  const first = Math.ceil(Math.max(askedTime(asked, from), oldest) / stepMs)
  const steps = Math.max(0, Math.ceil(askedTime(asked, to) / stepMs) - first)
  return Array.from({ length: steps }, (_, index) => {
    const step = first + index
    return write(of[step % of.length], { ...asked, time: new Date(step * stepMs) })
  })
}

function askedTime({ input }: Asked, path: string): number {
  let member = input
  for (const name of path.split('.')) {
    member = typeof member === 'object' && member !== null ? Reflect.get(member, name) : undefined
  }
  const time = member instanceof Date ? member : new Date(typeof member === 'string' ? member : Number.NaN)
  if (!Number.isNaN(time.getTime())) return time.getTime()
  throw new TypeError(`it repeats from a time '${path}' that the question does not have`)
}

/** As placebo writes it, which is a date wherever it stands. */
function toDatetime(time: Date): object {
  return {
    __class__: 'datetime',
    year: time.getUTCFullYear(),
    month: time.getUTCMonth() + 1,
    day: time.getUTCDate(),
    hour: time.getUTCHours(),
    minute: time.getUTCMinutes(),
  }
}

function timeOf({ time }: Asked): Date {
  if (time) return time
  throw new TypeError("a time of its own stands outside of what is 'repeating'")
}
