import {
  type CloudWatchClientResolvedConfig,
  GetMetricDataCommand,
  type GetMetricDataInput,
  ListMetricsCommand,
  type ListMetricsInput,
  type Metric,
  type MetricDataResult,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-cloudwatch'
import type { AwsStub } from 'aws-sdk-client-mock'

type CloudWatchMock = AwsStub<ServiceInputTypes, ServiceOutputTypes, CloudWatchClientResolvedConfig>

/** A metric with its datapoints, oldest first. */
export interface FakeSeries {
  readonly metric: Metric
  readonly points: readonly (readonly [time: Date, value: number])[]
}

export interface FakeCloudWatch {
  /** Of each call, in order, the metrics that it asked for. */
  readonly asked: GetMetricDataInput[]
  readonly listed: number
}

interface Paging {
  /** Metrics of a page of `ListMetrics`, 500 in life. */
  readonly metrics?: number
  /** Datapoints of a page of `GetMetricData`, 100,800 in life. */
  readonly datapoints?: number
  /** Whether `RecentlyActive` counts, by the clock, and what had no datapoint for two weeks is not listed. */
  readonly forgets?: boolean
}

/** Answers as CloudWatch does, of the given series and no others; it keeps all that its calls asked for. */
export function fakeCloudWatch(
  cloudwatch: CloudWatchMock,
  series: readonly FakeSeries[],
  { metrics = 500, datapoints = 100_800, forgets = false }: Paging = {},
): FakeCloudWatch {
  const asked: GetMetricDataInput[] = []
  const byKey = new Map(series.map((one) => [keyOf(one.metric), one]))
  let listed = 0
  cloudwatch.on(ListMetricsCommand).callsFake((input: ListMetricsInput) => {
    const { Namespace, MetricName, Dimensions = [], RecentlyActive, NextToken = '0' } = input
    listed++
    const found = series.filter(
      ({ metric, points }) =>
        (Namespace === undefined || metric.Namespace === Namespace) &&
        (MetricName === undefined || metric.MetricName === MetricName) &&
        Dimensions.every(({ Name, Value }) =>
          metric.Dimensions?.some((own) => own.Name === Name && (Value === undefined || own.Value === Value)),
        ) &&
        (!forgets || isListed(points, RecentlyActive === 'PT3H' ? 3 : 14 * 24)),
    )
    const start = Number(NextToken)
    const end = start + metrics
    return {
      Metrics: found.slice(start, end).map(({ metric }) => metric),
      ...(end < found.length && { NextToken: String(end) }),
    }
  })
  cloudwatch.on(GetMetricDataCommand).callsFake((input: GetMetricDataInput) => {
    asked.push(input)
    return answer(input, byKey, datapoints)
  })
  return {
    asked,
    get listed() {
      return listed
    },
  }
}

function isListed(points: FakeSeries['points'], hours: number): boolean {
  const now = Date.now()
  return points.some(([time]) => time.getTime() <= now && time.getTime() > now - hours * 3_600_000)
}

/** Pages end in the middle of a metric, which then is partial until its last one. */
function answer(
  { MetricDataQueries = [], StartTime, EndTime, NextToken = '0' }: GetMetricDataInput,
  series: ReadonlyMap<string, FakeSeries>,
  size: number,
) {
  const start = Number(NextToken)
  let seen = 0
  let isMore = false
  const results = MetricDataQueries.flatMap(({ Id, MetricStat }): MetricDataResult[] => {
    const found = series.get(keyOf(MetricStat?.Metric ?? {}))
    const points = (found?.points ?? []).filter(
      ([time]) => StartTime !== undefined && EndTime !== undefined && time >= StartTime && time < EndTime,
    )
    const first = Math.max(0, start - seen)
    const last = Math.max(0, start + size - seen)
    seen += points.length
    const page = points.slice(first, last)
    if (points.length > last) isMore = true
    if (start > 0 && page.length === 0) return []
    return [
      {
        Id,
        Label: MetricStat?.Metric?.MetricName,
        Timestamps: page.map(([time]) => time),
        Values: page.map(([, value]) => value),
        StatusCode: points.length > last ? 'PartialData' : 'Complete',
      },
    ]
  })
  return { MetricDataResults: results, Messages: [], NextToken: isMore ? String(start + size) : undefined }
}

function keyOf({ Namespace, MetricName, Dimensions = [] }: Metric): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort()
  return [Namespace, MetricName, ...dimensions].join('|')
}

/** A metric of an instance, as EC2 publishes it. */
export function ec2Metric(MetricName: string, instanceId: string): Metric {
  return { Namespace: 'AWS/EC2', MetricName, Dimensions: [{ Name: 'InstanceId', Value: instanceId }] }
}

/** A metric of the CloudWatch agent, with dimensions besides the instance. */
export function agentMetric(
  MetricName: string,
  instanceId: string,
  dimensions: Readonly<Record<string, string>> = {},
): Metric {
  const all = Object.entries({ ...dimensions, InstanceId: instanceId })
  return { Namespace: 'CWAgent', MetricName, Dimensions: all.map(([Name, Value]) => ({ Name, Value })) }
}
