import { Metrics } from '@aws-lambda-powertools/metrics'
import { COLLECTORS } from '@polo/collectors'
import { type PoloConfigInput, parseConfig } from '@polo/core'
import { Resource } from 'sst/resource'
import { CLICKHOUSE_LINKS, ClickHouseEnvironment, connectByLinks } from './connect-clickhouse.ts'
import { readLinks } from './links.ts'
import { type Measures, measure } from './monitor/measure.ts'
import { readEnvironment } from './read-environment.ts'
import { createLogger, tellOutage } from './telemetry.ts'
import { whileClickHouseAnswers } from './while-clickhouse-answers.ts'

const UNITS = [
  ['FreshnessSeconds', 'Seconds'],
  ['UnreconciledRuns', 'Count'],
  ['CoverageGaps', 'Count'],
  // CloudWatch knows no unit of money.
  ['EstimatedSpendUsd', 'None'],
  ['DeadRows', 'Count'],
  ['LoadsGivenUp', 'Count'],
] as const

/**
 * The function that says as metrics what alarms go by; a schedule invokes it every five minutes. When ClickHouse does
 * not answer it says none, and the metrics that are then missing are the alarm. `input` is `polo.config.ts`'s.
 */
export function createMonitorHandler(input?: PoloConfigInput): () => Promise<Measures | undefined> {
  const environment = readEnvironment(ClickHouseEnvironment, process.env)
  const clickhouse = connectByLinks(readLinks(Resource, ...CLICKHOUSE_LINKS), environment.CLICKHOUSE_DATABASE)
  const config = parseConfig(input ?? {})
  const metrics = new Metrics()
  const logger = createLogger()
  const onOutage = tellOutage(logger, 'nothing was measured')
  return async () => {
    const ask = () => measure({ clickhouse, collectors: COLLECTORS, config, now: new Date() })
    const measures = await whileClickHouseAnswers(clickhouse, ask, { onOutage })
    if (!measures) return undefined
    for (const [name, unit] of UNITS) metrics.addMetric(name, unit, measures[name])
    metrics.publishStoredMetrics()
    return measures
  }
}
