import type { SQSClient } from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import pLimit from 'p-limit'
import { createCanary } from './canary.ts'
import type { InsertContext } from './insert.ts'
import { writeLedger } from './ledger.ts'
import { sendDeadLetters } from './send-dead-letters.ts'
import {
  type MessageReport,
  type SettledMessage,
  type SettleOptions,
  settleMessage,
} from './settle-message.ts'
import type { SqsBatchResponse, SqsEvent, SqsRecord } from './sqs-event.ts'

export interface IngesterDependencies {
  /** Its database is where the rows go. It must not compress requests: blocks are compressed already. */
  readonly clickhouse: ClickHouseClient
  readonly sqs: SQSClient
  readonly deadLetterQueueUrl: string
  /** SQS sender ids (a role's id stands for all its sessions) that may send control schemas. */
  readonly controlSenders: readonly string[]
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
/** Time kept for dead letters and the answer; at most a quarter of what there is. */
const RESERVE_MS = 2_000

/**
 * The function that an event source mapping invokes. It resolves to the messages that must come back.
 * @throws OutageError when the store does not take inserts: nothing of the batch is acknowledged
 */
export function createIngester(dependencies: IngesterDependencies): Ingester {
  const { concurrency = DEFAULT_CONCURRENCY, controlSenders } = dependencies
  const options = { concurrency, controlSenders, canary: createCanary() }
  return async (event, invocation) => {
    const remaining = invocation?.getRemainingTimeInMillis() ?? DEFAULT_TIME_MS
    const context = {
      clickhouse: dependencies.clickhouse,
      deadline: Date.now() + remaining - Math.min(RESERVE_MS, remaining / 4),
    }
    const settled = await settleAll(event.Records, options, context)
    const buried = await Promise.all(settled.map((message) => bury(message, dependencies)))
    await writeLedger(
      buried.flatMap(({ entries }) => entries),
      context,
    )
    const reports = buried.map(({ report }) => report)
    for (const report of reports) dependencies.onMessage?.(report)
    const deferred = reports.filter(({ outcome }) => outcome === 'deferred')
    return { batchItemFailures: deferred.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
}

/** After the first outage nothing new is started; what is in flight may finish. */
async function settleAll(
  records: readonly SqsRecord[],
  options: SettleOptions & { readonly concurrency: number },
  context: InsertContext,
): Promise<SettledMessage[]> {
  const limit = pLimit(options.concurrency)
  const failures: unknown[] = []
  const settled = await Promise.all(
    records.map((record) =>
      limit(async () => {
        if (failures.length > 0) return []
        try {
          return [await settleMessage(record, options, context)]
        } catch (error) {
          failures.push(error)
          return []
        }
      }),
    ),
  )
  if (failures.length > 0) throw failures[0]
  return settled.flat()
}

/** A message that the dead-letter queue does not take must come back; its rows that are stored are stored again, once. */
async function bury(message: SettledMessage, dependencies: IngesterDependencies): Promise<SettledMessage> {
  try {
    await sendDeadLetters(message.letters, dependencies)
    return message
  } catch {
    const { report } = message
    return {
      report: { ...report, outcome: 'deferred', reason: 'dead_letter_queue_refused' },
      letters: [],
      entries: [],
    }
  }
}
