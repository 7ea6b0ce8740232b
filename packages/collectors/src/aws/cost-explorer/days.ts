/** A day of UTC as AWS writes it: '2026-03-01'. */
export type Day = string

/** Days from `start` up to, but not including, `end`, as AWS takes them. */
export interface DayRange {
  readonly start: Day
  readonly end: Day
}

const DAY_MS = 86_400_000

export function dayOf(time: Date): Day {
  return time.toISOString().slice(0, 10)
}

export function timeOf(day: Day): Date {
  return new Date(`${day}T00:00:00.000Z`)
}

export function addDays(day: Day, days: number): Day {
  return dayOf(new Date(timeOf(day).getTime() + days * DAY_MS))
}

export function daysBetween(start: Day, end: Day): number {
  return Math.round((timeOf(end).getTime() - timeOf(start).getTime()) / DAY_MS)
}

/** The first day of the month that is `months` after that of `day`. */
export function firstOfMonth(day: Day, months = 0): Day {
  const time = timeOf(day)
  return dayOf(new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + months)))
}

export function dayOfMonth(day: Day): number {
  return timeOf(day).getUTCDate()
}

/** Days from this one to the end of its month, itself included. */
export function daysLeftInMonth(day: Day): number {
  return daysBetween(day, firstOfMonth(day, 1))
}
