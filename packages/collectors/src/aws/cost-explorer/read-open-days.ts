import type { Observation, TableRow } from '../../collector.ts'
import type { Asker, Context } from './ask-cost-explorer.ts'
import { type Day, type DayRange, dayOf, daysBetween } from './days.ts'
import { closedMonthsIn, type Means, planLook } from './plan-look.ts'
import { type CostLook, readCosts } from './read-costs.ts'
import type { Remembered } from './remembered.ts'

export interface OpenDays {
  readonly range: DayRange
  /** What is left for the next run, whatever becomes of this one. */
  readonly left: Remembered
  /** Months that were read to their last line after they closed. */
  readonly closed: readonly Day[]
  readonly isWhole: boolean
  /** What each account came to, by its id. */
  readonly spend: ReadonlyMap<string, number>
}

interface Reading {
  readonly today: Day
  readonly before: Remembered | undefined
}

/**
 * Reads the days that AWS may still change, as many as the budget allows. At first a few days tell what a day takes, and the others
 * follow. Undefined where this slot is none to look in.
 */
export async function* readOpenDays(
  context: Context,
  asker: Asker,
  { today, before }: Reading,
): AsyncGenerator<Observation | TableRow, OpenDays | undefined> {
  const range = planRange(context, { today, before })
  if (!range) return undefined
  const look = yield* readRange(context, asker, { today, before, range })
  if (before) return look
  const wanted = planRange(context, { today, before: look.left })
  if (!wanted || wanted.start >= range.start) return look
  const rest = { start: wanted.start, end: range.start }
  return yield* readRange(context, asker, { today, before: look.left, range: rest, after: look })
}

export function meansOf({ budget }: Context): Means {
  return { leftUsd: budget.monthlyUsd - budget.spentUsd(), today: dayOf(new Date()) }
}

function planRange(context: Context, { today, before }: Reading): DayRange | undefined {
  const { range, note } = planLook(today, meansOf(context), before)
  if (note) context.note(note)
  return range
}

interface RangeReading extends Reading {
  readonly range: DayRange
  /** The days that come after these, where they were read before. */
  readonly after?: OpenDays
}

async function* readRange(
  context: Context,
  asker: Asker,
  { today, before, range, after }: RangeReading,
): AsyncGenerator<Observation | TableRow, OpenDays> {
  const look = yield* readCosts(context, asker, range)
  const all = { start: range.start, end: today }
  const left: Remembered = {
    v: 1,
    look: {
      on: today,
      days: daysBetween(all.start, all.end),
      queries: look.queries,
      requests: asker.requests(),
    },
    months: before?.months ?? {},
    usageTypes: before?.usageTypes ?? {},
  }
  context.state.write(left)
  return {
    range: all,
    left,
    closed: look.isWhole ? closedMonthsIn(range, today) : [],
    isWhole: look.isWhole && (after?.isWhole ?? true),
    spend: addSpend(look, after),
  }
}

function addSpend({ spend }: CostLook, after: OpenDays | undefined): ReadonlyMap<string, number> {
  const sum = new Map(after?.spend)
  for (const [account, amount] of spend) sum.set(account, (sum.get(account) ?? 0) + amount)
  return sum
}
