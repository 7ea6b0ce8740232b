import { type BreakerState, classify } from '@polo/ingester'

/** One line of JSON, as CloudWatch Logs takes it. */
export function writeLog(level: 'INFO' | 'WARN', fields: object): void {
  process.stdout.write(`${JSON.stringify({ level, ...fields })}\n`)
}

/** What a breaker tells. Messages of errors stay out: they may quote rows. */
export const breakerLog = {
  onChange: (state: BreakerState) => writeLog(state.state === 'open' ? 'WARN' : 'INFO', { breaker: state }),
  onProblem: (error: unknown) =>
    writeLog('WARN', {
      breaker_problem: error instanceof Error ? error.name : typeof error,
      code: classify(error).code,
    }),
}
