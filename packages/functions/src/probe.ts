import { Metrics } from '@aws-lambda-powertools/metrics'
import {
  type BreakerState,
  checkStore,
  createBreaker,
  lambdaEventSources,
  MappingBusyError,
} from '@polo/ingester'
import { Resource } from 'sst/resource'
import * as z from 'zod'
import { CLICKHOUSE_LINKS, ClickHouseEnvironment, connectByLinks } from './connect-clickhouse.ts'
import { readLinks } from './links.ts'
import { readEnvironment } from './read-environment.ts'
import { createLogger, tellBreaker } from './telemetry.ts'

const Environment = ClickHouseEnvironment.extend({
  /** The function whose event source mappings the breaker opens and closes. */
  INGESTER_FUNCTION_NAME: z.string().min(1),
})

const environment = readEnvironment(Environment, process.env)
const clickhouse = connectByLinks(readLinks(Resource, ...CLICKHOUSE_LINKS), environment.CLICKHOUSE_DATABASE)
const metrics = new Metrics()
const logger = createLogger()

const breaker = createBreaker({
  sources: lambdaEventSources({ functionName: environment.INGESTER_FUNCTION_NAME }),
  check: checkStore(clickhouse),
  ...tellBreaker(logger),
})

/** Closes the ingester's breaker when ClickHouse takes inserts again; invoked by a schedule, once a minute. */
export async function handler(): Promise<BreakerState | undefined> {
  try {
    const state = await breaker.probe()
    // Half-open is not through yet either: the queues are drained slowly, to see whether it lasts.
    metrics.addMetric('BreakerOpen', 'Count', state.state === 'closed' ? 0 : 1).publishStoredMetrics()
    return state
  } catch (error) {
    // The next one puts it right: no failure, for that would be a dead letter after every outage.
    if (!(error instanceof MappingBusyError)) throw error
    logger.warn('a mapping still changes: left to the next probe')
    return undefined
  }
}
