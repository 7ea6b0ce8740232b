import type { ResourceType } from '../../collector.ts'

const properties = {
  charge_type: 'Kind of charge, in the words of `cost_explorer` (docs/cost.md)',
  record_type: "What the export calls it: a line item type, or FOCUS's ChargeCategory",
  unblended_cost: 'What was billed, to the last digit',
  amortized_cost: 'With what was paid up front spread over its term',
  net_unblended_cost: 'Unblended cost after discounts',
  net_amortized_cost: 'Amortized cost after discounts',
  usage_type: 'What was used, in the words of the bill',
  operation: 'What was done with it',
  usage_quantity: 'Usage',
  usage_unit: 'Its unit',
  estimated: 'Whether AWS may still change it',
  payer_account: 'Account that pays',
  export_name: 'Export that the lines are of',
}

/** What the view `cost_cur_events` tells the lines of cost exports as. */
export const COST_TYPES: Readonly<Record<string, ResourceType>> = {
  'aws:resource': {
    description:
      'Resource, by the day, the usage type and the kind of charge it cost; a view over the lines, `cost_cur_events`',
    properties,
  },
  'aws:service': { description: 'AWS service: the same of what has no resource id', properties },
}
