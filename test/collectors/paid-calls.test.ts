import { costOfCall, costOfMetrics } from '@polo/collectors'
import { describe, expect, it } from 'vitest'

const queries = (count: number) => ({ MetricDataQueries: Array.from({ length: count }, () => ({})) })

describe('the price of a call', () => {
  it.each([
    ['ce:GetCostAndUsage', {}, 0.01],
    ['ce:GetSavingsPlansUtilization', {}, 0.01],
    ['cloudwatch:GetMetricData', queries(500), 0.005],
    ['cloudwatch:GetMetricData', queries(1), 0.00001],
    ['cloudwatch:ListMetrics', {}, 0.00001],
    ['cloudwatch:DescribeAlarms', {}, 0],
    ['ec2:DescribeInstances', {}, 0],
    ['pricing:GetProducts', {}, 0],
  ])('of %s is what AWS lists', (permission, input, usd) => {
    expect(costOfCall(permission, input)).toBeCloseTo(usd, 12)
  })

  it.each([undefined, null, 'text', {}, { MetricDataQueries: 'none' }])(
    'is nothing for metrics that %j does not name',
    (input) => {
      expect(costOfCall('cloudwatch:GetMetricData', input)).toBe(0)
    },
  )

  it('adds up to that of a look', () => {
    const calls = [500, 500, 200].map((count) => costOfCall('cloudwatch:GetMetricData', queries(count)))
    const lists = [1, 2, 3].map(() => costOfCall('cloudwatch:ListMetrics', {}))
    const sum = [...calls, ...lists].reduce((total, usd) => total + usd, 0)

    expect(costOfMetrics({ metrics: 1_200, listRequests: 3 })).toBeCloseTo(sum, 12)
  })
})
