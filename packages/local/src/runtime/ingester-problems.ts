import { type BreakerState, classify, type MessageReport, OutageError } from '@polo/ingester'
import type { InvocationReport } from '../event-source-mapping/deliver-batch.ts'

const MAX_CHARS = 300
const OUTAGE = 'ClickHouse does not take inserts'
/** What ClickHouse says of these failures may quote rows. */
const MAY_QUOTE_ROWS = new Set(['poison', 'unknown'])

const FATES = {
  stored: undefined,
  partly_stored: 'went to the dead letters in part',
  dead: 'went to the dead letters',
  deferred: 'comes back later',
}

/** What an ingester and its event source mapping tell of their work. */
export interface ProblemTracker {
  onMessage(report: MessageReport): void
  onInvocation(report: InvocationReport): void
  onQueueError(error: unknown): void
  onBreaker(state: BreakerState): void
}

/**
 * Sums up what goes wrong in one line that holds no row, and tells `report` whenever it changes.
 * An invocation that succeeds with every message stored takes it back, and so does a breaker that closes.
 */
export function trackProblems(report: (problem: string | undefined) => void): ProblemTracker {
  let told: string | undefined
  let problem: string | undefined
  let ofMessages: string | undefined
  let ofBreaker: string | undefined
  const tell = (latest: string | undefined) => {
    problem = latest
    const both = ofBreaker === undefined ? problem : `${problem ?? OUTAGE}; ${ofBreaker}`
    if (both !== told) report(both)
    told = both
  }
  return {
    onMessage(message) {
      ofMessages = describeMessage(message) ?? ofMessages
    },
    onInvocation({ error }) {
      tell(error ? describeError(error) : ofMessages)
      ofMessages = undefined
    },
    onQueueError: (error) => tell(shorten(`the queue does not answer: ${describeError(error)}`)),
    onBreaker(state) {
      ofBreaker = describeBreaker(state)
      tell(state.state === 'closed' ? undefined : problem)
    },
  }
}

function describeBreaker({ state, since, reason }: BreakerState): string | undefined {
  if (state !== 'open') return undefined
  return `the breaker is open since ${since} (code ${reason}): the queues wait until a probe succeeds`
}

function describeMessage({ outcome, reason, code, collector, schema }: MessageReport): string | undefined {
  const fate = FATES[outcome]
  if (fate === undefined) return undefined
  const source = [collector, schema].filter((part) => part !== '').join(', ')
  const of = source === '' ? '' : ` of ${source}`
  return shorten(`a message${of} ${fate}: ${reason}${code === 0 ? '' : ` (ClickHouse code ${code})`}`)
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return shorten(String(error))
  const isOutage = error instanceof OutageError
  const failure = classify(isOutage && error.cause !== undefined ? error.cause : error)
  const code = isOutage ? error.code : failure.code
  if (MAY_QUOTE_ROWS.has(failure.class)) return `ClickHouse did not take a block (code ${code})`
  const text = shorten(error.message || error.name)
  return code === 'NO_CODE' || text.includes(code) ? text : `${text} (code ${code})`
}

function shorten(text: string): string {
  const line = text.trim().split('\n', 1).join('')
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}…` : line
}
