import type { Observation } from '../../collector.ts'
import { documentProperties, type PropertyTable, readProperties } from '../property-table.ts'
import { chargeTypeOf } from './charge-type.ts'
import { timeOf } from './days.ts'
import type { Group } from './read-groups.ts'

/** What one service cost one account on one day, by one record type. */
export interface CostLine {
  readonly group: Group
  readonly account: string
  /** The account that was asked. */
  readonly payer: string
  readonly service: string
  readonly recordType: string
  readonly accountName: string | undefined
}

export const COST_RESOURCE_TYPE = 'aws:service'
/** In the manner of Cost Explorer's own NoRegion and NoUsageType: money of an account that is no service's, */
export const NO_SERVICE = 'NoService'
/** and money that Cost Explorer has in the total and gives to no account and service. */
export const NO_ACCOUNT = 'NoAccount'

const COST: PropertyTable<CostLine> = {
  charge_type: [
    'usage, tax, credit, refund, fee, discount, support, ri_fee, ri_covered_usage, savings_plan_covered_usage, savings_plan_negation, savings_plan_recurring_fee, savings_plan_upfront_fee or other',
    ({ recordType }) => chargeTypeOf(recordType),
  ],
  record_type: ['What AWS calls the charge type', ({ recordType }) => recordType],
  unblended_cost: ['What the line was billed, to the last digit', ({ group }) => group.costs.unblended_cost],
  amortized_cost: [
    'With what was paid up front spread over its term',
    ({ group }) => group.costs.amortized_cost,
  ],
  net_unblended_cost: ['Unblended cost after discounts', ({ group }) => group.costs.net_unblended_cost],
  net_amortized_cost: ['Amortized cost after discounts', ({ group }) => group.costs.net_amortized_cost],
  blended_cost: ['At the average rate of the organization', ({ group }) => group.costs.blended_cost],
  usage_quantity: [
    'Usage, where all of it has one unit',
    ({ group }) => group.usage?.unit && group.usage.quantity,
  ],
  usage_unit: ['Its unit', ({ group }) => group.usage?.unit],
  estimated: ['Whether AWS may still change it', ({ group }) => group.isEstimated],
  account_name: ['Name of the account', ({ accountName }) => accountName],
  payer_account: ['Account that was asked', ({ payer }) => payer],
}

export const COST_RESOURCE = {
  description: 'AWS service, by the day and by what kind of charge it cost',
  properties: documentProperties(COST),
}

/** One id for account, service, record type and day, as the asked account sees it: a restatement replaces the line. */
export function observeCost(line: CostLine): Observation {
  const { group, account, payer, service, recordType } = line
  return {
    resource_type: COST_RESOURCE_TYPE,
    resource_id: service,
    aws_account_id: account,
    aws_region: '',
    event_type: 'cost',
    event_time: timeOf(group.day),
    discriminator: JSON.stringify([payer, recordType, group.currency, ...group.keys]),
    value: Number(group.costs.unblended_cost),
    unit: group.currency,
    properties: readProperties(COST, line),
  }
}
