import type { Observation, TableRow } from '../../collector.ts'
import { BudgetSpentError } from '../../errors.ts'
import { documentProperties, type PropertyTable, readProperties } from '../property-table.ts'
import { type Asker, type Context, REQUEST_USD } from './ask-cost-explorer.ts'
import { coverageOf } from './coverage.ts'
import { addDays, type Day, type DayRange, timeOf } from './days.ts'
import { type Group, groupsOf, readDay, readGroup } from './read-groups.ts'
import type { Remembered } from './remembered.ts'

interface UsageLine {
  readonly group: Group
  readonly account: string
  readonly service: string
}

const USAGE_RESOURCE_TYPE = 'aws:service_usage'
/** Those that stand for something used; the others would count its quantity again. */
const USED = ['Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage']
/** In Cost Explorer's own words. */
const NO_USAGE_TYPE = 'NoUsageType'
/** At first, and at most. */
const DAYS = 14
/** Days that are read again, since usage arrives late. */
const REREAD_DAYS = 2

const USAGE: PropertyTable<UsageLine> = {
  service: ['Service that was used', ({ service }) => service],
  unblended_cost: [
    'What it cost, which is in the cost of the service already',
    ({ group }) => group.costs.unblended_cost,
  ],
  amortized_cost: ['The same with fees spread over their terms', ({ group }) => group.costs.amortized_cost],
  currency: ['Currency of the costs', ({ group }) => group.currency],
  estimated: ['Whether AWS may still change it', ({ group }) => group.isEstimated],
}

export const USAGE_RESOURCE = {
  [USAGE_RESOURCE_TYPE]: {
    description: 'Usage of a service by the day and by usage type, a metric: it is no cost of its own',
    properties: documentProperties(USAGE),
  },
}

export interface UsageReading {
  readonly today: Day
  /** What each account costs, by its id. */
  readonly spend: ReadonlyMap<string, number>
  readonly readOn: Remembered['usageTypes']
  readonly allowanceUsd: number
}

export interface UsageRead {
  /** The accounts that were read. */
  readonly accounts: readonly string[]
  readonly isWhole: boolean
}

/**
 * Reads the usage types of as many accounts as may be paid for: those that were read longest ago first, of these the dearest.
 * An account that cannot be read ends it: each further one would be paid for in vain.
 */
export async function* readUsageTypes(
  context: Context,
  asker: Asker,
  { today, spend, readOn, allowanceUsd }: UsageReading,
): AsyncGenerator<Observation | TableRow, UsageRead> {
  const accounts = [...spend.keys()].sort(
    (a, b) => (readOn[a] ?? '').localeCompare(readOn[b] ?? '') || (spend.get(b) ?? 0) - (spend.get(a) ?? 0),
  )
  const before = asker.requests()
  const read: string[] = []
  const isWithinBudget = () => {
    const requests = asker.requests() - before
    const next = read.length === 0 ? 1 : Math.ceil(requests / read.length)
    return (requests + next) * REQUEST_USD <= allowanceUsd
  }
  for (const account of accounts) {
    if (!isWithinBudget()) break
    const range = { start: startOf(today, readOn[account]), end: today }
    try {
      yield* readAccount(context, asker, { account, range })
    } catch (error) {
      if (error instanceof BudgetSpentError) break
      context.incomplete(`usage types of ${account}`, error)
      return { accounts: read, isWhole: false }
    }
    read.push(account)
  }
  if (read.length < accounts.length) {
    context.note(
      `usage types of ${read.length} of ${accounts.length} accounts: the budget has no room for more today`,
    )
  }
  return { accounts: read, isWhole: true }
}

function startOf(today: Day, readOn: Day | undefined): Day {
  const longest = addDays(today, -DAYS)
  const wanted = readOn === undefined ? longest : addDays(readOn, -REREAD_DAYS)
  if (wanted >= today) return addDays(today, -1)
  return wanted > longest ? wanted : longest
}

async function* readAccount(
  context: Context,
  asker: Asker,
  { account, range }: { readonly account: string; readonly range: DayRange },
): AsyncGenerator<Observation | TableRow> {
  const days = new Set<Day>()
  const pages = asker.ask({
    range,
    groupBy: ['SERVICE', 'USAGE_TYPE'],
    filter: {
      And: [
        { Dimensions: { Key: 'LINKED_ACCOUNT', Values: [account] } },
        { Dimensions: { Key: 'RECORD_TYPE', Values: USED } },
      ],
    },
  })
  for await (const page of pages) {
    yield* context.each(page, 'ResultsByTime', (result) => {
      days.add(readDay(result))
      return [
        ...context.each({ Groups: groupsOf(result) }, 'Groups', (raw) =>
          observeUsage(readGroup(raw), account),
        ),
      ]
    })
  }
  const covered = [...days].filter((day) => day >= range.start && day < range.end)
  yield* covered.map((day) => coverageOf(context, { resourceType: USAGE_RESOURCE_TYPE, account, day }))
}

/** A metric, so that no sum over events of type `cost` counts the money again. */
function observeUsage(group: Group, account: string): Observation {
  const [service = '', usageType = ''] = group.keys
  return {
    resource_type: USAGE_RESOURCE_TYPE,
    resource_id: usageType || NO_USAGE_TYPE,
    resource_name: service,
    aws_account_id: account,
    aws_region: '',
    event_type: 'metric',
    event_time: timeOf(group.day),
    discriminator: JSON.stringify(group.keys),
    value: Number(group.usage?.quantity ?? 0),
    unit: group.usage?.unit,
    properties: readProperties(USAGE, { group, account, service }),
  }
}
