import type { MetricValue, ResultByTime } from '@aws-sdk/client-cost-explorer'
import { UnexpectedAnswerError } from '../../errors.ts'
import { itemsOf } from '../answer-lists.ts'
import type { Day } from './days.ts'
import { parseDecimal } from './decimal.ts'

export const COST_METRICS = [
  'UnblendedCost',
  'AmortizedCost',
  'NetUnblendedCost',
  'NetAmortizedCost',
  'BlendedCost',
] as const

/** Amounts as AWS wrote them, each a number. */
export interface Costs {
  readonly unblended_cost: string
  readonly amortized_cost: string | undefined
  readonly net_unblended_cost: string | undefined
  readonly net_amortized_cost: string | undefined
  readonly blended_cost: string | undefined
}
export type CostName = keyof Costs

export interface Usage {
  readonly quantity: string
  /** '' where it is a sum of quantities whose units differ. */
  readonly unit: string
}

/** One group of one day of an answer. */
export interface Group {
  readonly day: Day
  /** The values that were grouped by; fewer where AWS has none. */
  readonly keys: readonly string[]
  readonly costs: Costs
  readonly currency: string
  readonly usage: Usage | undefined
  readonly isEstimated: boolean
}

/** A group as AWS has it, with the day that it is of. */
export interface RawGroup {
  readonly result: ResultByTime
  readonly keys: readonly string[]
  readonly metrics: Readonly<Record<string, MetricValue>> | undefined
}

const DAY = /^\d{4}-\d\d-\d\d/
const MIXED_UNITS = 'N/A'

/**
 * The groups of a day. Where nothing was grouped, AWS gives a total: a group without keys, unless it is nothing.
 * @throws UnexpectedAnswerError where there is neither
 */
export function groupsOf(result: ResultByTime): RawGroup[] {
  const { Groups: groups, Total: total } = result
  if (!groups && !total) throw new UnexpectedAnswerError('the day has neither groups nor a total')
  if (groups && groups.length > 0) {
    return itemsOf(groups).map(({ Keys, Metrics }) => ({ result, keys: Keys ?? [], metrics: Metrics }))
  }
  return isNothing(total) ? [] : [{ result, keys: [], metrics: total }]
}

/** @throws UnexpectedAnswerError where the day or an amount cannot be read */
export function readGroup({ result, keys, metrics = {} }: RawGroup): Group {
  const day = readDay(result)
  try {
    return {
      day,
      keys,
      costs: readCosts(metrics),
      currency: readCurrency(metrics),
      usage: readUsage(metrics.UsageQuantity),
      isEstimated: result.Estimated ?? false,
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UnexpectedAnswerError(`${keys.join(' / ') || 'the total'} of ${day}: ${reason}`, { cause })
  }
}

/** @throws UnexpectedAnswerError */
export function readDay({ TimePeriod }: ResultByTime): Day {
  const [day] = DAY.exec(TimePeriod?.Start ?? '') ?? []
  if (day === undefined) throw new UnexpectedAnswerError('it is of no day')
  return day
}

function readCosts(metrics: Readonly<Record<string, MetricValue>>): Costs {
  const read = (metric: (typeof COST_METRICS)[number]): string | undefined => {
    const amount = metrics[metric]?.Amount
    if (amount !== undefined) parseDecimal(amount)
    return amount
  }
  const unblended = read('UnblendedCost')
  if (unblended === undefined) throw new UnexpectedAnswerError('there is no unblended cost')
  return {
    unblended_cost: unblended,
    amortized_cost: read('AmortizedCost'),
    net_unblended_cost: read('NetUnblendedCost'),
    net_amortized_cost: read('NetAmortizedCost'),
    blended_cost: read('BlendedCost'),
  }
}

function readCurrency({ UnblendedCost: cost }: Readonly<Record<string, MetricValue>>): string {
  if (!cost?.Unit) throw new UnexpectedAnswerError('there is no currency')
  return cost.Unit
}

function readUsage({ Amount: quantity, Unit: unit = '' }: MetricValue = {}): Usage | undefined {
  if (quantity === undefined) return undefined
  parseDecimal(quantity)
  return { quantity, unit: unit === MIXED_UNITS ? '' : unit }
}

function isNothing(total: ResultByTime['Total']): boolean {
  return COST_METRICS.every((metric) => {
    const amount = total?.[metric]?.Amount
    return amount === undefined || parseDecimal(amount) === 0n
  })
}
