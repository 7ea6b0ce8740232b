import { type PoloConfigInput, parseConfig } from '@polo/core'
import {
  createLoader,
  type InvocationContext,
  LoadError,
  type LoadSummary,
  loadKinds,
  loadSources,
} from '@polo/ingester'
import { Resource } from 'sst/resource'
import { CLICKHOUSE_LINKS, connectByLinks } from './connect-clickhouse.ts'
import { readLinks } from './links.ts'
import { CLUSTER_MISSING, clusterIsNamed, TargetEnvironment, targetOf } from './migration-target.ts'
import { readEnvironment } from './read-environment.ts'
import { createLogger, tellOutage } from './telemetry.ts'
import { whileClickHouseAnswers } from './while-clickhouse-answers.ts'

const Environment = TargetEnvironment.refine(clusterIsNamed, CLUSTER_MISSING)
/** Time kept for saying how the last load ended. */
const STOP_EARLY_MS = 60_000
/** The longest that a function may run, and so a statement. */
const LONGEST_MS = 15 * 60_000

/**
 * The function that has the database load what requests name; a schedule invokes it every minute, and one at a time is
 * at work. What waits when ClickHouse does not answer is loaded when it does. `input` is `polo.config.ts`'s.
 */
export function createLoaderHandler(input?: PoloConfigInput) {
  const environment = readEnvironment(Environment, process.env)
  const links = readLinks(Resource, ...CLICKHOUSE_LINKS)
  const clickhouse = connectByLinks(links, environment.CLICKHOUSE_DATABASE, { requestTimeoutMs: LONGEST_MS })
  const config = parseConfig(input ?? {})
  const target = targetOf(environment)
  const logger = createLogger()
  const onOutage = tellOutage(logger, 'loads wait until it does')
  return async (
    _: unknown,
    context: InvocationContext & { readonly awsRequestId: string },
  ): Promise<LoadSummary | undefined> => {
    const loader = createLoader({
      clickhouse,
      target,
      kinds: loadKinds(config),
      sources: loadSources(config),
      name: `lambda ${context.awsRequestId}`,
      isAlone: true,
      onResult({ kind, source, key }, { status, attempt, files, rows, elapsed_ms, error }) {
        const level = status === 'failed' || status === 'given_up' ? 'warn' : 'info'
        logger[level]('a load has ended', {
          kind,
          source,
          key,
          status,
          attempt,
          files,
          rows,
          elapsed_ms,
          error,
        })
      },
    })
    const timeLimit = new AbortController()
    const minutes = Math.round(LONGEST_MS / 60_000)
    const timeIsUp = new LoadError(`it did not end within the ${minutes} minutes that a function has`)
    const timer = setTimeout(
      () => timeLimit.abort(timeIsUp),
      context.getRemainingTimeInMillis() - STOP_EARLY_MS,
    )
    try {
      const run = () => loader.run({ signal: timeLimit.signal })
      return await whileClickHouseAnswers(clickhouse, run, { onOutage })
    } finally {
      clearTimeout(timer)
    }
  }
}
