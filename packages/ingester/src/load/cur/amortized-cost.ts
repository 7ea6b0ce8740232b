import type { SourceColumns } from './source-columns.ts'

/** What the files must all have for a kind of commitment to be spread: with some of them, money would count twice or not at all. */
const SAVINGS_PLAN = [
  'savings_plan_savings_plan_effective_cost',
  'savings_plan_total_commitment_to_date',
  'savings_plan_used_commitment',
]
const RESERVATION = [
  'reservation_effective_cost',
  'reservation_unused_amortized_upfront_fee_for_billing_period',
  'reservation_unused_recurring_fee',
]

/** Commitments whose amortized cost is what was billed, as the files lack columns. */
export interface UnspreadCommitment {
  readonly name: string
  /** How the charge types begin of the lines that are told. */
  readonly charges: string
  readonly missing: readonly string[]
}

/** The kinds of commitments that the columns do not suffice to spread. */
export function unspreadCommitments(source: SourceColumns): UnspreadCommitment[] {
  const kinds = [
    { name: 'Savings Plans', charges: 'savings_plan_', columns: SAVINGS_PLAN },
    { name: 'reservations', charges: 'ri_', columns: RESERVATION },
  ]
  return kinds.flatMap(({ columns, ...kind }) => {
    const missing = columns.filter((column) => !source.hasEverywhere(column))
    return missing.length === 0 ? [] : [{ ...kind, missing }]
  })
}

export interface CostToSpread {
  /** SQL of the line item type. */
  readonly type: string
  /** SQL of what was billed. */
  readonly unblended: string
  readonly net: '' | 'net_'
}

/** https://docs.aws.amazon.com/cur/latest/userguide/amortized-reservation.html and .../cur-sp.html: what a commitment costs where it is used. */
export function amortizedCost(source: SourceColumns, cost: CostToSpread): string {
  const branches = [...ofSavingsPlans(source, cost), ...ofReservations(source, cost)]
  if (branches.length === 0) return cost.unblended
  return `ifNull(multiIf(${branches.join(', ')}, ${cost.unblended}), ${cost.unblended})`
}

const ZERO = 'toDecimal128(0, 18)'

function ofSavingsPlans(source: SourceColumns, { type, net }: CostToSpread): string[] {
  if (!SAVINGS_PLAN.every(source.hasEverywhere)) return []
  const commitment = orZero(source.money('savings_plan_total_commitment_to_date'))
  const used = orZero(source.money('savings_plan_used_commitment'))
  return [
    `${type} = 'SavingsPlanCoveredUsage', ${money(source, net)('savings_plan', 'savings_plan_effective_cost')}`,
    `${type} = 'SavingsPlanRecurringFee', ${commitment} - ${used}`,
    `${type} IN ('SavingsPlanNegation', 'SavingsPlanUpfrontFee'), ${ZERO}`,
  ]
}

function ofReservations(source: SourceColumns, { type, net }: CostToSpread): string[] {
  if (!RESERVATION.every(source.hasEverywhere)) return []
  const of = money(source, net)
  const unusedUpfront = orZero(of('reservation', 'unused_amortized_upfront_fee_for_billing_period'))
  const unusedRecurring = orZero(of('reservation', 'unused_recurring_fee'))
  const reservation = source.text('reservation_reservation_a_r_n')
  return [
    `${type} = 'DiscountedUsage', ${of('reservation', 'effective_cost')}`,
    `${type} = 'RIFee', ${unusedUpfront} + ${unusedRecurring}`,
    `${type} = 'Fee' AND ${reservation} != '', ${ZERO}`,
  ]
}

/** Nothing was paid upfront, or nothing is unused: the fee itself would count once more where it was used. */
function orZero(amount: string): string {
  return `ifNull(${amount}, ${ZERO})`
}

function money(source: SourceColumns, net: CostToSpread['net']) {
  return (family: string, column: string) => {
    const gross = source.money(`${family}_${column}`)
    return net === '' ? gross : `ifNull(${source.money(`${family}_net_${column}`)}, ${gross})`
  }
}
