import type { GetMetricDataOutput, MetricDataResult } from '@aws-sdk/client-cloudwatch'
import { itemsOf } from '../answer-lists.ts'
import type { Series } from './list-series.ts'
import { isPaired, seriesOf } from './observe-datapoints.ts'

/** Some of what a call asked for, and why it may not be all there. */
export interface Missing {
  readonly part: string
  readonly reason: string
}

const NO_RESULT = 'no result'

/**
 * What the pages of one call's answer do not have in full. CloudWatch says so beside the datapoints that it has, with a status
 * of 200: of each metric by its status, of which the last counts, and of the whole by messages.
 */
export function findMissing(packed: readonly Series[], pages: readonly GetMetricDataOutput[]): Missing[] {
  const results = pages.flatMap((page) => itemsOf(page.MetricDataResults))
  const statuses = new Map<Series | undefined, string>(packed.map((series) => [series, NO_RESULT]))
  for (const result of results) statuses.set(seriesOf(packed, result), describeStatus(result))
  const incomplete = packed.filter((series) => statuses.get(series) !== 'Complete')
  const groups = Map.groupBy(incomplete, (series) => statuses.get(series))
  const ofMetrics = [...groups].map(([status, [first, ...others]]) => ({
    part: nameSeries(first, others.length),
    reason: `CloudWatch answered: ${status}`,
  }))
  const messages = pages.flatMap((page) => itemsOf(page.Messages))
  const ofAll = messages.map(({ Code, Value }) => ({
    part: nameSeries(packed[0], packed.length - 1),
    reason: `CloudWatch says of all of them: ${[Code, Value].filter(Boolean).join(': ')}`,
  }))
  return [...ofMetrics, ...ofAll]
}

function describeStatus(result: MetricDataResult): string {
  if (!isPaired(result)) return 'timestamps and values that are not of one number'
  const { StatusCode, Messages } = result
  const messages = itemsOf(Messages).map(({ Code, Value }) => [Code, Value].filter(Boolean).join(': '))
  return StatusCode === 'Complete' ? StatusCode : [StatusCode ?? 'no status', ...messages].join(', ')
}

function nameSeries(series: Series | undefined, others: number): string {
  const name = `${series?.metric.name} of ${series?.subject.resource_id}`
  if (others === 0) return name
  return `${name} and ${others} other ${others === 1 ? 'metric' : 'metrics'}`
}
