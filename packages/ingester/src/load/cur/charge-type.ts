/**
 * What kind of charge a line is, in the words that `cost_explorer` uses for its record types.
 * https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html#Lineitem-details-L-LineItemType
 */
const OF_LINE_ITEM_TYPE: Readonly<Record<string, string>> = {
  Usage: 'usage',
  DiscountedUsage: 'ri_covered_usage',
  SavingsPlanCoveredUsage: 'savings_plan_covered_usage',
  SavingsPlanNegation: 'savings_plan_negation',
  SavingsPlanRecurringFee: 'savings_plan_recurring_fee',
  SavingsPlanUpfrontFee: 'savings_plan_upfront_fee',
  RIFee: 'ri_fee',
  Fee: 'fee',
  FlatRateSubscription: 'fee',
  Support: 'support',
  Tax: 'tax',
  Credit: 'credit',
  Refund: 'refund',
}

/** SQL of the charge type, from the SQL of a CUR's line item type. */
export function curChargeType(lineItemType: string): string {
  const names = Object.keys(OF_LINE_ITEM_TYPE)
  const known = `transform(${lineItemType}, [${list(names)}], [${list(Object.values(OF_LINE_ITEM_TYPE))}], 'other')`
  // EdpDiscount, BundledDiscount, PrivateRateDiscount and whatever else AWS grants.
  return `if(endsWith(${lineItemType}, 'Discount'), 'discount', ${known})`
}

/** SQL of the charge type, from FOCUS's columns. https://focus.finops.org/focus-specification/ (Charge Category, Charge Class) */
export function focusChargeType(columns: {
  readonly category: string
  readonly chargeClass: string
  readonly frequency: string
  readonly commitmentType: string
  readonly commitmentStatus: string
}): string {
  const { category, chargeClass, frequency, commitmentType, commitmentStatus } = columns
  const isSavingsPlan = `positionCaseInsensitive(${commitmentType}, 'savings') > 0`
  const isReservation = `${commitmentType} != ''`
  return `multiIf(
    ${category} = 'Tax', 'tax',
    ${category} = 'Credit', 'credit',
    ${category} = 'Refund' OR (${category} IN ('Usage', 'Purchase') AND ${chargeClass} = 'Correction'), 'refund',
    ${category} = 'Purchase' AND ${isSavingsPlan} AND ${frequency} = 'One-Time', 'savings_plan_upfront_fee',
    ${category} = 'Purchase' AND ${isSavingsPlan}, 'savings_plan_recurring_fee',
    ${category} = 'Purchase' AND ${isReservation}, 'ri_fee',
    ${category} = 'Purchase', 'fee',
    ${category} = 'Usage' AND ${commitmentStatus} = 'Unused' AND ${isSavingsPlan}, 'savings_plan_recurring_fee',
    ${category} = 'Usage' AND ${commitmentStatus} = 'Unused', 'ri_fee',
    ${category} = 'Usage' AND ${isSavingsPlan}, 'savings_plan_covered_usage',
    ${category} = 'Usage' AND ${isReservation}, 'ri_covered_usage',
    ${category} = 'Usage', 'usage',
    'other')`
}

function list(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(', ')
}
