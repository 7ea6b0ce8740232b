import { pricing } from '../../../packages/collectors/src/aws/pricing.ts'
import { collect, OBSERVED_AT } from '../harness.ts'
import { jsonAnswers } from '../json-answers.ts'

export const NONE = { FormatVersion: 'aws_v1', PriceList: [] }
export const NO_RATES = { searchResults: [] }
const NOTHING = { GetProducts: NONE, DescribeSavingsPlansOfferingRates: NO_RATES }

export type Input = Readonly<Record<string, unknown>>

export async function lookAtPrices(answers: Parameters<typeof jsonAnswers>[0], region = 'us-east-1') {
  const { requestHandler, asked } = jsonAnswers({ ...NOTHING, ...answers })
  const collected = await collect(pricing, { requestHandler, region })
  return { ...collected, asked, prices: await collected.rows('aws_price/1') }
}

/** `AmazonEC2 productFamily=Storage` */
export function wantsOf({ ServiceCode, Filters }: Input): string {
  const filters = Array.isArray(Filters) ? Filters.map(({ Field, Value }) => `${Field}=${Value}`) : []
  return [ServiceCode, ...filters].join(' ')
}

export function product(sku: string, changes: object = {}): string {
  return JSON.stringify({
    serviceCode: 'AmazonVPC',
    product: { sku, attributes: { regionCode: 'eu-west-1', usagetype: 'EU-PublicIPv4:IdleAddress' } },
    terms: {
      OnDemand: {
        [`${sku}.T`]: {
          effectiveDate: '2026-01-01T00:00:00Z',
          priceDimensions: {
            [`${sku}.T.R`]: { rateCode: `${sku}.T.R`, unit: 'Hrs', pricePerUnit: { USD: '0.0050000000' } },
          },
        },
      },
    },
    ...changes,
  })
}

export const EMPTY = {
  product_family: '',
  region: '',
  location: '',
  usage_type: '',
  operation: '',
  instance_type: '',
  operating_system: '',
  tenancy: '',
  license_model: '',
  capacity_status: '',
  pre_installed_sw: '',
  volume_type: '',
  savings_plan_type: '',
  lease_term: '',
  purchase_option: '',
  description: '',
  begin_range: 0,
  end_range: null,
  effective_date: null,
  attributes: {},
  currency: 'USD',
  price_list: 'aws',
  observed_at: OBSERVED_AT.toISOString(),
}

export const RATE = {
  savingsPlanOffering: {
    offeringId: 'o-1',
    paymentOption: 'No Upfront',
    planType: 'Compute',
    durationSeconds: 94_608_000,
    currency: 'USD',
    planDescription: '3 year No Upfront Compute Savings Plan',
  },
  rate: '0.052',
  unit: 'Hrs',
  productType: 'EC2',
  serviceCode: 'AmazonEC2',
  usageType: 'EUW1-BoxUsage:m5.large',
  operation: 'RunInstances:0010',
  properties: [
    { name: 'region', value: 'eu-west-1' },
    { name: 'instanceType', value: 'm5.large' },
    { name: 'instanceFamily', value: 'm5' },
    { name: 'productDescription', value: 'Red Hat Enterprise Linux' },
    { name: 'tenancy', value: 'shared' },
  ],
}
