import { describe, expect, it } from 'vitest'
import { refusal } from '../json-answers.ts'
import { EMPTY, type Input, lookAtPrices, NO_RATES, RATE } from './price-answers.ts'

describe('Savings Plans rates', () => {
  const rate = (changes: object = {}) => ({ ...RATE, ...changes })
  const onlyComputeNoUpfront = (answer: (input: Input) => object) => (input: Input) =>
    String(input.savingsPlanTypes) === 'Compute' && String(input.savingsPlanPaymentOptions) === 'No Upfront'
      ? answer(input)
      : NO_RATES

  it('are rows that join with those on demand, across pages', async () => {
    const { prices, run } = await lookAtPrices({
      DescribeSavingsPlansOfferingRates: onlyComputeNoUpfront(({ nextToken }) =>
        nextToken === 'more'
          ? { searchResults: [rate({ operation: 'RunInstances', properties: [] })], nextToken: '' }
          : { searchResults: [rate()], nextToken: 'more' },
      ),
    })

    expect(run).toMatchObject({ status: 'complete', errors: [] })
    const row = {
      ...EMPTY,
      rate_code: 'o-1.EUW1-BoxUsage:m5.large.RunInstances:0010',
      service_code: 'AmazonEC2',
      term: 'SavingsPlan',
      sku: 'o-1',
      region: 'eu-west-1',
      usage_type: 'EUW1-BoxUsage:m5.large',
      operation: 'RunInstances:0010',
      instance_type: 'm5.large',
      operating_system: 'RHEL',
      tenancy: 'Shared',
      savings_plan_type: 'Compute',
      lease_term: '3yr',
      purchase_option: 'No Upfront',
      description: '3 year No Upfront Compute Savings Plan',
      unit: 'Hrs',
      price: 0.052,
      attributes: { instanceFamily: 'm5' },
    }
    const nowhere = { region: '', instance_type: '', operating_system: '', tenancy: '', attributes: {} }
    expect(prices).toEqual([
      row,
      { ...row, ...nowhere, rate_code: 'o-1.EUW1-BoxUsage:m5.large.RunInstances', operation: 'RunInstances' },
    ])
  })

  it('are asked for by type of plan and way to pay, a thousand at once', async () => {
    const { asked } = await lookAtPrices({})
    const inputs = asked
      .filter(({ operation }) => operation === 'DescribeSavingsPlansOfferingRates')
      .map(({ input }) => input)

    expect(inputs).toEqual(
      ['Compute', 'EC2Instance'].flatMap((type) =>
        ['All Upfront', 'No Upfront', 'Partial Upfront'].map((option) => ({
          savingsPlanTypes: [type],
          savingsPlanPaymentOptions: [option],
          products: ['EC2'],
          serviceCodes: ['AmazonEC2'],
          filters: [
            { name: 'tenancy', values: ['shared'] },
            {
              name: 'productDescription',
              values: ['Linux/UNIX', 'Windows', 'Red Hat Enterprise Linux', 'SUSE Linux'],
            },
          ],
          maxResults: 1000,
        })),
      ),
    )
  })

  it('are rejected by name where one is no number or of no offering', async () => {
    const { run, prices } = await lookAtPrices({
      DescribeSavingsPlansOfferingRates: onlyComputeNoUpfront(() => ({
        searchResults: [rate({ rate: 'low' }), rate({ rate: '' }), rate({ savingsPlanOffering: {} }), rate()],
      })),
    })

    expect(prices).toHaveLength(1)
    expect(run).toMatchObject({ status: 'partial', rejected: 3 })
    expect(run.errors[0]).toContain("the rate of EUW1-BoxUsage:m5.large in offering o-1 is no number: 'low'")
  })

  it('leave the other prices as they are where AWS denies them', async () => {
    const { run } = await lookAtPrices({
      DescribeSavingsPlansOfferingRates: refusal('AccessDeniedException'),
    })

    expect(run.errors).toEqual([expect.stringContaining('savings_plan_rates: AccessDeniedException')])
  })
})
