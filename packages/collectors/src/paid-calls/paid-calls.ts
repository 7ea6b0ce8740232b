/** https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/: each request, and each page is one. */
const COST_EXPLORER_REQUEST_USD = 0.01
/** https://aws.amazon.com/cloudwatch/pricing/: per metric that GetMetricData asks for, whatever the number of datapoints. */
const METRIC_REQUESTED_USD = 0.01 / 1_000
/**
 * The same page: other requests of CloudWatch. A million of them a month is free for the organization; that others do not use
 * them up is not for Polo to assume.
 */
const CLOUDWATCH_REQUEST_USD = 0.01 / 1_000

/** What one attempt costs, by IAM permission; what is not here is free. */
const PRICES: Readonly<Record<string, (input: unknown) => number>> = {
  'cloudwatch:GetMetricData': (input) => METRIC_REQUESTED_USD * countQueries(input),
  'cloudwatch:ListMetrics': () => CLOUDWATCH_REQUEST_USD,
}

/**
 * What one attempt at a call costs, in US dollars, by its IAM permission and its input. An attempt that AWS refuses counts
 * too, so that what Polo says it has spent is never less than what AWS bills.
 */
export function costOfCall(permission: string, input: unknown): number {
  return priceOf(permission)(input)
}

/** What a look costs that asks for so many metrics, having listed them with so many requests. */
export function costOfMetrics(asked: { readonly metrics: number; readonly listRequests: number }): number {
  return asked.metrics * METRIC_REQUESTED_USD + asked.listRequests * CLOUDWATCH_REQUEST_USD
}

/** How many metrics may be asked for at that price. */
export function metricsFor(usd: number): number {
  return Math.round(usd / METRIC_REQUESTED_USD)
}

function priceOf(permission: string): (input: unknown) => number {
  if (permission.startsWith('ce:')) return () => COST_EXPLORER_REQUEST_USD
  return PRICES[permission] ?? (() => 0)
}

/** As AWS's bills do, which count every statistic of a metric; a call that names one in several queries pays for each. */
function countQueries(input: unknown): number {
  if (typeof input !== 'object' || input === null || !('MetricDataQueries' in input)) return 0
  return Array.isArray(input.MetricDataQueries) ? input.MetricDataQueries.length : 0
}
