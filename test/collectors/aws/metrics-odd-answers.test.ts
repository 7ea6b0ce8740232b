import { CloudWatchClient, GetMetricDataCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch'
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { metrics } from '../../../packages/collectors/src/aws/metrics.ts'
import { awsError, collect, memoryStore, recordedAnswer } from '../harness.ts'
import { ec2Metric, fakeCloudWatch } from './fake-cloudwatch.ts'

const ec2 = mockClient(EC2Client)
const cloudwatch = mockClient(CloudWatchClient)

const SLOT = new Date('2025-03-01T12:15:00.000Z')
const NEXT_SLOT = new Date('2025-03-01T12:20:00.000Z')
const POINT = new Date('2025-03-01T12:00:00.000Z')
const KEY = 'collectors/metrics/644160558196/us-east-1.json'
const SERIES = ['CPUUtilization', 'NetworkIn', 'NetworkOut'].map((name) => ({
  metric: ec2Metric(name, 'i-1'),
  points: [[POINT, 1]] as const,
}))

beforeEach(() => {
  ec2.reset()
  cloudwatch.reset()
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [{ InstanceId: 'i-1' }] }] })
  fakeCloudWatch(cloudwatch, SERIES)
})

describe('metrics, where there is nothing', () => {
  it('finds none of no instances, and asks CloudWatch for nothing', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves(
        recordedAnswer('aws-cloud-custodian/test_account_missing_resource_ec2/ec2.DescribeInstances_1.json'),
      )
    const { asked, listed } = fakeCloudWatch(cloudwatch, SERIES)

    const { events, run } = await collect(metrics)

    expect(events).toEqual([])
    expect(run).toMatchObject({ status: 'complete', notes: [] })
    expect([asked.length, listed]).toEqual([0, 0])
  })

  it('finds none of a metric without datapoints', async () => {
    cloudwatch.on(GetMetricDataCommand).resolves({
      Messages: [],
      MetricDataResults: SERIES.map((_, index) => ({
        Id: `m${index}`,
        Label: 'metric',
        Timestamps: [],
        Values: [],
        StatusCode: 'Complete',
      })),
    })

    const { events, run } = await collect(metrics)

    expect(events).toEqual([])
    expect(run.status).toBe('complete')
  })
})

describe('metrics, of which some did not come', () => {
  const [cpu, ...others] = [
    { Id: 'm0', Timestamps: [POINT], Values: [7], StatusCode: 'Complete' as const },
    { Id: 'm1', Timestamps: [POINT], Values: [8], StatusCode: 'Complete' as const },
    { Id: 'm2', Timestamps: [POINT], Values: [9], StatusCode: 'Complete' as const },
  ]

  it.each(['PartialData', 'InternalError', 'Forbidden'] as const)(
    'is partial by the status %s, and keeps what came',
    async (StatusCode) => {
      const Messages = [{ Code: 'ArithmeticError', Value: 'One or more data-points have been dropped' }]
      cloudwatch.on(GetMetricDataCommand).resolves({
        MetricDataResults: [
          { ...cpu, StatusCode, Messages },
          ...others.map((result) => ({ ...result, StatusCode })),
        ],
      })

      const { events, run } = await collect(metrics)

      expect(events.map(({ value }) => value)).toEqual([7, 8, 9])
      expect(run.status).toBe('partial')
      expect(run.errors).toEqual([
        `us-east-1: instances: CPUUtilization of i-1: UnexpectedAnswerError: CloudWatch answered: ${StatusCode}, ArithmeticError: One or more data-points have been dropped`,
        `us-east-1: instances: NetworkIn of i-1 and 1 other metric: UnexpectedAnswerError: CloudWatch answered: ${StatusCode}`,
      ])
    },
  )

  it('is partial by a message about the whole call', async () => {
    const Messages = [{ Code: 'MaxMetricsExceeded', Value: 'Maximum number of allowed metrics exceeded' }]
    cloudwatch.on(GetMetricDataCommand).resolves({ Messages, MetricDataResults: [{ ...cpu }, ...others] })

    const { run } = await collect(metrics)

    expect(run.status).toBe('partial')
    expect(run.errors).toEqual([
      'us-east-1: instances: CPUUtilization of i-1 and 2 other metrics: UnexpectedAnswerError: CloudWatch says of all of them: MaxMetricsExceeded: Maximum number of allowed metrics exceeded',
    ])
  })

  it('is partial where a metric that was asked for has no result', async () => {
    cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{ ...cpu }] })

    const { run } = await collect(metrics)

    expect(run.errors).toEqual([
      'us-east-1: instances: NetworkIn of i-1 and 1 other metric: UnexpectedAnswerError: CloudWatch answered: no result',
    ])
  })

  it('rejects a result that nobody asked for, and is partial where values have no times', async () => {
    const odd = [
      { ...cpu, Id: 'm3' },
      { ...cpu, Id: 'e1' },
      { ...cpu, Values: [] },
    ]
    cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [...odd, ...others] })

    const { events, run } = await collect(metrics)

    expect(events.map(({ value }) => value)).toEqual([8, 9])
    expect(run).toMatchObject({ status: 'partial', rejected: 2 })
    expect(run.errors[0]).toBe(
      'us-east-1: instances: CPUUtilization of i-1: UnexpectedAnswerError: CloudWatch answered: timestamps and values that are not of one number',
    )
  })

  it('looks again from where it was whole', async () => {
    const state = memoryStore()
    await collect(metrics, { state, slot: new Date('2025-03-01T11:00:00.000Z') })
    cloudwatch.on(GetMetricDataCommand).resolvesOnce({ MetricDataResults: [{ ...cpu }] })
    await collect(metrics, { state, slot: SLOT })
    const { asked } = fakeCloudWatch(cloudwatch, SERIES)

    await collect(metrics, { state, slot: NEXT_SLOT })

    expect(asked.map(({ StartTime }) => StartTime)).toEqual([new Date('2025-03-01T10:40:00.000Z')])
  })
})

describe('metrics, when it may not or cannot look', () => {
  it.each([
    [
      'instances',
      () => ec2.on(DescribeInstancesCommand).rejects(awsError('UnauthorizedOperation')),
      'denied',
    ],
    [
      'the list of metrics',
      () => cloudwatch.on(ListMetricsCommand).rejects(awsError('AccessDenied')),
      'denied',
    ],
    [
      'datapoints',
      () => cloudwatch.on(GetMetricDataCommand).rejects(awsError('AccessDeniedException')),
      'denied',
    ],
    [
      'datapoints, for now',
      () => cloudwatch.on(GetMetricDataCommand).rejects(awsError('Throttling')),
      'throttled',
    ],
    [
      'datapoints, in an answer without its list',
      () => cloudwatch.on(GetMetricDataCommand).resolves({}),
      'failed',
    ],
    [
      'instances, in an answer without its list',
      () => ec2.on(DescribeInstancesCommand).resolves({}),
      'failed',
    ],
    [
      'metrics, in an answer without its list',
      () => cloudwatch.on(ListMetricsCommand).resolves({}),
      'failed',
    ],
  ])('says so of %s', async (_, answer, status) => {
    answer()

    const { events, run } = await collect(metrics)

    expect(events).toEqual([])
    expect(run.status).toBe(status)
  })

  it('is partial where a reservation has no list of instances', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ ReservationId: 'r-1' }, { Instances: [{ InstanceId: 'i-1' }] }] })

    const state = memoryStore()
    const { events, run } = await collect(metrics, { state })

    expect(events).toHaveLength(3)
    expect(await state.read(KEY)).not.toContain('until')
    expect(run).toMatchObject({
      status: 'partial',
      errors: ["us-east-1: instances: instances of r-1: UnexpectedAnswerError: it has no list 'Instances'"],
    })
  })

  it('reads, after one call that failed, what the ones before it gave', async () => {
    const many = Array.from({ length: 501 }, (_, index) => ({
      metric: ec2Metric('CPUUtilization', `i-${index}`),
      points: [[POINT, index]] as const,
    }))
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: many.map((_, index) => ({ InstanceId: `i-${index}` })) }] })
    fakeCloudWatch(cloudwatch, many)
    const first = many.slice(0, 500).map((_, index) => ({
      Id: `m${index}`,
      Timestamps: [POINT],
      Values: [1],
      StatusCode: 'Complete' as const,
    }))
    cloudwatch
      .on(GetMetricDataCommand)
      .resolvesOnce({ MetricDataResults: first })
      .rejectsOnce(awsError('InternalServiceFault'))

    const { events, run } = await collect(metrics)

    expect(events).toHaveLength(500)
    expect(run.status).toBe('failed')
  })

  it('begins anew where what it remembers is of no use', async () => {
    const versions = [{ slot: '2025-03-01T12:10:00.000Z', value: { until: 'yesterday' } }]
    const state = memoryStore({ [KEY]: JSON.stringify({ v: 1, versions }) })

    const { run } = await collect(metrics, { state })

    expect(run).toMatchObject({ status: 'complete', events: 3 })
    expect(run.notes).toEqual([
      'us-east-1: what the last look left cannot be read, so this one reads the last 3 hours',
    ])
  })
})
