import {
  type CloudWatchClient,
  type GetMetricDataCommandOutput,
  paginateGetMetricData,
} from '@aws-sdk/client-cloudwatch'
import type { Observation } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'
import type { Context } from './clients.ts'
import { findMissing } from './find-missing.ts'
import { inOrder } from './in-order.ts'
import type { Series } from './list-series.ts'
import { countPeriods, type LookWindow, PERIOD_MS } from './look-window.ts'
import { observeDatapoints, queryId } from './observe-datapoints.ts'
import { packQueries } from './pack-queries.ts'

/** Calls in flight for one region; each answer may have 25,200 datapoints. */
const CALLS_AT_ONCE = 2

/** The datapoints of every series in the window. Returns whether that is all of them; what is missing was said to be. */
export async function* readDatapoints(
  context: Context,
  series: readonly Series[],
  window: LookWindow,
): AsyncGenerator<Observation, boolean> {
  let isWhole = true
  const { cloudwatch } = context.clients
  const calls = packQueries(series, countPeriods(window))
  const ask = async (packed: readonly Series[]) => ({
    packed,
    pages: await getMetricData(cloudwatch, packed, { window, signal: context.signal }),
  })
  for await (const { packed, pages } of inOrder(calls, ask, CALLS_AT_ONCE)) {
    for (const page of pages) {
      yield* context.each(page, 'MetricDataResults', (result) => observeDatapoints(packed, result))
    }
    for (const { part, reason } of findMissing(packed, pages)) {
      isWhole = false
      context.incomplete(part, new UnexpectedAnswerError(reason))
    }
  }
  return isWhole
}

async function getMetricData(
  client: CloudWatchClient,
  series: readonly Series[],
  { window, signal }: { readonly window: LookWindow; readonly signal: AbortSignal },
): Promise<GetMetricDataCommandOutput[]> {
  const MetricDataQueries = series.map(({ metric, dimensions }, index) => ({
    Id: queryId(index),
    MetricStat: {
      Metric: { Namespace: metric.namespace, MetricName: metric.name, Dimensions: [...dimensions] },
      Period: PERIOD_MS / 1000,
      Stat: metric.statistic,
    },
  }))
  const input = {
    MetricDataQueries,
    StartTime: window.start,
    EndTime: window.end,
    ScanBy: 'TimestampAscending',
  } as const
  const pages: GetMetricDataCommandOutput[] = []
  for await (const page of paginateGetMetricData({ client }, input, { abortSignal: signal })) pages.push(page)
  return pages
}
