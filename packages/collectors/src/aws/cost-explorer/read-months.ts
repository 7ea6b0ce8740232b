import type { Observation, TableRow } from '../../collector.ts'
import { BudgetSpentError } from '../../errors.ts'
import type { Asker, Context } from './ask-cost-explorer.ts'
import { addDays, type Day, type DayRange, firstOfMonth } from './days.ts'
import { askAgainSoon, costOf, dueMonths } from './plan-look.ts'
import { readCosts } from './read-costs.ts'
import { type Remembered, readOn } from './remembered.ts'

/** So that a run ends within its time; the next one goes on. */
const MAX_REQUESTS = 300
/** Of a run that does not end well, these are read again: few, so that later runs come to the others all the same. */
const MAX_RESTATED = 3
const LATER = 'later runs go on, as the budget allows'
/** How AWS refuses months that it has no data of, or none any more. */
const BEYOND_HISTORY: ReadonlySet<string> = new Set([
  'DataUnavailableException',
  'BillExpirationException',
  'ValidationException',
])

export interface MonthsReading {
  readonly today: Day
  readonly left: Remembered
  /** Months that the run has read already. */
  readonly closed: readonly Day[]
  /** Whether earlier runs looked at the days of the last month while AWS could still change them. */
  readonly sawLastMonth: boolean
  /** What may be spent on it now. */
  readonly allowanceUsd: () => number
}

export interface MonthsRead {
  /** What is left for the next run, whatever becomes of this one. */
  readonly left: Remembered
  /** Months that were read before: what this run no longer found counts until a run that is complete has read them. */
  readonly restated: readonly Day[]
  readonly isWhole: boolean
}

/**
 * Reads months that have closed and were not read since, or not for long, as far as money and time allow. Each run ends with the
 * first month that cost nothing: an organization's first, most likely.
 */
export async function* readMonths(
  context: Context,
  asker: Asker,
  { today, left, closed, sawLastMonth, allowanceUsd }: MonthsReading,
): AsyncGenerator<Observation | TableRow, MonthsRead> {
  const since = addDays(today, -context.config.retentionDays.cost)
  const due = dueMonths(today, since, readOn(left.months, closed, today))
  let read: MonthsRead = { left, restated: [], isWhole: true }
  for (const [index, month] of due.entries()) {
    if (asker.requests() >= MAX_REQUESTS || costOf(month, left) > allowanceUsd()) {
      context.note(`${due.length - index} earlier months are still to be read: ${LATER}`)
      break
    }
    const look = yield* readMonth(context, asker, month)
    const isLastMonth = month.start === firstOfMonth(today, -1)
    const isKnown = left.months[month.start] !== undefined || (isLastMonth && sawLastMonth)
    read = rememberMonth(read, month.start, { ...look, isKnown, today })
    context.state.write(read.left)
    if (look.isLast || read.restated.length >= MAX_RESTATED) break
  }
  return read
}

interface MonthToRemember extends MonthLook {
  /** Whether there may be lines of it that this look no longer found. */
  readonly isKnown: boolean
  readonly today: Day
}

function rememberMonth(read: MonthsRead, month: Day, look: MonthToRemember): MonthsRead {
  const { isRead, isLast, isKnown, isDoubtful = false, today } = look
  const { left, restated } = read
  const isWhole = read.isWhole && !isDoubtful
  if (!isRead) return { ...read, isWhole }
  if (isKnown && !isLast) return { left, restated: [...restated, month], isWhole }
  const day = isLast ? askAgainSoon(today) : today
  return { left: { ...left, months: readOn(left.months, [month], day) }, restated, isWhole }
}

interface MonthLook {
  readonly isRead: boolean
  /** Whether AWS was changing it. */
  readonly isDoubtful?: boolean
  /** Whether this run is to read no other. */
  readonly isLast: boolean
}

async function* readMonth(
  context: Context,
  asker: Asker,
  month: DayRange,
): AsyncGenerator<Observation | TableRow, MonthLook> {
  const name = month.start.slice(0, 7)
  const before = asker.requests()
  try {
    const { isWhole, isEmpty } = yield* readCosts(context, asker, month)
    return { isRead: isWhole, isDoubtful: !isWhole, isLast: isEmpty }
  } catch (error) {
    if (error instanceof BudgetSpentError) {
      context.note(`${name} was read in part: ${LATER}`)
      return { isRead: false, isLast: true }
    }
    // A month of which AWS has answered anything is there, and the refusal has another reason.
    const isFirst = asker.requests() === before + 1
    if (!(isFirst && error instanceof Error && BEYOND_HISTORY.has(error.name))) throw error
    context.note(`Cost Explorer has no data of ${name}: ${error.name}`)
    return { isRead: true, isLast: true }
  }
}
