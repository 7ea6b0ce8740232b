import * as z from 'zod'

const UNIT_MS = { minute: 60_000, hour: 3_600_000 } as const
const DAY_MS = 86_400_000
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

const Duration = z.templateLiteral([
  z.int().nonnegative(),
  ' ',
  z.enum(['minute', 'minutes', 'hour', 'hours']),
])
const Every = Duration.refine(dividesADay, 'minutes must divide an hour, and hours must divide a day')
const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected HH:MM in UTC')

/** When a collector runs, as data; all times are UTC. Only what any cron can say, so that all fire at the same times. */
export const Schedule = z.union(
  [
    z
      .strictObject({ every: Every, offset: Duration.default('0 minutes') })
      .refine(({ every, offset }) => isOffset(offset, every), {
        path: ['offset'],
        error: 'the offset must be less than the interval',
      }),
    z.strictObject({ dailyAt: TimeOfDay }),
    z.strictObject({ weeklyOn: z.enum(WEEKDAYS), at: TimeOfDay }),
  ],
  `expected { every: '15 minutes', offset: '5 minutes' }, { dailyAt: '03:30' } or { weeklyOn: 'monday', at: '03:30' }`,
)
export type Schedule = z.infer<typeof Schedule>

/** Milliseconds between two firings. */
export function intervalMs(schedule: Schedule): number {
  if ('every' in schedule) return durationMs(schedule.every)
  return 'dailyAt' in schedule ? DAY_MS : 7 * DAY_MS
}

/** The scheduled time that `now` falls into: the latest firing that is not after it. */
export function slotAt(schedule: Schedule, now: Date): Date {
  const interval = intervalMs(schedule)
  const phase = phaseMs(schedule)
  return new Date(Math.floor((now.getTime() - phase) / interval) * interval + phase)
}

/**
 * The schedule as EventBridge Scheduler takes it, to be read in UTC. Never `rate(…)`, which counts from when the
 * schedule was made; the fields are minute, hour, day of month, month, day of week, year.
 */
export function awsScheduleExpression(schedule: Schedule): string {
  const { minute, hour, weekday } = cronFields(schedule, (start, step) => `${start}/${step}`)
  const days = weekday ? `? * ${weekday.slice(0, 3).toUpperCase()} *` : '* * ? *'
  return `cron(${minute} ${hour} ${days})`
}

/** The schedule as Unix cron takes it (minute, hour, day of month, month, day of week), to be read in UTC. */
export function cronExpression(schedule: Schedule): string {
  const { minute, hour, weekday } = cronFields(schedule, (start, step, last) => `${start}-${last}/${step}`)
  return `${minute} ${hour} * * ${weekday ? WEEKDAYS.indexOf(weekday) : '*'}`
}

/** Lambda's limits for the age of an asynchronous event. */
const EVENT_AGE_SECONDS = { min: 60, max: 6 * 3_600 } as const
/** Lambda's limit. */
const MAX_TIMEOUT_MS = 15 * UNIT_MS.minute
/** So that a job has ended when the next one of its collector and account begins. */
const PAUSE_MS = 30_000

/** Seconds that a job may wait to be begun: then the next one is due, and looks at the same things. */
export function maxEventAgeSeconds(schedule: Schedule): number {
  return Math.min(EVENT_AGE_SECONDS.max, Math.max(EVENT_AGE_SECONDS.min, intervalMs(schedule) / 1000))
}

/** What one attempt at a job may take. */
export function jobTimeoutMs(schedule: Schedule): number {
  return Math.min(MAX_TIMEOUT_MS, intervalMs(schedule) - PAUSE_MS)
}

interface CronFields {
  readonly minute: string
  readonly hour: string
  readonly weekday?: (typeof WEEKDAYS)[number]
}

/** `steps` says "every `step` from `start` to `last`" in the dialect at hand. */
function cronFields(
  schedule: Schedule,
  steps: (start: number, step: number, last: number) => string,
): CronFields {
  if ('every' in schedule) return everyFields(schedule, steps)
  const [hour = 0, minute = 0] = ('dailyAt' in schedule ? schedule.dailyAt : schedule.at)
    .split(':')
    .map(Number)
  const fields = { minute: `${minute}`, hour: `${hour}` }
  return 'dailyAt' in schedule ? fields : { ...fields, weekday: schedule.weeklyOn }
}

function everyFields(
  schedule: Schedule & { every: string },
  steps: (start: number, step: number, last: number) => string,
): CronFields {
  const interval = intervalMs(schedule)
  const phase = phaseMs(schedule)
  if (interval < UNIT_MS.hour)
    return { minute: steps(phase / UNIT_MS.minute, interval / UNIT_MS.minute, 59), hour: '*' }
  const minute = `${(phase % UNIT_MS.hour) / UNIT_MS.minute}`
  const first = Math.floor(phase / UNIT_MS.hour)
  if (interval === DAY_MS) return { minute, hour: `${first}` }
  return { minute, hour: interval === UNIT_MS.hour ? '*' : steps(first, interval / UNIT_MS.hour, 23) }
}

/** Milliseconds from the epoch (a Thursday, 00:00 UTC) to the schedule's first firing. */
function phaseMs(schedule: Schedule): number {
  if ('every' in schedule) return durationMs(schedule.offset)
  if ('dailyAt' in schedule) return timeOfDayMs(schedule.dailyAt)
  const epochWeekday = WEEKDAYS.indexOf('thursday')
  const days = (WEEKDAYS.indexOf(schedule.weeklyOn) - epochWeekday + 7) % 7
  return days * DAY_MS + timeOfDayMs(schedule.at)
}

function dividesADay(every: string): boolean {
  const interval = durationMs(every)
  const whole = interval < UNIT_MS.hour ? UNIT_MS.hour : DAY_MS
  return interval > 0 && whole % interval === 0 && (interval < UNIT_MS.hour || interval % UNIT_MS.hour === 0)
}

function isOffset(offset: string, every: string): boolean {
  return !dividesADay(every) || (durationMs(offset) >= 0 && durationMs(offset) < durationMs(every))
}

function durationMs(duration: string): number {
  const [count = '0', unit = 'minutes'] = duration.split(' ')
  return Number(count) * (unit.startsWith('hour') ? UNIT_MS.hour : UNIT_MS.minute)
}

function timeOfDayMs(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * UNIT_MS.hour + minutes * UNIT_MS.minute
}
