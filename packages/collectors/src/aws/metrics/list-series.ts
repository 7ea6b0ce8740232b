import { type ListMetricsCommandInput, type Metric, paginateListMetrics } from '@aws-sdk/client-cloudwatch'
import { UnexpectedAnswerError } from '../../errors.ts'
import { itemsOf } from '../answer-lists.ts'
import type { Context } from './clients.ts'
import { dropAggregates } from './drop-aggregates.ts'
import { inOrder } from './in-order.ts'
import type { EndedInstance } from './memory.ts'
import { AGENT_METRICS, EC2_METRICS, EC2_NAMESPACE, type MetricDefinition } from './metric-table.ts'
import type { MetricSubject } from './read-instances.ts'

/** One metric of one instance, with the dimensions that it is published under. */
export interface Series {
  readonly metric: MetricDefinition
  readonly subject: MetricSubject
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[]
}

export interface Listing {
  readonly series: readonly Series[]
  /** Requests that it took, which AWS charges for. */
  readonly requests: number
}

/** How the subject of a series is found by the instance's id; undefined where the instance is not to be read. */
export type FindSubject = (instanceId: string) => MetricSubject | undefined

const INSTANCE_ID = 'InstanceId'
/** CloudWatch answers 25 a second. */
const LISTS_AT_ONCE = 2
/** What the agent also calls a disk, unless it is told to ignore it: nobody runs out of these. */
const PSEUDO_FILE_SYSTEMS = new Set(['devtmpfs', 'iso9660', 'overlay', 'proc', 'squashfs', 'sysfs', 'tmpfs'])

/**
 * The metrics that have had datapoints in the last three hours, so that nothing is paid for empty ones. What the agent
 * publishes is listed by name, since its namespace may have hundreds of metrics for each instance.
 */
export async function listSeries(
  context: Context,
  platforms: ReadonlySet<EndedInstance['platform']>,
  findSubject: FindSubject,
): Promise<Listing> {
  const ofEc2 = await list(context, recent({ Namespace: EC2_NAMESPACE }), {
    wanted: EC2_METRICS,
    findSubject,
  })
  const series = ofEc2.series.filter(isWanted)
  let { requests } = ofEc2
  for (const metric of AGENT_METRICS.filter(({ platform }) => platform && platforms.has(platform))) {
    const filter = recent({ Namespace: metric.namespace, MetricName: metric.name })
    const ofAgent = await list(context, filter, { wanted: [metric], findSubject })
    series.push(...dropAggregates(ofAgent.series.filter(isWanted)))
    requests += ofAgent.requests
  }
  return { series, requests }
}

/** The metrics of instances by their ids, whenever they had their last datapoint within two weeks. */
export async function listSeriesOf(
  context: Context,
  ids: readonly string[],
  findSubject: FindSubject,
): Promise<Listing> {
  const choice = { wanted: [...EC2_METRICS, ...AGENT_METRICS], findSubject }
  const ask = (Value: string) => list(context, { Dimensions: [{ Name: INSTANCE_ID, Value }] }, choice)
  const series: Series[] = []
  let requests = 0
  for await (const listing of inOrder(ids, ask, LISTS_AT_ONCE)) {
    series.push(...dropAggregates(listing.series.filter(isWanted)))
    requests += listing.requests
  }
  return { series, requests }
}

function recent(filter: ListMetricsCommandInput): ListMetricsCommandInput {
  return { ...filter, Dimensions: [{ Name: INSTANCE_ID }], RecentlyActive: 'PT3H' }
}

interface Choice {
  readonly wanted: readonly MetricDefinition[]
  readonly findSubject: FindSubject
}

async function list(
  { clients, signal }: Context,
  input: ListMetricsCommandInput,
  choice: Choice,
): Promise<Listing> {
  const series: Series[] = []
  let requests = 0
  for await (const page of paginateListMetrics({ client: clients.cloudwatch }, input, {
    abortSignal: signal,
  })) {
    requests++
    if (!page.Metrics) throw new UnexpectedAnswerError("the answer has no list 'Metrics'")
    for (const metric of itemsOf(page.Metrics)) series.push(...toSeries(metric, choice))
  }
  return { series, requests }
}

function toSeries({ Namespace, MetricName, Dimensions }: Metric, { wanted, findSubject }: Choice): Series[] {
  const metric = wanted.find(({ namespace, name }) => namespace === Namespace && name === MetricName)
  if (!metric) return []
  const dimensions = itemsOf(Dimensions).map((dimension) => ({
    Name: dimension.Name ?? '',
    Value: dimension.Value ?? '',
  }))
  const ofInstance = dimensions.find(({ Name }) => Name === INSTANCE_ID)
  const subject = ofInstance && findSubject(ofInstance.Value)
  return subject ? [{ metric, subject, dimensions }] : []
}

/** EC2 also publishes metrics of groups of instances, and the agent of file systems that are no disks. */
function isWanted({ metric, dimensions }: Series): boolean {
  if (metric.namespace === EC2_NAMESPACE) return dimensions.length === 1
  return !dimensions.some(({ Name, Value }) => Name === 'fstype' && PSEUDO_FILE_SYSTEMS.has(Value))
}
