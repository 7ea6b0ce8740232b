import { describe, expect, it } from 'vitest'
import { recordedText } from '../harness.ts'
import { refusal } from '../json-answers.ts'
import { EMPTY, type Input, lookAtPrices, NO_RATES, NONE, product, RATE, wantsOf } from './price-answers.ts'

const A1 = 'get-products__TERM_MATCH_operatingSystem_Linux_TERM_MATCH_op__51d49566.json'
const GP2 = 'get-products__TERM_MATCH_volumeType_General_Purpose_TERM_MAT__9b64cb33.json'
const M5 = recordedText('aws-instance-selector/GetProducts/m5_large.json')

/** Answers the one query that asks for this, and no other. */
function only(wanted: string, answer: (input: Input) => string | object) {
  return (input: Input) => (wantsOf(input).includes(wanted) ? answer(input) : NONE)
}

describe('on-demand prices', () => {
  it('are read of instances, as recorded', async () => {
    const { prices, run } = await lookAtPrices({
      GetProducts: only('operatingSystem=Linux tenancy=Shared', () =>
        recordedText(`aws-fixinventory/pricing/${A1}`),
      ),
    })

    expect(run).toMatchObject({ status: 'complete', errors: [] })
    expect(prices).toEqual([
      {
        ...EMPTY,
        rate_code: 'ADBPAJMF8TT82XWT.JRTCKXETXF.6YS6EN2CT7',
        service_code: 'AmazonEC2',
        term: 'OnDemand',
        sku: 'ADBPAJMF8TT82XWT',
        product_family: 'Compute Instance',
        region: 'us-east-1',
        location: 'US East (N. Virginia)',
        usage_type: 'BoxUsage:a1.large',
        operation: 'RunInstances',
        instance_type: 'a1.large',
        operating_system: 'Linux',
        tenancy: 'Shared',
        license_model: 'No License required',
        capacity_status: 'Used',
        pre_installed_sw: 'NA',
        description: '$0.051 per On Demand Linux a1.large Instance Hour',
        unit: 'Hrs',
        price: 0.051,
        effective_date: '2022-07-01T00:00:00.000Z',
        attributes: expect.objectContaining({ vcpu: '2', memory: '4 GiB', marketoption: 'OnDemand' }),
      },
    ])
    expect(Object.keys(prices[0]?.attributes ?? {})).not.toContain('instanceType')
  })

  it('are read of volumes, as recorded', async () => {
    const { prices } = await lookAtPrices({
      GetProducts: only('productFamily=Storage', () => recordedText(`aws-fixinventory/pricing/${GP2}`)),
    })

    expect(prices[0]).toMatchObject({
      product_family: 'Storage',
      region: 'eu-central-1',
      usage_type: 'EUC1-EBS:VolumeUsage.gp2',
      volume_type: 'gp2',
      unit: 'GB-Mo',
      price: 0.119,
    })
  })

  it('are without reserved terms, and of no region where AWS says none', async () => {
    const { prices } = await lookAtPrices({
      GetProducts: only('operatingSystem=Linux tenancy=Shared', () => ({ PriceList: [M5] })),
    })

    expect(prices).toEqual([
      expect.objectContaining({
        rate_code: '6C86BEPQVG73ZGGR.JRTCKXETXF.6YS6EN2CT7',
        price: 0.096,
        region: '',
      }),
    ])
  })

  it('are read across pages, of a hundred products each', async () => {
    const { prices, asked } = await lookAtPrices({
      GetProducts: only('group=VPCPublicIPv4Address', ({ NextToken }) =>
        NextToken === 'more'
          ? { PriceList: [product('B')] }
          : { PriceList: [product('A')], NextToken: 'more' },
      ),
    })

    expect(prices).toEqual(
      ['A', 'B'].map((sku) => ({
        ...EMPTY,
        rate_code: `${sku}.T.R`,
        service_code: 'AmazonVPC',
        term: 'OnDemand',
        sku,
        region: 'eu-west-1',
        usage_type: 'EU-PublicIPv4:IdleAddress',
        unit: 'Hrs',
        price: 0.005,
        effective_date: '2026-01-01T00:00:00.000Z',
      })),
    )
    expect(
      asked.filter(({ operation }) => operation === 'GetProducts').map(({ input }) => input.MaxResults),
    ).toEqual(Array(22).fill(100))
  })

  it('are asked for by these queries', async () => {
    const { asked } = await lookAtPrices({})

    expect(
      asked.filter(({ operation }) => operation === 'GetProducts').map(({ input }) => wantsOf(input)),
    ).toEqual([
      ...['Linux', 'Windows', 'RHEL', 'SUSE'].flatMap((system) =>
        ['Shared', 'Dedicated'].map(
          (tenancy) =>
            `AmazonEC2 operatingSystem=${system} tenancy=${tenancy} capacitystatus=Used preInstalledSw=NA licenseModel=No License required`,
        ),
      ),
      'AmazonEC2 productFamily=Storage',
      'AmazonEC2 productFamily=System Operation',
      'AmazonEC2 productFamily=Provisioned Throughput',
      'AmazonEC2 productFamily=Storage Snapshot',
      'AWSELB productFamily=Load Balancer',
      'AWSELB productFamily=Load Balancer-Application',
      'AWSELB productFamily=Load Balancer-Network',
      'AWSELB productFamily=Load Balancer-Gateway',
      'AmazonEC2 productFamily=NAT Gateway',
      'AmazonVPC group=VPCPublicIPv4Address',
      'AWSDataTransfer transferType=IntraRegion',
      'AWSDataTransfer transferType=InterRegion Outbound',
      'AWSDataTransfer transferType=AWS Outbound',
    ])
  })

  it('tell where AWS lists none, which may be called otherwise by now', async () => {
    const { run, prices } = await lookAtPrices({
      GetProducts: (input) =>
        wantsOf(input).startsWith('AmazonVPC') ? NONE : { PriceList: [product(wantsOf(input))] },
      DescribeSavingsPlansOfferingRates: ({ savingsPlanPaymentOptions }) =>
        String(savingsPlanPaymentOptions) === 'No Upfront' ? NO_RATES : { searchResults: [RATE] },
    })

    expect(prices.length).toBeGreaterThan(0)
    expect(run.status).toBe('complete')
    expect(run.notes).toEqual([
      'us-east-1: AWS lists no products of AmazonVPC, group VPCPublicIPv4Address',
      'us-east-1: AWS lists no rates of Compute plans, No Upfront',
      'us-east-1: AWS lists no rates of EC2Instance plans, No Upfront',
    ])
  })

  it('have a row for each range of quantities, and data transfer where it starts', async () => {
    const tier = (rateCode: string, beginRange: string, endRange: string, USD: string) => ({
      rateCode,
      unit: 'GB',
      description: `to ${endRange}`,
      beginRange,
      endRange,
      pricePerUnit: { USD },
    })
    const priceDimensions = {
      a: tier('S.T.1', '0', '10240', '0.09'),
      b: tier('S.T.2', '10240', 'Inf', '8.5E-2'),
    }
    const attributes = {
      fromRegionCode: 'us-west-2',
      fromLocation: 'US West (Oregon)',
      toLocation: 'External',
    }
    const { prices } = await lookAtPrices({
      GetProducts: only('transferType=AWS Outbound', () => ({
        PriceList: [
          product('S', {
            serviceCode: 'AWSDataTransfer',
            product: { sku: 'S', productFamily: 'Data Transfer', attributes },
            terms: { OnDemand: { 'S.T': { priceDimensions } } },
          }),
        ],
      })),
    })

    const common = { region: 'us-west-2', location: 'US West (Oregon)', effective_date: null }
    expect(prices).toEqual([
      expect.objectContaining({
        ...common,
        rate_code: 'S.T.1',
        price: 0.09,
        begin_range: 0,
        end_range: 10_240,
      }),
      expect.objectContaining({
        ...common,
        rate_code: 'S.T.2',
        price: 0.085,
        begin_range: 10_240,
        end_range: null,
      }),
    ])
    expect(prices[0]?.attributes).toEqual({ toLocation: 'External' })
  })

  it('are of no row where a product has no on-demand term', async () => {
    const { prices, run } = await lookAtPrices({
      GetProducts: only('group=VPC', () => ({ PriceList: [product('A', { terms: {} }), product('B')] })),
    })

    expect(run.status).toBe('complete')
    expect(prices.map(({ sku }) => sku)).toEqual(['B'])
  })

  it('are rejected by name where a product cannot be read, and the others go on', async () => {
    const terms = {
      OnDemand: {
        t: { priceDimensions: { d: { rateCode: 'r', unit: 'Hrs', pricePerUnit: { USD: 'free' } } } },
      },
    }
    const { prices, run } = await lookAtPrices({
      GetProducts: only('group=VPC', () => ({
        PriceList: ['{', '{}', product('BAD', { terms }), product('', {}), product('GOOD')],
      })),
    })

    expect(prices.map(({ sku }) => sku)).toEqual(['GOOD'])
    expect(run).toMatchObject({ status: 'partial', rejected: 4 })
    expect(run.errors).toEqual([
      expect.stringMatching(/item 0 of 'PriceList' cannot be read: .*JSON/),
      expect.stringContaining('product without a SKU'),
      expect.stringContaining('product BAD'),
      expect.stringContaining('aws_price/1'),
    ])
  })

  it('are in yuan, and asked for in China, where the account is there', async () => {
    const priceDimensions = { d: { rateCode: 'C.T.R', unit: 'Hrs', pricePerUnit: { CNY: '0.3300000000' } } }
    const { prices, asked } = await lookAtPrices(
      {
        GetProducts: only('group=VPC', () => ({
          PriceList: [product('C', { terms: { OnDemand: { t: { priceDimensions } } } })],
        })),
      },
      'cn-north-1',
    )

    expect(prices).toEqual([expect.objectContaining({ currency: 'CNY', price: 0.33, price_list: 'aws-cn' })])
    expect(asked[0]?.host).toBe('api.pricing.cn-northwest-1.amazonaws.com.cn')
  })

  it('are asked for where the API is, whatever region is looked at', async () => {
    const { asked } = await lookAtPrices({}, 'eu-west-3')

    expect(asked[0]?.host).toBe('api.pricing.us-east-1.amazonaws.com')
  })

  it('fail with advice in GovCloud, whose partition has no such API', async () => {
    const { run } = await lookAtPrices({}, 'us-gov-west-1')

    expect(run.status).toBe('failed')
    expect(run.errors).toEqual([expect.stringContaining('partition aws-us-gov has no Price List API')])
  })

  it('are no less for a kind of product that cannot be looked at', async () => {
    const { prices, run } = await lookAtPrices({
      GetProducts: (input) =>
        wantsOf(input).startsWith('AWSELB')
          ? refusal('AccessDeniedException')
          : { PriceList: [product(wantsOf(input))] },
    })

    expect(prices.length).toBe(17)
    expect(run.status).toBe('partial')
    expect(run.errors).toEqual([expect.stringContaining('load_balancers: AccessDeniedException')])
  })

  it('are denied where AWS denies everything, and unknown where the answer has no list', async () => {
    const denied = await lookAtPrices({ GetProducts: refusal('AccessDeniedException') })
    const listless = await lookAtPrices({ GetProducts: { FormatVersion: 'aws_v1' } })

    expect(denied.run.errors).toContainEqual(expect.stringContaining('instances: AccessDeniedException'))
    expect(listless.run.errors).toContainEqual(
      expect.stringContaining("instances: UnexpectedAnswerError: the answer has no list 'PriceList'"),
    )
    expect(listless.prices).toEqual([])
  })
})
