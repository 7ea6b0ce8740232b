import type { Schedule } from '@polo/core'

/** `every 15 minutes`, `daily at 05:30 UTC`, `on sunday at 04:00 UTC`. */
export function describeSchedule(schedule: Schedule): string {
  if ('dailyAt' in schedule) return `daily at ${schedule.dailyAt} UTC`
  if ('weeklyOn' in schedule) return `on ${schedule.weeklyOn} at ${schedule.at} UTC`
  return schedule.offset.startsWith('0 ')
    ? `every ${schedule.every}`
    : `every ${schedule.every}, offset ${schedule.offset}`
}
