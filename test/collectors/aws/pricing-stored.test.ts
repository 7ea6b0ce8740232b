import { readFileSync } from 'node:fs'
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, it } from 'vitest'
import { configEc2 } from '../../../packages/collectors/src/aws/config-ec2.ts'
import { pricing } from '../../../packages/collectors/src/aws/pricing.ts'
import { savingsPlans } from '../../../packages/collectors/src/aws/savings-plans.ts'
import { batch, record } from '../../ingester/factories.ts'
import { usePipeline } from '../../ingester/use-pipeline.ts'
import { ACCOUNT, collect, memoryStore } from '../harness.ts'
import { jsonAnswers, refusal } from '../json-answers.ts'

const stage = usePipeline()
beforeEach(async () => {
  year++
  for (const table of ['aws_pricing', 'collector_runs', 'resource_events']) {
    await stage.polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` })
  }
})

const DAY_MS = 86_400_000
const NO_RATES = { searchResults: [] }

interface List {
  /** Hourly prices of m5.large on demand, by SKU. */
  readonly prices: Readonly<Record<string, string>>
  readonly attributes?: Readonly<Record<string, string>>
  readonly serviceCode?: string
  readonly rates?: object
  readonly region?: string
}

/** Each test has a year of its own: a block that is inserted again is dropped, also from a table that was emptied. */
let year = 2020

/** The messages of a look at the price list on a day of January, the run's record last. */
async function look(day: number, list: List) {
  const { prices, rates = NO_RATES, region } = list
  const { requestHandler } = jsonAnswers({
    GetProducts: ({ Filters }) => ({
      PriceList: isLinuxOnShared(Filters)
        ? Object.entries(prices).map(([sku, price]) => product(sku, price, list))
        : [],
    }),
    DescribeSavingsPlansOfferingRates: rates,
  })
  const now = new Date(Date.UTC(year, 0, day, 4))
  const { bodies } = await collect(pricing, { requestHandler, now, ...(region ? { region } : {}) })
  return bodies
}

function isLinuxOnShared(filters: unknown): boolean {
  const text = JSON.stringify(filters)
  return text.includes('"Linux"') && text.includes('"Shared"')
}

function product(sku: string, price: string, { attributes, serviceCode = 'AmazonEC2' }: List): string {
  return JSON.stringify({
    serviceCode,
    product: {
      sku,
      productFamily: 'Compute Instance',
      attributes: {
        regionCode: 'us-east-1',
        instanceType: 'm5.large',
        operatingSystem: 'Linux',
        operation: 'RunInstances',
        tenancy: 'Shared',
        capacitystatus: 'Used',
        ...attributes,
      },
    },
    terms: {
      OnDemand: {
        t: { priceDimensions: { d: { rateCode: `${sku}.T.R`, unit: 'Hrs', pricePerUnit: { USD: price } } } },
      },
    },
  })
}

async function ingest(bodies: readonly string[]): Promise<void> {
  const sender = 'AROACONTROL:pricing'
  const answer = await stage.polo.ingest(batch(...bodies.map((body) => record(body, { sender }))))
  expect(answer).toEqual({ batchItemFailures: [] })
}

function queriesOf(page: string): string[] {
  const text = readFileSync(new URL(`../../../docs/${page}.md`, import.meta.url), 'utf8')
  return [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, query = '']) => query)
}

const current = () => stage.polo.select('SELECT sku, price FROM current_prices ORDER BY sku')

it('lists each price once, with what was last seen of it, in whatever order the looks are stored', async () => {
  const first = await look(1, { prices: { A: '1', B: '2' } })
  const second = await look(8, { prices: { A: '3', B: '2' } })
  await ingest(second)
  await ingest(first)
  await ingest(second)

  expect(await current()).toEqual([
    { sku: 'A', price: 3 },
    { sku: 'B', price: 2 },
  ])
})

it('drops what AWS no longer lists as soon as a complete look is accounted for, and not before', async () => {
  await ingest(await look(1, { prices: { A: '1', B: '2' } }))
  const second = await look(8, { prices: { A: '1' } })
  const record = second.at(-1) ?? ''

  await ingest([record])
  expect(await current()).toHaveLength(2)
  await ingest(second)
  expect(await current()).toEqual([{ sku: 'A', price: 1 }])
})

it('drops nothing for a look that was not complete, and takes what that one saw', async () => {
  await ingest(await look(1, { prices: { A: '1', B: '2' } }))
  await ingest(await look(8, { prices: { A: '4' }, rates: refusal('AccessDeniedException') }))

  expect(await current()).toEqual([
    { sku: 'A', price: 4 },
    { sku: 'B', price: 2 },
  ])
})

it('lists what was seen while no look was ever complete', async () => {
  await ingest(await look(1, { prices: { A: '1' }, rates: refusal('AccessDeniedException') }))

  expect(await current()).toEqual([{ sku: 'A', price: 1 }])
})

it('does not bring back what was withdrawn when an old look is stored late', async () => {
  const old = await look(1, { prices: { A: '1', B: '2' } })
  await ingest(await look(8, { prices: { A: '1' } }))
  await ingest(old)

  expect(await current()).toEqual([{ sku: 'A', price: 1 }])
})

it('prices an instance as the newest look does while what that one did not see is not withdrawn', async () => {
  await ingest(await look(1, { prices: { A: '0.096' } }))
  await ingest(await look(8, { prices: { B: '0.08', C: '0' }, rates: refusal('AccessDeniedException') }))

  expect(await stage.polo.select('SELECT hourly_price FROM ec2_on_demand_prices')).toEqual([
    { hourly_price: 0.08 },
  ])
})

it('drops nothing of one price list for a look at another', async () => {
  await ingest(await look(1, { prices: { A: '1' } }))
  await ingest(await look(8, { prices: { C: '9' }, region: 'cn-northwest-1' }))

  expect(await current()).toHaveLength(2)
})

it('prices an instance that config_ec2 saw, on demand and under Savings Plans', async () => {
  const rate = {
    savingsPlanOffering: {
      offeringId: 'o-1',
      paymentOption: 'No Upfront',
      planType: 'Compute',
      durationSeconds: 31_536_000,
      currency: 'USD',
    },
    rate: '0.07',
    unit: 'Hrs',
    serviceCode: 'AmazonEC2',
    usageType: 'BoxUsage:m5.large',
    operation: 'RunInstances',
    properties: [
      { name: 'region', value: 'us-east-1' },
      { name: 'instanceType', value: 'm5.large' },
      { name: 'productDescription', value: 'Linux/UNIX' },
      { name: 'tenancy', value: 'shared' },
    ],
  }
  const instance = {
    InstanceId: 'i-1',
    InstanceType: 'm5.large',
    UsageOperation: 'RunInstances',
    Placement: { Tenancy: 'default' },
  } as const
  await ingest(
    await look(1, {
      prices: { A: '0.096' },
      attributes: { marketoption: 'OnDemand' },
      rates: ({ savingsPlanTypes }: { savingsPlanTypes?: unknown }) =>
        String(savingsPlanTypes) === 'Compute' ? { searchResults: [rate] } : NO_RATES,
    }),
  )
  await ingest(await look(1, { prices: { B: '7' }, attributes: { marketoption: 'CapacityBlock' } }))
  mockClient(EC2Client)
    .on(DescribeInstancesCommand)
    .resolves({ Reservations: [{ Instances: [instance] }] })
  await ingest((await collect(configEc2, { slot: new Date() })).bodies)

  const prices = await stage.polo.select(`
    SELECT instance.resource_id AS instance, on_demand.hourly_price AS on_demand, plan.hourly_price AS plan
    FROM resource_events AS instance FINAL
    JOIN ec2_on_demand_prices AS on_demand
        ON on_demand.region = instance.aws_region
        AND on_demand.instance_type = instance.properties['instance_type']
        AND on_demand.usage_operation = instance.properties['usage_operation']
        AND on_demand.tenancy = instance.properties['tenancy']
    JOIN ec2_savings_plan_prices AS plan
        USING (region, instance_type, usage_operation, tenancy, currency)
    WHERE plan.savings_plan_type = 'Compute' AND plan.lease_term = '1yr' AND plan.purchase_option = 'No Upfront'`)

  expect(prices).toEqual([{ instance: 'i-1', on_demand: 0.096, plan: 0.07 }])
})

it('prices an instance in a local zone as there, and not as in the region, by the query of docs/prices.md', async () => {
  const list = { attributes: { regionCode: 'us-west-2' }, prices: { A: '0.096' } }
  const zone = { attributes: { regionCode: 'us-west-2-lax-1' }, prices: { B: '0.115' } }
  // Of two looks of which none is whole, each adds to the other.
  for (const part of [list, zone])
    await ingest(await look(1, { ...part, rates: refusal('AccessDeniedException') }))
  const instance = (id: string, zoneName: string) =>
    ({
      InstanceId: id,
      InstanceType: 'm5.large',
      UsageOperation: 'RunInstances',
      State: { Name: 'running' },
      Placement: { Tenancy: 'default', AvailabilityZone: zoneName },
    }) as const
  mockClient(EC2Client)
    .on(DescribeInstancesCommand)
    .resolves({
      Reservations: [
        {
          Instances: [
            instance('i-region', 'us-west-2a'),
            instance('i-zone', 'us-west-2-lax-1a'),
            instance('i-wavelength', 'us-west-2-wl1-las-wlz-1'),
          ],
        },
      ],
    })
  await ingest((await collect(configEc2, { slot: new Date(), region: 'us-west-2' })).bodies)

  const query = queriesOf('prices').find((text) => text.includes('monthly_list_price')) ?? ''
  const rows = await stage.polo.select(query)
  expect(Object.fromEntries(rows.map((row) => [row.resource_id, row.monthly_list_price]))).toEqual({
    'i-region': expect.closeTo(0.096 * 730, 6),
    'i-zone': expect.closeTo(0.115 * 730, 6),
    'i-wavelength': null,
  })
})

it('tells the price of a public IPv4 address by region, in use and idle', async () => {
  const address = (usagetype: string) => ({ regionCode: 'eu-west-1', instanceType: '', usagetype })
  await ingest(
    await look(1, {
      prices: { A: '0.005' },
      attributes: address('EU-PublicIPv4:InUseAddress'),
      serviceCode: 'AmazonVPC',
    }),
  )
  await ingest(
    await look(2, {
      prices: { B: '0.006' },
      attributes: address('EU-PublicIPv4:IdleAddress'),
      serviceCode: 'AmazonVPC',
      rates: refusal('AccessDeniedException'),
    }),
  )

  expect(await stage.polo.select('SELECT * FROM public_ipv4_prices ORDER BY use')).toEqual([
    { region: 'eu-west-1', use: 'idle', currency: 'USD', hourly_price: 0.006 },
    { region: 'eu-west-1', use: 'in_use', currency: 'USD', hourly_price: 0.005 },
  ])
})

it.each(['prices', 'savings-plans'])('takes the queries of docs/%s.md', async (page) => {
  const queries = queriesOf(page)

  expect(queries).not.toEqual([])
  for (const query of queries) expect(await stage.polo.select(query)).toEqual([])
})

it('has a row for each plan and day of its commitment, restated by later looks, without what AWS does not say', async () => {
  const state = memoryStore()
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
  const dayOf = (daysAgo: number) => new Date(today - daysAgo * DAY_MS).toISOString().slice(0, 10)
  const plan = `arn:aws:savingsplans::${ACCOUNT}:savingsplan/sp-1`
  const days = async (daysAgo: number, used: string) => {
    const { requestHandler } = jsonAnswers({
      DescribeSavingsPlans: { savingsPlans: [] },
      GetSavingsPlansUtilization: {
        SavingsPlansUtilizationsByTime: [
          { TimePeriod: { Start: dayOf(3) }, Utilization: { TotalCommitment: '24' } },
        ],
      },
      GetSavingsPlansCoverage: { SavingsPlansCoverages: [] },
      GetSavingsPlansUtilizationDetails: ({ TimePeriod }) => ({
        SavingsPlansUtilizationDetails: JSON.stringify(TimePeriod).includes(`"Start":"${dayOf(3)}"`)
          ? [
              {
                SavingsPlanArn: plan,
                Utilization: { TotalCommitment: '24', UsedCommitment: used, UtilizationPercentage: '50' },
                AmortizedCommitment: { TotalAmortizedCommitment: '24.5' },
                Savings: { NetSavings: '-12' },
              },
            ]
          : [],
      }),
    })
    const slot = new Date(today - daysAgo * DAY_MS)
    return (await collect(savingsPlans, { requestHandler, state, slot, now: slot })).bodies
  }
  const first = await days(2, '12')
  await ingest(await days(1, '13'))
  await ingest(first)

  expect(await stage.polo.select('SELECT * FROM savings_plan_days')).toEqual([
    {
      day: dayOf(3),
      aws_account_id: ACCOUNT,
      savings_plan_arn: plan,
      currency: 'USD',
      total_commitment: 24,
      used_commitment: 13,
      unused_commitment: null,
      utilization_percentage: 50,
      amortized_recurring_commitment: null,
      amortized_upfront_commitment: null,
      total_amortized_commitment: 24.5,
      net_savings: -12,
      on_demand_cost_equivalent: null,
      observed_at: `${dayOf(1)} 00:00:00.000`,
    },
  ])
})
