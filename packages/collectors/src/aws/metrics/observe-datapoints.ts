import type { MetricDataResult } from '@aws-sdk/client-cloudwatch'
import type { Observation } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'
import type { Series } from './list-series.ts'
import { PERIOD_MS } from './look-window.ts'

export const SERIES: PropertyTable<Series> = {
  namespace: [
    'CloudWatch namespace: AWS/EC2, or CWAgent for what the CloudWatch agent publishes',
    (s) => s.metric.namespace,
  ],
  statistic: ['What the value is of the period: Average, Maximum, Minimum or Sum', (s) => s.metric.statistic],
  period_seconds: ['Length of the period that begins at event_time', () => PERIOD_MS / 1000],
  path: ['Mount point of the file system', (s) => dimensionOf(s, 'path')],
  device: ['Device of the file system', (s) => dimensionOf(s, 'device')],
  fstype: ['Type of the file system', (s) => dimensionOf(s, 'fstype')],
  logical_disk: ['Logical disk, such as C: (Windows)', (s) => dimensionOf(s, 'instance')],
  dimensions: [
    'Dimensions besides the instance, as name=value, where the agent publishes with some',
    (s) => describeDimensions(s),
  ],
}

/** How a query is called among those of one call; CloudWatch wants a small letter first. */
export function queryId(index: number): string {
  return `m${index}`
}

/** The series that a result is of, undefined where none was asked for. */
export function seriesOf(packed: readonly Series[], { Id = '' }: MetricDataResult): Series | undefined {
  return Id.startsWith('m') ? packed[Number(Id.slice(1))] : undefined
}

/** One observation for each datapoint of a result. */
export function observeDatapoints(packed: readonly Series[], result: MetricDataResult): Observation[] {
  const series = seriesOf(packed, result)
  if (!series) throw new UnexpectedAnswerError(`nothing was asked for as '${result.Id}'`)
  const { Timestamps = [], Values = [] } = result
  if (!isPaired(result)) return []
  const common = describeSeries(series)
  return Timestamps.map((event_time, index) => ({ ...common, event_time, value: Values[index] }))
}

/** Where it is not, nobody knows which value is of which time. */
export function isPaired({ Timestamps, Values }: MetricDataResult): boolean {
  return (Timestamps?.length ?? 0) === (Values?.length ?? 0)
}

function describeSeries(series: Series): Observation {
  const { metric, subject } = series
  return {
    resource_type: 'ec2:instance',
    ...subject,
    event_type: 'metric',
    event_action: metric.name,
    discriminator: [metric.namespace, metric.statistic, ...describeDimensions(series)].join(' '),
    unit: metric.unit,
    properties: readProperties(SERIES, series),
  }
}

function dimensionOf({ dimensions }: Series, name: string): string | undefined {
  return dimensions.find(({ Name }) => Name === name)?.Value
}

function describeDimensions({ dimensions }: Series): string[] {
  return dimensions
    .filter(({ Name }) => Name !== 'InstanceId')
    .map(({ Name, Value }) => `${Name}=${Value}`)
    .sort()
}
