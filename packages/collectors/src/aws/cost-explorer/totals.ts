import type { Day } from './days.ts'
import { absolute, type Decimal, formatDecimal, parseDecimal } from './decimal.ts'
import type { CostName, Costs, Group } from './read-groups.ts'

/** What a record type came to on a day. */
export interface Total {
  readonly day: Day
  readonly recordType: string
  readonly currency: string
  readonly isEstimated: boolean
  readonly costs: Readonly<Record<CostName, Decimal>>
}

/** Totals by day, record type and currency. */
export type Totals = Map<string, Total>

/** Cost Explorer rounds each line to ten digits after the point; of thousands of lines that stays far below. */
const ROUNDING = parseDecimal('0.0001')

export function addTo(totals: Totals, recordType: string, group: Group): void {
  const { day, currency, isEstimated, costs } = group
  const key = JSON.stringify([day, recordType, currency])
  const before = totals.get(key)?.costs
  totals.set(key, {
    day,
    recordType,
    currency,
    isEstimated,
    costs: mapCosts((name) => (before?.[name] ?? 0n) + parseDecimal(costs[name] ?? '0')),
  })
}

/** What `whole` has more, or less, than `parts`; only what is more than rounding. */
export function differencesOf(whole: Totals, parts: Totals): Totals {
  const keys = new Set([...whole.keys(), ...parts.keys()])
  const differences: Totals = new Map()
  for (const key of keys) {
    const one = whole.get(key)
    const other = parts.get(key)
    const total = one ?? other
    if (!total) continue
    const costs = mapCosts((name) => (one?.costs[name] ?? 0n) - (other?.costs[name] ?? 0n))
    if (absolute(costs.unblended_cost) > ROUNDING) differences.set(key, { ...total, costs })
  }
  return differences
}

export function unblendedOf(totals: Totals, key: string): Decimal {
  return totals.get(key)?.costs.unblended_cost ?? 0n
}

/** The total as if it were one line of the answer. */
export function toGroup({ day, currency, isEstimated, costs }: Total): Group {
  const text: Costs = {
    unblended_cost: formatDecimal(costs.unblended_cost),
    amortized_cost: formatDecimal(costs.amortized_cost),
    net_unblended_cost: formatDecimal(costs.net_unblended_cost),
    net_amortized_cost: formatDecimal(costs.net_amortized_cost),
    blended_cost: formatDecimal(costs.blended_cost),
  }
  return { day, keys: [], currency, isEstimated, costs: text, usage: undefined }
}

function mapCosts(read: (name: CostName) => Decimal): Total['costs'] {
  return {
    unblended_cost: read('unblended_cost'),
    amortized_cost: read('amortized_cost'),
    net_unblended_cost: read('net_unblended_cost'),
    net_amortized_cost: read('net_amortized_cost'),
    blended_cost: read('blended_cost'),
  }
}
