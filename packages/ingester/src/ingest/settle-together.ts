import pLimit from 'p-limit'
import { sendDeadLetters } from '../dead-letters/send-dead-letters.ts'
import { writeLedger } from './ledger.ts'
import {
  type MessageReport,
  type SettleContext,
  type SettledMessage,
  type SettleOptions,
  settleMessage,
} from './settle-message.ts'
import type { SqsAccess } from './sqs-access.ts'
import type { SqsRecord } from './sqs-event.ts'

export interface SettleTogetherOptions extends SettleOptions {
  readonly sqs: SqsAccess
  readonly deadLetterQueueUrl: string
  /** Blocks inserted at a time. */
  readonly concurrency: number
  readonly onMessage?: (report: MessageReport) => void
}

/**
 * Stores the blocks of messages, buries what is dead in them and writes the ledger.
 * @throws OutageError
 */
export async function settleTogether(
  records: readonly SqsRecord[],
  options: SettleTogetherOptions,
  context: SettleContext,
): Promise<MessageReport[]> {
  const settled = await settleAll(records, options, context)
  const buried = await Promise.all(settled.map((message) => bury(message, options)))
  await writeLedger(
    buried.flatMap(({ entries }) => entries),
    { ...context, deadline: context.lastMoment },
  )
  const reports = buried.map(({ report }) => report)
  for (const report of reports) options.onMessage?.(report)
  return reports
}

/** After the first outage nothing new is started; what is in flight may finish. */
async function settleAll(
  records: readonly SqsRecord[],
  options: SettleTogetherOptions,
  context: SettleContext,
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
export async function bury(message: SettledMessage, options: SettleTogetherOptions): Promise<SettledMessage> {
  try {
    await sendDeadLetters(message.letters, options)
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
