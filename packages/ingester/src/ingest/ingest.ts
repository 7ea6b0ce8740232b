import type { ClickHouseClient } from '@clickhouse/client'
import { createAttempts } from './attempts.ts'
import { createCanary } from './canary.ts'
import type { ControlSenders } from './control-senders.ts'
import { createRetryBudget } from './retry-budget.ts'
import { createSearchMemory } from './search-memory.ts'
import type { MessageReport, SettleContext } from './settle-message.ts'
import { isSuspect, settleSuspect } from './settle-suspect.ts'
import { settleTogether } from './settle-together.ts'
import { createSourceQueues } from './source-queues.ts'
import type { SqsAccess } from './sqs-access.ts'
import type { SqsBatchResponse, SqsEvent, SqsRecord } from './sqs-event.ts'

export interface IngesterDependencies {
  /** Its database is where the rows go. It must not compress requests: blocks are compressed already. */
  readonly clickhouse: ClickHouseClient
  /** Takes dead letters, and keeps messages hidden while they are worked on. */
  readonly sqs: SqsAccess
  readonly deadLetterQueueUrl: string
  readonly controlSenders: ControlSenders
  /** Blocks inserted at a time; 4 by default. */
  readonly concurrency?: number
  /** Told of each message when all is done; never throws. */
  readonly onMessage?: (report: MessageReport) => void
}

/** What Lambda says of an invocation, as far as it matters here. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number
}

export type Ingester = (event: SqsEvent, invocation?: InvocationContext) => Promise<SqsBatchResponse>

const DEFAULT_CONCURRENCY = 4
const DEFAULT_TIME_MS = 60_000
/** Time kept for dead letters, ledger and the answer; at most a quarter of what there is. */
const RESERVE_MS = 2_000

/**
 * The function that an event source mapping invokes. It resolves to the messages that must come back.
 * @throws OutageError when the store does not take inserts: nothing of the batch is acknowledged
 */
export function createIngester(dependencies: IngesterDependencies): Ingester {
  const queues = createSourceQueues(dependencies.sqs)
  const attempts = createAttempts()
  const retries = createRetryBudget()
  const options = {
    ...dependencies,
    concurrency: dependencies.concurrency ?? DEFAULT_CONCURRENCY,
    canary: createCanary(),
    memory: createSearchMemory(),
  }

  const settle = async (records: readonly SqsRecord[], context: SettleContext) => {
    const suspects = records.filter(isSuspect)
    const others = records.filter((record) => !suspects.includes(record))
    const reports = await settleTogether(others, options, context)
    if (suspects.length > 0) await queues.delete(settledOf(others, reports))
    for (const record of suspects) {
      const report = await settleSuspect(record, { ...options, attempts }, context)
      await queues.delete(settledOf([record], [report]))
      reports.push(report)
    }
    return reports
  }

  return async ({ Records }, invocation) => {
    const remaining = invocation?.getRemainingTimeInMillis() ?? DEFAULT_TIME_MS
    const startedAt = Date.now()
    const reserve = Math.min(RESERVE_MS, remaining / 4)
    const context = {
      clickhouse: dependencies.clickhouse,
      startedAt,
      deadline: startedAt + Math.floor(remaining - reserve),
      lastMoment: startedAt + Math.floor(remaining - reserve / 4),
      retries,
    }
    const reports = await queues.whileHidden(Records, () => settle(Records, context))
    const deferred = reports.filter(({ outcome }) => outcome === 'deferred')
    return { batchItemFailures: deferred.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
}

/** The messages that need not come back. */
function settledOf(records: readonly SqsRecord[], reports: readonly MessageReport[]): SqsRecord[] {
  const settled = new Set(
    reports.filter(({ outcome }) => outcome !== 'deferred').map(({ messageId }) => messageId),
  )
  return records.filter(({ messageId }) => settled.has(messageId))
}
