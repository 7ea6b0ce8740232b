import type { ResourceEvent } from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { chargeTypeOf } from '../../../packages/collectors/src/aws/cost-explorer/charge-type.ts'
import { formatDecimal, parseDecimal } from '../../../packages/collectors/src/aws/cost-explorer/decimal.ts'
import { costExplorer } from '../../../packages/collectors/src/aws/cost-explorer.ts'
import { ACCOUNT, collect, recordedAnswer, SLOT } from '../harness.ts'
import {
  amountOf,
  costExplorerAnswers,
  fixedAnswers,
  lookedBefore,
  type TestCharge,
} from './cost-explorer-answers.ts'

const LINKED = '111111111111'

const Answer = z.object({
  ResultsByTime: z.array(
    z.object({
      TimePeriod: z.object({ Start: z.string(), End: z.string() }),
      Groups: z.array(
        z.object({
          Keys: z.array(z.string()),
          Metrics: z.record(z.string(), z.object({ Amount: z.string() })),
        }),
      ),
    }),
  ),
})

interface SourceLine {
  readonly day: string
  readonly service: string
  readonly amount: string
}

/** Real answers, the metric that they have, how many groups they are, and what these come to, summed elsewhere. */
const SAMPLES = [
  ['cost-explorer-cloudscape/get_cost_and_usage.json', 'UnblendedCost', 76, '980.2498486593'],
  ['cost-explorer-cloudtoolbox/get_cost_and_usage_daily.json', 'UnblendedCost', 443, '18.9655157543'],
  ['cost-explorer-hms-dbmi/get_cost_and_usage_byUser.json', 'BlendedCost', 14, '5.9922584254'],
  ['cost-explorer-hms-dbmi/get_cost_and_usage_none.json', 'BlendedCost', 0, '0'],
  ['aws-cli-docs/ce/get-cost-and-usage__1.json', 'UnblendedCost', 2, '40.6226137778'],
] as const

/**
 * The lines of a real answer. Cost Explorer can be asked for one set of groups in many ways, and none of these was asked by
 * account: that key is put in front, and nothing else is changed.
 */
function readSample(path: string, metric: string): SourceLine[] {
  return Answer.parse(recordedAnswer(path)).ResultsByTime.flatMap(({ TimePeriod, Groups }) =>
    Groups.map(({ Keys, Metrics }) => ({
      day: TimePeriod.Start,
      service: Keys.join(' / '),
      amount: Metrics[metric]?.Amount ?? '',
    })),
  )
}

/** As Cost Explorer pages it: `perPage` groups at a time. */
function pagesOf(lines: readonly SourceLine[], perPage: number): object[] {
  const starts = Array.from({ length: Math.max(1, Math.ceil(lines.length / perPage)) }, (_, index) => index)
  return starts.map((index) => ({
    ResultsByTime: lines.slice(index * perPage, (index + 1) * perPage).map(({ day, service, amount }) => ({
      TimePeriod: { Start: day, End: day },
      Total: {},
      Groups: [{ Keys: [LINKED, service], Metrics: { UnblendedCost: { Amount: amount, Unit: 'USD' } } }],
    })),
    ...(index + 1 < starts.length ? { NextPageToken: String(index) } : {}),
  }))
}

function control(lines: readonly SourceLine[]): object {
  const days = [...new Set(lines.map(({ day }) => day))]
  return {
    ResultsByTime: days.map((day) => ({
      TimePeriod: { Start: day, End: day },
      Groups: [
        {
          Keys: ['Usage'],
          Metrics: {
            UnblendedCost: { Amount: sumOf(lines.filter((line) => line.day === day)), Unit: 'USD' },
          },
        },
      ],
    })),
  }
}

function sumOf(lines: readonly { readonly amount: string }[]): string {
  return formatDecimal(lines.reduce((sum, { amount }) => sum + parseDecimal(amount), 0n))
}

describe('the cost events of a real answer', () => {
  it.each(SAMPLES)('add up to it in %s, per account, service and day', async (path, metric, count, total) => {
    const lines = readSample(path, metric)
    expect(lines).toHaveLength(count)
    const empty = { ResultsByTime: [] }
    const answers = lines.length > 0 ? [control(lines), ...pagesOf(lines, 10), empty, empty] : [empty, empty]
    const { requestHandler } = fixedAnswers(answers)

    const { events, run } = await collect(costExplorer, { requestHandler, state: lookedBefore(SLOT) })

    expect(run).toMatchObject({ status: 'complete', rejected: 0, notes: [] })
    const costs = events.filter(({ event_type }) => event_type === 'cost')
    expect(
      costs.map(({ aws_account_id, event_time, resource_id, properties }) => ({
        account: aws_account_id,
        day: event_time.slice(0, 10),
        service: resource_id,
        amount: properties.unblended_cost,
      })),
    ).toEqual(lines.map((line) => ({ account: LINKED, ...line })))
    expect(sumOf(lines)).toBe(total)
    expect(costs.reduce((sum, { value }) => sum + value, 0).toFixed(2)).toBe(Number(total).toFixed(2))
  })
})

const RECORD_TYPES = [
  'Usage',
  'Tax',
  'Credit',
  'Refund',
  'SavingsPlanNegation',
  'Bundled Discount',
  'Unheard of',
]

const charges = fc.array(
  fc.record({
    day: fc.integer({ min: 1, max: 14 }).map((day) => `2025-03-${String(day).padStart(2, '0')}`),
    account: fc.constantFrom(LINKED, '222222222222', ACCOUNT, ''),
    service: fc.constantFrom('AWS Lambda', 'EC2 - Other', 'Tax', ''),
    recordType: fc.constantFrom(...RECORD_TYPES),
    units: fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }),
  }),
  { maxLength: 60 },
)

/** Sums in units of 10⁻¹⁰ by a key. */
function sums<Item>(items: readonly Item[], key: (item: Item) => string, units: (item: Item) => bigint) {
  const totals = new Map<string, bigint>()
  for (const item of items) totals.set(key(item), (totals.get(key(item)) ?? 0n) + units(item))
  return Object.fromEntries([...totals].sort(([a], [b]) => a.localeCompare(b)))
}

function unitsOf({ properties }: ResourceEvent): bigint {
  return parseDecimal(properties.unblended_cost) / 10n ** 10n
}

describe('cost events', () => {
  it('add up to what AWS says, whatever it says and however it is paged, each charge type apart', async () => {
    await fc.assert(
      fc.asyncProperty(charges, fc.integer({ min: 1, max: 9 }), async (bill, pageSize) => {
        const { requestHandler } = costExplorerAnswers({ charges: bill, pageSize })
        const slot = new Date('2025-03-15T05:30:00.000Z')

        const { events, run } = await collect(costExplorer, {
          requestHandler,
          slot,
          now: slot,
          state: lookedBefore(slot),
        })

        expect(run).toMatchObject({ status: 'complete', rejected: 0 })
        const costs = events.filter(({ event_type }) => event_type === 'cost')
        expect(new Set(costs.map(({ event_id }) => event_id)).size).toBe(costs.length)
        expect(
          sums(
            costs,
            ({ aws_account_id, resource_id, event_time, properties: { charge_type } }) =>
              [aws_account_id, resource_id, event_time.slice(0, 10), charge_type].join('|'),
            unitsOf,
          ),
        ).toEqual(sums(bill, keyOf, ({ units }) => units))
      }),
      { numRuns: 40 },
    )
  })

  it('add up to the total of each record type, whatever of it has no account and service', async () => {
    const both = fc.record({ charges, unallocated: charges })
    await fc.assert(
      fc.asyncProperty(both, async (bill) => {
        const { requestHandler } = costExplorerAnswers(bill)
        const slot = new Date('2025-03-15T05:30:00.000Z')

        const { events } = await collect(costExplorer, {
          requestHandler,
          slot,
          now: slot,
          state: lookedBefore(slot),
        })

        const costs = events.filter(({ event_type }) => event_type === 'cost')
        const byType = sums(costs, ({ properties }) => properties.record_type ?? '', unitsOf)
        const wanted = sums(
          [...bill.charges, ...bill.unallocated],
          ({ recordType }) => recordType,
          ({ units }) => units,
        )
        for (const recordType of RECORD_TYPES) {
          const missing = (wanted[recordType] ?? 0n) - (byType[recordType] ?? 0n)
          // Up to the rounding of each of 14 days.
          expect(Number(missing) / 1e10).toBeCloseTo(0, 2)
        }
      }),
      { numRuns: 40 },
    )
  })
})

function keyOf({ account, service, day, recordType = '' }: TestCharge): string {
  return [account || ACCOUNT, service || 'NoService', day, chargeTypeOf(recordType)].join('|')
}

describe('an amount', () => {
  it('is read as the number that it is, and written with as few digits as say it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (units) => {
        expect(parseDecimal(amountOf(units))).toBe(units * 10n ** 10n)
        expect(formatDecimal(parseDecimal(amountOf(units)))).toBe(amountOf(units))
      }),
    )
  })

  it.each([
    ['1.2E-7', '0.00000012'],
    ['-8.038363727e-1', '-0.8038363727'],
    ['1E3', '1000'],
    ['+5', '5'],
    ['7.', '7'],
    ['0.000', '0'],
    ['-0', '0'],
    ['1e-30', '0'],
  ])('is %s as %s', (text, written) => {
    expect(formatDecimal(parseDecimal(text))).toBe(written)
  })

  it.each(['', ' 1', '1,5', 'NaN', 'Infinity', '0x10', '1e', '--1', '1e9999'])('is not "%s"', (text) => {
    expect(() => parseDecimal(text)).toThrow('is no amount')
  })
})

describe('a record type', () => {
  it.each([
    ['Usage', 'usage'],
    ['DiscountedUsage', 'ri_covered_usage'],
    ['SavingsPlanCoveredUsage', 'savings_plan_covered_usage'],
    ['SavingsPlanNegation', 'savings_plan_negation'],
    ['SavingsPlanRecurringFee', 'savings_plan_recurring_fee'],
    ['SavingsPlanUpfrontFee', 'savings_plan_upfront_fee'],
    ['Recurring', 'ri_fee'],
    ['RIFee', 'ri_fee'],
    ['Upfront', 'ri_fee'],
    ['Fee', 'fee'],
    ['Support', 'support'],
    ['Tax', 'tax'],
    ['Credit', 'credit'],
    ['Refund', 'refund'],
    ['Enterprise Discount Program Discount', 'discount'],
    ['Solution Provider Program Discount', 'discount'],
    ['EdpDiscount', 'discount'],
    ['BundledDiscount', 'discount'],
    ['Other', 'other'],
    ['constructor', 'other'],
    ['', 'other'],
  ])('%s is of the charge type %s', (recordType, chargeType) => {
    expect(chargeTypeOf(recordType)).toBe(chargeType)
  })
})
