import { readBatchResponse } from './batch-response.ts'
import { type InvocationResult, invoke, type SqsHandler } from './invoke.ts'
import { deleteMessages, type MappedQueue } from './queue-calls.ts'
import type { SqsRecord } from './sqs-event.ts'

/** What became of one invocation and its batch. */
export interface InvocationReport {
  requestId: string
  /**
   * `succeeded`: every message was processed; `partial`: the response named some as failed;
   * `invalid response`: it could not be read, so all count as failed; `failed`: the handler threw; `timed out`.
   */
  outcome: 'succeeded' | 'partial' | 'invalid response' | 'failed' | 'timed out'
  records: number
  durationMs: number
  /** They come back after the visibility timeout. */
  failedMessageIds: string[]
  /** They were processed, but could not be deleted, so they come back too. */
  undeletedMessageIds: string[]
  error?: Error
}

export interface DeliverOptions extends MappedQueue {
  handler: SqsHandler
  functionTimeoutMs: number
  reportBatchItemFailures: boolean
}

/** Invokes the handler for one batch and deletes what succeeded. Never rejects. */
export async function deliverBatch(options: DeliverOptions, records: SqsRecord[]): Promise<InvocationReport> {
  const startedAt = Date.now()
  const result = await invoke(options.handler, { Records: records }, options.functionTimeoutMs)
  const durationMs = Date.now() - startedAt
  const { outcome, error, failed } = judge(options.reportBatchItemFailures, records, result)
  const done = records.filter(({ messageId }) => !failed.has(messageId))
  const undeleted = await deleteMessages(options, done)
  return {
    requestId: result.requestId,
    outcome,
    records: records.length,
    durationMs,
    failedMessageIds: [...failed],
    undeletedMessageIds: undeleted.map(({ messageId }) => messageId),
    ...(error && { error }),
  }
}

interface Judgement {
  outcome: InvocationReport['outcome']
  failed: Set<string>
  error?: Error
}

function judge(reportsItemFailures: boolean, records: SqsRecord[], result: InvocationResult): Judgement {
  const all = new Set(records.map(({ messageId }) => messageId))
  if (result.outcome !== 'returned') return { ...result, failed: all }
  if (!reportsItemFailures) return { outcome: 'succeeded', failed: new Set() }
  const response = readBatchResponse(result.response, all)
  if ('invalid' in response) {
    return { outcome: 'invalid response', failed: all, error: new Error(response.invalid) }
  }
  return { outcome: response.failed.size > 0 ? 'partial' : 'succeeded', failed: response.failed }
}
