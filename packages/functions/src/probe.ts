import { checkStore, createBreaker, lambdaEventSources } from '@polo/ingester'
import * as z from 'zod'
import { ClickHouseEnvironment, connectByEnvironment } from './clickhouse-environment.ts'
import { breakerLog } from './write-log.ts'

const Environment = ClickHouseEnvironment.extend({
  /** The function whose event source mappings the breaker opens and closes. */
  INGESTER_FUNCTION_NAME: z.string().min(1),
})

const environment = Environment.parse(process.env)

const breaker = createBreaker({
  sources: lambdaEventSources({ functionName: environment.INGESTER_FUNCTION_NAME }),
  check: checkStore(connectByEnvironment(environment)),
  ...breakerLog,
})

/** Closes the ingester's breaker when ClickHouse takes inserts again; invoked by a schedule, once a minute. */
export async function handler() {
  return await breaker.probe()
}
