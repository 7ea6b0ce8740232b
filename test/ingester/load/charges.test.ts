import { expect, it } from 'vitest'
import { fileLoad, LEGACY, type Line, loadFiles, useCurLoads, writeLines } from './cur-loads.ts'

const stage = useCurLoads()

const FOCUS: Line = { ChargePeriodStart: '2025-01-01 00:00:00', SubAccountId: '111122223333' }

/** `unblended`, `amortized`, `net` and `net_amortized` by charge type. */
function storedCosts() {
  return stage.polo.select(
    `SELECT line_item_type AS type, charge_type AS charge, toString(unblended_cost) AS unblended, toString(amortized_cost) AS amortized,
       toString(net_unblended_cost) AS net, toString(net_amortized_cost) AS net_amortized
     FROM cost_line_items ORDER BY line_item_id`,
  )
}

it('keeps each kind of charge apart, and spreads commitments over where they are used', async () => {
  const lines: Line[] = [
    { 'lineItem/LineItemType': 'Usage', 'lineItem/UnblendedCost': '10', 'lineItem/NetUnblendedCost': '9' },
    {
      'lineItem/LineItemType': 'DiscountedUsage',
      'lineItem/UnblendedCost': '0',
      'reservation/EffectiveCost': '3',
      'reservation/NetEffectiveCost': '2.5',
      'reservation/ReservationARN': 'arn:ri',
    },
    {
      'lineItem/LineItemType': 'SavingsPlanCoveredUsage',
      'lineItem/UnblendedCost': '8',
      'savingsPlan/SavingsPlanEffectiveCost': '5',
      'savingsPlan/SavingsPlanARN': 'arn:sp',
    },
    { 'lineItem/LineItemType': 'SavingsPlanNegation', 'lineItem/UnblendedCost': '-8' },
    {
      'lineItem/LineItemType': 'SavingsPlanRecurringFee',
      'lineItem/UnblendedCost': '6',
      'savingsPlan/TotalCommitmentToDate': '6',
      'savingsPlan/UsedCommitment': '5',
    },
    { 'lineItem/LineItemType': 'SavingsPlanUpfrontFee', 'lineItem/UnblendedCost': '100' },
    {
      'lineItem/LineItemType': 'RIFee',
      'lineItem/UnblendedCost': '4',
      'reservation/UnusedAmortizedUpfrontFeeForBillingPeriod': '1',
      'reservation/UnusedRecurringFee': '0.5',
      'reservation/ReservationARN': 'arn:ri',
    },
    {
      'lineItem/LineItemType': 'Fee',
      'lineItem/UnblendedCost': '50',
      'reservation/ReservationARN': 'arn:ri',
    },
    { 'lineItem/LineItemType': 'Fee', 'lineItem/UnblendedCost': '7' },
    { 'lineItem/LineItemType': 'Tax', 'lineItem/UnblendedCost': '1.9' },
    { 'lineItem/LineItemType': 'Credit', 'lineItem/UnblendedCost': '-2.5' },
    { 'lineItem/LineItemType': 'Refund', 'lineItem/UnblendedCost': '-1' },
    { 'lineItem/LineItemType': 'EdpDiscount', 'lineItem/UnblendedCost': '-0.4' },
    { 'lineItem/LineItemType': 'BundledDiscount', 'lineItem/UnblendedCost': '-0.3' },
    { 'lineItem/LineItemType': 'SomethingNew', 'lineItem/UnblendedCost': '0.01' },
  ]
  await writeLines(
    stage.directory,
    'x.csv',
    lines.map((line, index) => ({
      ...LEGACY,
      ...line,
      'identity/LineItemId': String(index).padStart(2, '0'),
    })),
  )
  const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, './')])
  expect(load).toMatchObject({
    status: 'loaded',
    error: '',
    sums: { unblended_cost: '174.71', amortized_cost: '25.21' },
  })
  const row = (type: string, charge: string, ...[unblended, amortized, net, net_amortized]: string[]) => ({
    type,
    charge,
    unblended,
    amortized,
    net,
    net_amortized,
  })
  expect(await storedCosts()).toEqual([
    row('Usage', 'usage', '10', '10', '9', '9'),
    row('DiscountedUsage', 'ri_covered_usage', '0', '3', '0', '2.5'),
    row('SavingsPlanCoveredUsage', 'savings_plan_covered_usage', '8', '5', '8', '5'),
    row('SavingsPlanNegation', 'savings_plan_negation', '-8', '0', '-8', '0'),
    row('SavingsPlanRecurringFee', 'savings_plan_recurring_fee', '6', '1', '6', '1'),
    row('SavingsPlanUpfrontFee', 'savings_plan_upfront_fee', '100', '0', '100', '0'),
    row('RIFee', 'ri_fee', '4', '1.5', '4', '1.5'),
    row('Fee', 'fee', '50', '0', '50', '0'),
    row('Fee', 'fee', '7', '7', '7', '7'),
    row('Tax', 'tax', '1.9', '1.9', '1.9', '1.9'),
    row('Credit', 'credit', '-2.5', '-2.5', '-2.5', '-2.5'),
    row('Refund', 'refund', '-1', '-1', '-1', '-1'),
    row('EdpDiscount', 'discount', '-0.4', '-0.4', '-0.4', '-0.4'),
    row('BundledDiscount', 'discount', '-0.3', '-0.3', '-0.3', '-0.3'),
    row('SomethingNew', 'other', '0.01', '0.01', '0.01', '0.01'),
  ])
})

it('spreads commitments that were not paid upfront, or are used up, as what is empty in Parquet too', async () => {
  await stage.polo.clickhouse.command({
    query: `INSERT INTO FUNCTION file('${stage.directory}/x.parquet', 'Parquet') SELECT
      toDateTime64('2025-01-01 00:00:00', 3, 'UTC') AS line_item_usage_start_date, '111122223333' AS line_item_usage_account_id,
      line.1 AS identity_line_item_id, line.2 AS line_item_line_item_type, line.3 AS line_item_unblended_cost,
      line.4 AS reservation_effective_cost, line.5 AS reservation_unused_amortized_upfront_fee_for_billing_period,
      line.6 AS reservation_unused_recurring_fee, line.7 AS savings_plan_savings_plan_effective_cost,
      line.8 AS savings_plan_total_commitment_to_date, line.9 AS savings_plan_used_commitment
      FROM (SELECT arrayJoin(CAST([
        ('1', 'RIFee', 4., NULL, NULL, 0.5, NULL, NULL, NULL), ('2', 'RIFee', 4., NULL, 1.5, NULL, NULL, NULL, NULL),
        ('3', 'RIFee', 4., NULL, NULL, NULL, NULL, NULL, NULL), ('4', 'DiscountedUsage', 0., 4., NULL, NULL, NULL, NULL, NULL),
        ('5', 'SavingsPlanRecurringFee', 6., NULL, NULL, NULL, NULL, 6., NULL)
      ], 'Array(Tuple(String, String, Float64, Nullable(Float64), Nullable(Float64), Nullable(Float64), Nullable(Float64), Nullable(Float64), Nullable(Float64)))')) AS line)`,
  })
  expect(await loadFiles(stage.polo, [fileLoad(stage.directory, './')])).toMatchObject([
    { status: 'loaded', error: '' },
  ])
  expect((await storedCosts()).map(({ amortized }) => amortized)).toEqual(['0.5', '1.5', '0', '4', '6'])
})

const EFFECTIVE = {
  plan: 'savingsPlan/SavingsPlanEffectiveCost',
  reservation: 'reservation/EffectiveCost',
}

it.each([
  {
    lacks: 'all of their columns',
    columns: {},
    said:
      'Savings Plans as billed: the files lack savings_plan_savings_plan_effective_cost, savings_plan_total_commitment_to_date, ' +
      'savings_plan_used_commitment; reservations as billed: the files lack reservation_effective_cost, ' +
      'reservation_unused_amortized_upfront_fee_for_billing_period, reservation_unused_recurring_fee',
  },
  {
    lacks: 'those of what was not used',
    columns: { [EFFECTIVE.plan]: '5', [EFFECTIVE.reservation]: '3' },
    said:
      'Savings Plans as billed: the files lack savings_plan_total_commitment_to_date, savings_plan_used_commitment; ' +
      'reservations as billed: the files lack reservation_unused_amortized_upfront_fee_for_billing_period, reservation_unused_recurring_fee',
  },
])(
  'takes commitments as they were billed where a report lacks $lacks, and says so',
  async ({ columns, said }) => {
    const costs = [
      ['SavingsPlanCoveredUsage', '8'],
      ['SavingsPlanNegation', '-8'],
      ['SavingsPlanRecurringFee', '6'],
      ['SavingsPlanUpfrontFee', '100'],
      ['DiscountedUsage', '0'],
      ['RIFee', '4'],
      ['Fee', '50'],
    ] as const
    const covered = new Set<string>(['SavingsPlanCoveredUsage', 'DiscountedUsage'])
    await writeLines(
      stage.directory,
      'x.csv',
      costs.map(([type, cost], index) => ({
        ...LEGACY,
        'lineItem/LineItemType': type,
        'lineItem/UnblendedCost': cost,
        'reservation/ReservationARN': 'arn:ri',
        'identity/LineItemId': String(index),
        ...(covered.has(type) && columns),
      })),
    )
    const [load] = await loadFiles(stage.polo, [fileLoad(stage.directory, './')])

    expect(load).toMatchObject({
      status: 'loaded',
      sums: { unblended_cost: '160', amortized_cost: '160' },
      details: { amortized_cost: said },
    })
    const stored = await storedCosts()
    expect(stored.map(({ amortized, net_amortized }) => [amortized, net_amortized])).toEqual(
      costs.map(([, cost]) => [cost, cost]),
    )
  },
)

it('tells the kinds of charges of FOCUS in the same words', async () => {
  const plan = { CommitmentDiscountType: 'Savings Plan', CommitmentDiscountId: 'arn:sp' }
  const reservation = { CommitmentDiscountType: 'Reserved Instance', CommitmentDiscountId: 'arn:ri' }
  const lines: readonly (readonly [string, Line])[] = [
    ['usage', { ChargeCategory: 'Usage' }],
    ['savings_plan_covered_usage', { ChargeCategory: 'Usage', ...plan, CommitmentDiscountStatus: 'Used' }],
    ['ri_covered_usage', { ChargeCategory: 'Usage', ...reservation, CommitmentDiscountStatus: 'Used' }],
    ['savings_plan_recurring_fee', { ChargeCategory: 'Usage', ...plan, CommitmentDiscountStatus: 'Unused' }],
    ['ri_fee', { ChargeCategory: 'Usage', ...reservation, CommitmentDiscountStatus: 'Unused' }],
    ['refund', { ChargeCategory: 'Usage', ChargeClass: 'Correction' }],
    ['refund', { ChargeCategory: 'Purchase', ChargeClass: 'Correction', ...reservation }],
    ['tax', { ChargeCategory: 'Tax', ChargeClass: 'Correction' }],
    ['savings_plan_upfront_fee', { ChargeCategory: 'Purchase', ...plan, ChargeFrequency: 'One-Time' }],
    ['savings_plan_recurring_fee', { ChargeCategory: 'Purchase', ...plan, ChargeFrequency: 'Recurring' }],
    ['ri_fee', { ChargeCategory: 'Purchase', ...reservation, ChargeFrequency: 'Recurring' }],
    ['fee', { ChargeCategory: 'Purchase', ChargeFrequency: 'Recurring' }],
    ['tax', { ChargeCategory: 'Tax' }],
    ['credit', { ChargeCategory: 'Credit' }],
    ['other', { ChargeCategory: 'Adjustment' }],
  ]
  await writeLines(
    stage.directory,
    'x.csv',
    lines.map(([, line], index) => ({
      ...FOCUS,
      BilledCost: '2',
      EffectiveCost: '1',
      ...line,
      Id: String(index).padStart(2, '0'),
    })),
  )
  await loadFiles(stage.polo, [fileLoad(stage.directory, './')])
  const costs = await storedCosts()
  expect(costs.map(({ charge }) => charge)).toEqual(lines.map(([charge]) => charge))
  expect(costs[0]).toMatchObject({ unblended: '2', amortized: '1', net: '2', net_amortized: '1' })
})
