import {
  DescribeSavingsPlansOfferingRatesCommand,
  type DescribeSavingsPlansOfferingRatesCommandInput,
  type DescribeSavingsPlansOfferingRatesCommandOutput,
  type SavingsPlanOfferingRate,
  SavingsPlanPaymentOption,
} from '@aws-sdk/client-savingsplans'
import { UnexpectedAnswerError } from '../../errors.ts'
import { itemsOf } from '../answer-lists.ts'
import type { PricingContext } from './clients.ts'
import { mergePages } from './merge-pages.ts'
import type { PriceRow } from './read-product.ts'

/** The most that the Savings Plans API gives. */
const PAGE_SIZE = 1000
const QUERIES_AT_ONCE = 4
const YEAR_SECONDS = 31_536_000

/** What the two APIs call an operating system. */
const OPERATING_SYSTEMS: Readonly<Record<string, string>> = {
  'Linux/UNIX': 'Linux',
  Windows: 'Windows',
  'Red Hat Enterprise Linux': 'RHEL',
  'SUSE Linux': 'SUSE',
}
const TENANCIES: Readonly<Record<string, string>> = { shared: 'Shared', dedicated: 'Dedicated' }

const PLAN_TYPES = ['Compute', 'EC2Instance'] as const

/** What an hour of an instance costs under each Savings Plan that covers EC2, of either term, for each way to pay. */
export async function* collectSavingsPlanRates(context: PricingContext): AsyncGenerator<PriceRow> {
  const lists = PLAN_TYPES.flatMap((planType) =>
    Object.values(SavingsPlanPaymentOption).map(
      (paymentOption) => () =>
        askRates(context, { savingsPlanTypes: [planType], savingsPlanPaymentOptions: [paymentOption] }),
    ),
  )
  for await (const page of mergePages(lists, QUERIES_AT_ONCE)) {
    yield* context.each(page, 'searchResults', (rate) => readRate(rate, context.partition))
  }
}

/** The pages of a query, for which the SDK has no paginator. None at all is said, as of products. */
async function* askRates(
  { clients, signal, note }: PricingContext,
  plans: DescribeSavingsPlansOfferingRatesCommandInput,
): AsyncGenerator<DescribeSavingsPlansOfferingRatesCommandOutput> {
  const input: DescribeSavingsPlansOfferingRatesCommandInput = {
    ...plans,
    products: ['EC2'],
    serviceCodes: ['AmazonEC2'],
    filters: [
      { name: 'tenancy', values: ['shared'] },
      { name: 'productDescription', values: Object.keys(OPERATING_SYSTEMS) },
    ],
    maxResults: PAGE_SIZE,
  }
  let isEmpty = true
  let nextToken: string | undefined
  do {
    const command = new DescribeSavingsPlansOfferingRatesCommand({ ...input, nextToken })
    const page = await clients.savingsplans.send(command, { abortSignal: signal })
    if (page.searchResults?.length) isEmpty = false
    yield page
    nextToken = page.nextToken
  } while (nextToken)
  if (isEmpty)
    note(`AWS lists no rates of ${plans.savingsPlanTypes} plans, ${plans.savingsPlanPaymentOptions}`)
}

function readRate(rate: SavingsPlanOfferingRate, priceList: string): PriceRow {
  const { savingsPlanOffering: offering = {}, usageType = '', operation = '' } = rate
  const { offeringId = '', durationSeconds = 0 } = offering
  const properties = Object.fromEntries(
    itemsOf(rate.properties).map(({ name, value }) => [name ?? '', value ?? '']),
  )
  const { region = '', instanceType = '', productDescription = '', tenancy = '', ...attributes } = properties
  return {
    schema: 'aws_price/1',
    row: {
      rate_code: [offeringId, usageType, operation].join('.'),
      currency: offering.currency ?? '',
      price_list: priceList,
      service_code: rate.serviceCode ?? '',
      term: 'SavingsPlan',
      sku: offeringId,
      product_family: '',
      region,
      location: '',
      usage_type: usageType,
      operation,
      instance_type: instanceType,
      operating_system: OPERATING_SYSTEMS[productDescription] ?? productDescription,
      tenancy: TENANCIES[tenancy] ?? tenancy,
      license_model: '',
      capacity_status: '',
      pre_installed_sw: '',
      volume_type: '',
      savings_plan_type: offering.planType ?? '',
      lease_term: durationSeconds > 0 ? `${durationSeconds / YEAR_SECONDS}yr` : '',
      purchase_option: offering.paymentOption ?? '',
      description: offering.planDescription ?? '',
      unit: rate.unit ?? '',
      price: readRateNumber(rate),
      begin_range: 0,
      end_range: null,
      effective_date: null,
      attributes,
    },
  }
}

function readRateNumber({ rate, savingsPlanOffering, usageType }: SavingsPlanOfferingRate): number {
  const price = rate ? Number(rate) : Number.NaN
  if (Number.isFinite(price)) return price
  throw new UnexpectedAnswerError(
    `the rate of ${usageType} in offering ${savingsPlanOffering?.offeringId} is no number: '${rate}'`,
  )
}
