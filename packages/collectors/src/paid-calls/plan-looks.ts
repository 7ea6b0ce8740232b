import { describeUsd, intervalMs, type Schedule } from '@polo/core'

/** What a look of one region costs decides how often there may be one. */
export interface LookPlan {
  /** From one look to the next: a multiple of the schedule's interval; undefined where this month has no money for another. */
  readonly intervalMs: number | undefined
  /** Whether this slot is one of those looks: so long after the last one, or the first. */
  readonly isDue: boolean
  /** What the account's looks will have cost by the end of the month. */
  readonly projectedUsd: number
}

const DAY_MS = 86_400_000
/** Sums of cents are not exact: a look that costs what is left of the budget is within it. */
const ROUNDING = 1e-9

export interface LooksToPlan {
  readonly schedule: Schedule
  readonly slot: Date
  /** The slot of the last look; left out: there was none. */
  readonly lookedAt?: string | undefined
  readonly now: Date
  /** What one look at all regions of the account costs. */
  readonly allUsd: number
  /** What the month's runs before this one have cost. */
  readonly spentUsd: number
  readonly monthlyUsd: number
}

/**
 * The looks left in the month, this one included, must not cost more than what is left of the budget. Those of a schedule of
 * hours or minutes are made rarer, those of a daily or weekly one are made or not.
 */
export function planLooks({ schedule, slot, lookedAt, now, ...money }: LooksToPlan): LookPlan {
  const { allUsd, spentUsd, monthlyUsd } = money
  const base = intervalMs(schedule)
  const leftMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - now.getTime()
  const looks =
    allUsd > 0 ? Math.floor((monthlyUsd - spentUsd) / allUsd + ROUNDING) : Number.POSITIVE_INFINITY
  const interval = base * Math.max(1, Math.ceil(leftMs / looks / base))
  if (looks < 1 || (base >= DAY_MS && interval > base)) {
    return { intervalMs: undefined, isDue: false, projectedUsd: spentUsd }
  }
  const sinceMs = lookedAt === undefined ? Number.POSITIVE_INFINITY : slot.getTime() - Date.parse(lookedAt)
  return {
    intervalMs: interval,
    // A slot that was looked at is looked at again in a retry, and one before it is made up for.
    isDue: sinceMs >= interval || sinceMs <= 0,
    projectedUsd: allUsd > 0 ? spentUsd + allUsd * Math.ceil(leftMs / interval) : spentUsd,
  }
}

/** Undefined where looks are as frequent as the schedule. */
export function describePlan(
  { intervalMs: interval, isDue }: LookPlan,
  { schedule, lookedAt, allUsd, spentUsd, monthlyUsd }: Omit<LooksToPlan, 'slot' | 'now'>,
): string | undefined {
  const base = intervalMs(schedule)
  if (interval === base) return undefined
  if (monthlyUsd === 0) return 'no look: paidApiBudgetUsd is 0, and AWS charges for what this collector calls'
  const budget = `the ${describeUsd(monthlyUsd)} a month that it may spend here (paidApiBudgetUsd)`
  if (interval === undefined && allUsd > monthlyUsd)
    return `no look: one costs ${describeUsd(allUsd)}, more than ${budget}`
  if (interval === undefined) {
    const left = describeUsd(Math.max(0, monthlyUsd - spentUsd))
    return `no look: one costs ${describeUsd(allUsd)}, and ${left} is left of ${budget}`
  }
  const often = `looks every ${describeDuration(interval)} instead of every ${describeDuration(base)} to stay within ${budget}`
  if (isDue || lookedAt === undefined) return often
  return `${often}; the next is due at ${new Date(Date.parse(lookedAt) + interval).toISOString()}`
}

/** `1 d 5 h 20 min` */
function describeDuration(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  const parts = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ] as const
  return parts.flatMap(([number, unit]) => (number > 0 ? [`${number} ${unit}`] : [])).join(' ')
}
