import type { GetCostAndUsageResponse, ResultByTime } from '@aws-sdk/client-cost-explorer'
import type { Observation, TableRow } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'
import { itemsOf } from '../answer-lists.ts'
import type { Asker, Context } from './ask-cost-explorer.ts'
import { coverageOf } from './coverage.ts'
import type { Day, DayRange } from './days.ts'
import { formatDecimal } from './decimal.ts'
import { COST_RESOURCE_TYPE, NO_ACCOUNT, NO_SERVICE, observeCost } from './observe-cost.ts'
import { type Group, groupsOf, readDay, readGroup } from './read-groups.ts'
import { addTo, differencesOf, type Totals, toGroup, unblendedOf } from './totals.ts'

/** What a look at some days came to. */
export interface CostLook {
  /** Queries that were made: the fewest requests that any number of days takes. */
  readonly queries: number
  /** Whether there was any cost at all. */
  readonly isEmpty: boolean
  /** Whether every day that was asked for is known to its last line. */
  readonly isWhole: boolean
  /** What each account came to, by its id. */
  readonly spend: ReadonlyMap<string, number>
}

interface Control {
  readonly totals: Totals
  /** Days that the answer speaks of. */
  readonly days: ReadonlySet<Day>
}

/**
 * Reads the cost of some days: first what each record type comes to, then each record type by account and service. Money that
 * the second lacks is a line of its own, so that the lines add up to what AWS says in total, whatever its record type.
 */
export async function* readCosts(
  context: Context,
  asker: Asker,
  range: DayRange,
): AsyncGenerator<Observation | TableRow, CostLook> {
  const control = await readControl(asker, range)
  const recordTypes = [...new Set([...control.totals.values()].map(({ recordType }) => recordType))].sort()
  const read: Totals = new Map()
  const spend = new Map<string, number>()
  const unread = new Set<Day>()
  for (const recordType of recordTypes) {
    if (recordType !== '') yield* readRecordType(context, { asker, range, recordType, read, spend, unread })
  }
  const doubtful = yield* settle(context, { asker, range, control, read, unread })
  const covered = [...control.days].filter(
    (day) => day >= range.start && day < range.end && !doubtful.has(day),
  )
  yield* covered.map((day) => coverageOf(context, { resourceType: COST_RESOURCE_TYPE, day }))
  return {
    queries: 1 + recordTypes.length,
    isEmpty: recordTypes.length === 0,
    isWhole: doubtful.size === 0,
    spend,
  }
}

async function readControl(asker: Asker, range: DayRange): Promise<Control> {
  const totals: Totals = new Map()
  const days = new Set<Day>()
  for await (const { ResultsByTime: results } of asker.ask({ range, groupBy: ['RECORD_TYPE'] })) {
    if (!results) throw new UnexpectedAnswerError("the answer has no list 'ResultsByTime'")
    for (const result of results) {
      days.add(readDay(result))
      for (const raw of groupsOf(result)) addTo(totals, raw.keys[0] ?? '', readGroup(raw))
    }
  }
  return { totals, days }
}

interface RecordType {
  readonly asker: Asker
  readonly range: DayRange
  readonly recordType: string
  /** Gets what was read. */
  readonly read: Totals
  readonly spend: Map<string, number>
  /** Gets the days of which a group was rejected. */
  readonly unread: Set<Day>
}

async function* readRecordType(
  context: Context,
  { asker, range, recordType, read, spend, unread }: RecordType,
): AsyncGenerator<Observation> {
  const pages = asker.ask({
    range,
    groupBy: ['LINKED_ACCOUNT', 'SERVICE'],
    filter: { Dimensions: { Key: 'RECORD_TYPE', Values: [recordType] } },
  })
  const seen = new Set<string>()
  for await (const page of pages) {
    const names = accountNames(page)
    const observe = (group: Group): Observation => {
      const [account = '', service = ''] = group.keys
      checkNew(group, seen)
      const line = {
        group,
        account: account || context.account,
        payer: context.account,
        service: service || NO_SERVICE,
        recordType,
        accountName: names.get(account),
      }
      addTo(read, recordType, group)
      spend.set(line.account, (spend.get(line.account) ?? 0) + Number(group.costs.unblended_cost))
      return observeCost(line)
    }
    yield* context.each(page, 'ResultsByTime', (result) => [
      ...context.each({ Groups: orUnread(result, unread, groupsOf) }, 'Groups', (raw) =>
        orUnread(result, unread, () => observe(readGroup(raw))),
      ),
    ])
  }
}

function orUnread<Value>(
  result: ResultByTime,
  unread: Set<Day>,
  read: (result: ResultByTime) => Value,
): Value {
  try {
    return read(result)
  } catch (error) {
    unread.add(readDay(result))
    throw error
  }
}

function accountNames({ DimensionValueAttributes: values }: GetCostAndUsageResponse) {
  return new Map(itemsOf(values).map(({ Value, Attributes }) => [Value, Attributes?.description]))
}

/** @throws UnexpectedAnswerError for a group that an earlier page had: its money would be counted twice */
function checkNew({ day, keys }: Group, seen: Set<string>): void {
  const key = JSON.stringify([day, ...keys])
  if (seen.has(key)) throw new UnexpectedAnswerError(`${keys.join(' / ')} of ${day} comes twice`)
  seen.add(key)
}

interface Reading {
  readonly asker: Asker
  readonly range: DayRange
  readonly control: Control
  readonly read: Totals
  /** Days of which a group was rejected: the total has money that no line has, and that is an account's all the same. */
  readonly unread: ReadonlySet<Day>
}

/**
 * Where lines and total differ, AWS has changed its data between the two answers, or has money in the total that it gives no
 * account or service. The total, asked again, tells. Returns the days of which it cannot be told.
 */
async function* settle(
  context: Context,
  { asker, range, control, read, unread }: Reading,
): AsyncGenerator<Observation, ReadonlySet<Day>> {
  const doubtful = new Set<Day>(unread)
  if (differencesOf(control.totals, read).size === 0) return doubtful
  const { totals } = await readControl(asker, range)
  for (const [key, difference] of differencesOf(totals, read)) {
    const { day, recordType, currency, costs } = difference
    if (unread.has(day)) continue
    const amount = `${formatDecimal(costs.unblended_cost)} ${currency}`
    if (unblendedOf(totals, key) !== unblendedOf(control.totals, key)) {
      doubtful.add(day)
      const changing = new UnexpectedAnswerError(`AWS is changing it: lines and total differ by ${amount}`)
      context.incomplete(`cost of ${day} (${recordType})`, changing)
      continue
    }
    context.note(`${amount} of ${day} (${recordType}) are no account's and no service's: see ${NO_ACCOUNT}`)
    const line = { group: toGroup(difference), account: context.account, payer: context.account }
    yield observeCost({ ...line, service: NO_ACCOUNT, recordType, accountName: undefined })
  }
  return doubtful
}
