/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MAX_QUERIES = 500
/**
 * A quarter of what an answer has room for: the price is the same, and the answers of all regions, which are in memory at a
 * time, leave room in a function of 512 MB.
 */
const MAX_DATAPOINTS = 25_200

/**
 * Metrics as one call of GetMetricData after the other asks for them: as many as a call may ask for, and so few that all their
 * datapoints fit into its answer, since another page would cost what the first did.
 */
export function packQueries<Series>(series: readonly Series[], periods: number): Series[][] {
  const size = Math.max(1, Math.min(MAX_QUERIES, Math.floor(MAX_DATAPOINTS / Math.max(1, periods))))
  const calls = Math.ceil(series.length / size)
  return Array.from({ length: calls }, (_, call) => series.slice(call * size, (call + 1) * size))
}
