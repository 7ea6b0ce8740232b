import * as z from 'zod'
import { costOfCall } from '../../paid-calls/paid-calls.ts'
import { DAY_MS, type SavingsPlansContext, toDay } from './clients.ts'

/** The last days, which AWS still restates. */
const RESTATED_DAYS = 3
/** A first look goes back so far, and the one after an outage no further. */
const MAX_DAYS = 30

const REQUEST_USD = costOfCall('ce:GetSavingsPlansUtilization', {})
/** What is asked of all days at once: of all plans together, and of what they cover. */
const LOOK_USD = 2 * REQUEST_USD

/** Sums of cents in floating point fall short of whole ones. */
const ROUNDING = 1e-6

const Memory = z.object({
  v: z.literal(1),
  /** The newest day that was looked at: '2026-03-01'. */
  through: z.iso.date(),
  /** What a day's calls cost: more than one page each makes them dearer. */
  dayUsd: z.number().nonnegative(),
})

/** The days of a look, oldest first. */
export interface Look {
  /** Such as '2026-03-01'. */
  readonly days: readonly string[]
  /** From the first of them up to, not including, the day after the last. */
  readonly period: { readonly Start: string; readonly End: string }
  /** Remembers that all of them were looked at. */
  finish(): void
}

/**
 * The days that are new since the last look, and those before them that AWS may have restated: as many of the newest as the
 * budget allows, undefined where it allows none. What is left out is said in the run's notes.
 */
export async function planLook(context: SavingsPlansContext): Promise<Look | undefined> {
  const { budget, slot, state } = context
  const memory = Memory.safeParse((await state.read()) ?? (await state.readLater())).data
  const newest = Math.floor(slot.getTime() / DAY_MS) * DAY_MS - DAY_MS
  const wanted = countWanted(newest, memory?.through)
  const dayUsd = Math.max(REQUEST_USD, memory?.dayUsd ?? 0)
  const count = countAffordable(context, { wanted: Math.min(wanted, MAX_DAYS), dayUsd })
  if (count === 0) return undefined
  const days = Array.from({ length: count }, (_, index) => toDay(newest - (count - 1 - index) * DAY_MS))
  if (count < wanted) context.note(describeGap(count, wanted, budget.monthlyUsd))
  const spentBefore = budget.spentUsd()
  return {
    days,
    period: { Start: days[0] ?? '', End: toDay(newest + DAY_MS) },
    finish: () =>
      state.write({
        v: 1,
        through: toDay(newest),
        dayUsd: Math.max(0, budget.spentUsd() - spentBefore - LOOK_USD) / count,
      } satisfies z.infer<typeof Memory>),
  }
}

function countWanted(newest: number, through: string | undefined): number {
  if (through === undefined) return MAX_DAYS
  const missed = (newest - Date.parse(through)) / DAY_MS
  // Of a slot that is made up for: a later look went back over the days before it, but not over all that there ever were.
  if (missed <= -MAX_DAYS) return MAX_DAYS
  return Math.max(RESTATED_DAYS, missed + RESTATED_DAYS - 1)
}

function describeGap(count: number, wanted: number, monthlyUsd: number): string {
  const reason =
    count === MAX_DAYS
      ? 'the most at once'
      : `to stay within what paid calls may cost here ($${monthlyUsd.toFixed(2)} a month, see paidApiBudgetUsd)`
  return `looks at the last ${count} of ${wanted} days: ${reason}`
}

/** Older days than the usual ones are looked at with what the month's other looks leave over. */
function countAffordable(
  { budget }: SavingsPlansContext,
  { wanted, dayUsd }: { readonly wanted: number; readonly dayUsd: number },
): number {
  for (let days = RESTATED_DAYS; days > 0; days--) {
    const { intervalMs, isDue, projectedUsd } = budget.plan(LOOK_USD + days * dayUsd)
    if (intervalMs === undefined) continue
    if (!isDue) return 0
    if (days < RESTATED_DAYS) return days
    return Math.min(wanted, days + Math.floor((budget.monthlyUsd - projectedUsd) / dayUsd + ROUNDING))
  }
  return 0
}
