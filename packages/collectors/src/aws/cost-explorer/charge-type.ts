/**
 * What kinds of charges there are, by what Cost Explorer calls a record type and the Cost and Usage Report a line item type:
 * https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html#Lineitem-details-L-LineItemType
 */
const CHARGE_TYPES: Readonly<Record<string, string>> = {
  usage: 'usage',
  discountedusage: 'ri_covered_usage',
  savingsplancoveredusage: 'savings_plan_covered_usage',
  savingsplannegation: 'savings_plan_negation',
  savingsplanrecurringfee: 'savings_plan_recurring_fee',
  savingsplanupfrontfee: 'savings_plan_upfront_fee',
  recurring: 'ri_fee',
  rifee: 'ri_fee',
  upfront: 'ri_fee',
  fee: 'fee',
  flatratesubscription: 'fee',
  support: 'support',
  tax: 'tax',
  credit: 'credit',
  refund: 'refund',
}

/** 'other' for one that nobody knew when this was written: it is counted like any other. */
export function chargeTypeOf(recordType: string): string {
  const name = recordType.toLowerCase().replace(/[^a-z]/g, '')
  if (Object.hasOwn(CHARGE_TYPES, name)) return CHARGE_TYPES[name] ?? 'other'
  // 'Enterprise Discount Program Discount', 'EdpDiscount', 'Bundled Discount' and whatever else AWS grants.
  return name.endsWith('discount') ? 'discount' : 'other'
}
