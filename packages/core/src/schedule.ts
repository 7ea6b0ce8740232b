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
