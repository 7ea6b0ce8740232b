import { Logger } from '@aws-lambda-powertools/logger'
import { type BreakerState, classify } from '@polo/ingester'

/** Lines of JSON; service and level are POWERTOOLS_SERVICE_NAME's and POWERTOOLS_LOG_LEVEL's. */
export function createLogger(): Logger {
  return new Logger()
}

/** What a breaker tells. Messages of errors stay out: they may quote rows. */
export function tellBreaker(logger: Logger) {
  return {
    onChange(state: BreakerState): void {
      const level = state.state === 'open' ? 'warn' : 'info'
      logger[level]('the breaker changed', { breaker: state })
    },
    onProblem(error: unknown): void {
      const problem = error instanceof Error ? error.name : typeof error
      logger.warn('the breaker has a problem', { breaker_problem: problem, code: classify(error).code })
    },
  }
}

/** Says that ClickHouse does not answer, by its code or the network's, and what comes of that. */
export function tellOutage(logger: Logger, consequence: string): (error: Error) => void {
  return (error) => logger.warn(`ClickHouse does not answer: ${consequence}`, { code: classify(error).code })
}
