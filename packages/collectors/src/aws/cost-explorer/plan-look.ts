import { REQUEST_USD } from './ask-cost-explorer.ts'
import {
  addDays,
  type Day,
  type DayRange,
  dayOfMonth,
  daysBetween,
  daysLeftInMonth,
  firstOfMonth,
} from './days.ts'
import type { Remembered } from './remembered.ts'

/**
 * Until then the month before may still change: AWS finalizes a bill between the third and the fifth, and adds support on the
 * sixth or seventh. https://docs.aws.amazon.com/cur/latest/userguide/view-finalized-cur.html
 */
const CLOSED_ON = 10
/** Where not all days that may change can be paid for. */
const SHORT_DAYS = 14
/** Usage arrives within a day or two of its own: https://docs.aws.amazon.com/cost-management/latest/userguide/ce-enable.html */
const FEWEST_DAYS = 3

export interface Means {
  /** What may still be spent this month. */
  readonly leftUsd: number
  /** The day that the money must last from to the end of its month. */
  readonly today: Day
}

/** The days to look at, and whether they are fewer than may change; none where even those are not due yet. */
export interface LookPlan {
  readonly range: DayRange | undefined
  readonly note: string | undefined
}

/**
 * Every day that AWS may still change up to, but not including, `today`; fewer, or more seldom, where the money does not last.
 * Where nothing is known yet, a few days that tell what a day takes.
 */
export function planLook(today: Day, means: Means, before: Remembered | undefined): LookPlan {
  const full = { start: openSince(today), end: today }
  if (means.leftUsd < REQUEST_USD)
    return {
      range: undefined,
      note: 'no look before the next month: nothing is left of what it may spend (paidApiBudgetUsd)',
    }
  if (!before) return { range: lastDays(today, FEWEST_DAYS), note: undefined }
  const dailyUsd = means.leftUsd / daysLeftInMonth(means.today)
  const sinceLook = Math.max(0, daysBetween(before.look.on, today))
  const short = lastDays(today, Math.max(SHORT_DAYS, sinceLook + 1))
  const fewest = lastDays(today, Math.max(FEWEST_DAYS, sinceLook + FEWEST_DAYS - 1))
  const affordable = [full, short, fewest].find((range) => costOf(range, before) <= dailyUsd)
  if (affordable) return { range: affordable, note: describeShort(affordable, full) }
  const pause = Math.ceil(costOf(fewest, before) / dailyUsd)
  if (sinceLook >= pause) {
    return { range: fewest, note: `looks every ${pause} days instead of each day to stay within the budget` }
  }
  return {
    range: undefined,
    note: `looks every ${pause} days to stay within the budget; this is none of them`,
  }
}

/** What a look at these days will cost, by what the last one did. */
export function costOf(range: DayRange, { look }: Pick<Remembered, 'look'>): number {
  const days = daysBetween(range.start, range.end)
  return REQUEST_USD * Math.max(look.queries, Math.ceil((look.requests * days) / look.days))
}

/** The first day that AWS may still change. */
function openSince(today: Day): Day {
  const open = firstOfMonth(today, dayOfMonth(today) <= CLOSED_ON ? -1 : 0)
  const recent = addDays(today, -SHORT_DAYS)
  return open < recent ? open : recent
}

function lastDays(today: Day, days: number): DayRange {
  return { start: addDays(today, -days), end: today }
}

function describeShort(range: DayRange, full: DayRange): string | undefined {
  const days = daysBetween(range.start, range.end)
  const all = daysBetween(full.start, full.end)
  return days < all ? `restates ${days} days instead of ${all} to stay within the budget` : undefined
}

/** The current month, and as many before it as Cost Explorer keeps by default. */
const KEPT_MONTHS = 13
/** AWS books refunds and credits on months that it has closed. */
const REREAD_AFTER_DAYS = 30
/** Where Cost Explorer was enabled lately, AWS takes days to prepare the months before. */
const PREPARED_WITHIN_DAYS = 5

/**
 * The months that have ended and that are to be read whole, the most urgent first: never read since they closed, the newest
 * first; then those that were read longest ago. `since` is the first day that is worth reading.
 */
export function dueMonths(today: Day, since: Day, months: Remembered['months']): DayRange[] {
  const ended = Array.from(
    { length: KEPT_MONTHS },
    (_, index): DayRange => ({
      start: firstOfMonth(today, -1 - index),
      end: firstOfMonth(today, -index),
    }),
  )
  const due = ended.filter(({ start, end }) => {
    if (end <= since || today < closedOn(end)) return false
    const readOn = months[start]
    return readOn === undefined || daysBetween(readOn, today) >= REREAD_AFTER_DAYS
  })
  const readOn = ({ start }: DayRange) => months[start] ?? ''
  return due.sort((a, b) => readOn(a).localeCompare(readOn(b)) || b.start.localeCompare(a.start))
}

/** When a month that cost nothing is to count as read, so that it is due again before others are. */
export function askAgainSoon(today: Day): Day {
  return addDays(today, PREPARED_WITHIN_DAYS - REREAD_AFTER_DAYS)
}

/** Months that a look at `range` has read whole, and that have closed. */
export function closedMonthsIn(range: DayRange, today: Day): Day[] {
  const months = Array.from({ length: KEPT_MONTHS }, (_, index) => firstOfMonth(today, -1 - index))
  return months.filter((start) => {
    const end = firstOfMonth(start, 1)
    return start >= range.start && end <= range.end && today >= closedOn(end)
  })
}

/** The day on which the month that ended with `end` is taken for final. */
function closedOn(end: Day): Day {
  return addDays(end, CLOSED_ON - 1)
}
