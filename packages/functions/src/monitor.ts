import { Metrics } from '@aws-lambda-powertools/metrics'
import { COLLECTORS } from '@polo/collectors'
import { type PoloConfigInput, parseConfig } from '@polo/core'
import { Resource } from 'sst/resource'
import { CLICKHOUSE_LINKS, ClickHouseEnvironment, connectByLinks } from './connect-clickhouse.ts'
import { readLinks } from './links.ts'
import { type Measures, measure } from './monitor/measure.ts'
import { readEnvironment } from './read-environment.ts'

const UNITS = [
  ['FreshnessSeconds', 'Seconds'],
  ['UnreconciledRuns', 'Count'],
  ['CoverageGaps', 'Count'],
  // CloudWatch knows no unit of money.
  ['EstimatedSpendUsd', 'None'],
  ['DeadRows', 'Count'],
] as const

/**
 * The function that says as metrics what alarms go by; a schedule invokes it every five minutes. When ClickHouse does
 * not answer it throws, and the metrics that are then missing are the alarm. `input` is `polo.config.ts`'s.
 */
export function createMonitorHandler(input?: PoloConfigInput): () => Promise<Measures> {
  const environment = readEnvironment(ClickHouseEnvironment, process.env)
  const clickhouse = connectByLinks(readLinks(Resource, ...CLICKHOUSE_LINKS), environment.CLICKHOUSE_DATABASE)
  const config = parseConfig(input ?? {})
  const metrics = new Metrics()
  return async () => {
    const measures = await measure({ clickhouse, collectors: COLLECTORS, config, now: new Date() })
    for (const [name, unit] of UNITS) metrics.addMetric(name, unit, measures[name])
    metrics.publishStoredMetrics()
    return measures
  }
}
