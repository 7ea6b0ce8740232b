import { randomUUID } from 'node:crypto'
import type { SqsEvent } from './sqs-event.ts'

/** The part of Lambda's context that has a meaning here. */
export interface InvocationContext {
  readonly awsRequestId: string
  getRemainingTimeInMillis(): number
  /** Fires when the time is up: the invocation then counts as failed, whatever the handler still does. */
  readonly signal: AbortSignal
}

export type SqsHandler = (event: SqsEvent, context: InvocationContext) => Promise<unknown>

export type InvocationResult =
  | { outcome: 'returned'; response: unknown }
  | { outcome: 'failed' | 'timed out'; error: Error }

/** Invokes `handler` as Lambda does: event and response cross as JSON, and the time is limited. */
export async function invoke(
  handler: SqsHandler,
  event: SqsEvent,
  timeoutMs: number,
): Promise<InvocationResult & { requestId: string }> {
  const requestId = randomUUID()
  const timeout = new AbortController()
  const deadline = Date.now() + timeoutMs
  const context: InvocationContext = {
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    signal: timeout.signal,
  }
  const timedOut = Promise.withResolvers<InvocationResult>()
  const timer = setTimeout(() => {
    const error = new Error(`Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`)
    timedOut.resolve({ outcome: 'timed out', error })
    timeout.abort(error)
  }, timeoutMs)
  try {
    return { requestId, ...(await Promise.race([run(handler, event, context), timedOut.promise])) }
  } finally {
    clearTimeout(timer)
  }
}

async function run(
  handler: SqsHandler,
  event: SqsEvent,
  context: InvocationContext,
): Promise<InvocationResult> {
  try {
    const copy: SqsEvent = JSON.parse(JSON.stringify(event))
    const response = JSON.stringify(await handler(copy, context))
    return { outcome: 'returned', response: response === undefined ? null : JSON.parse(response) }
  } catch (error) {
    return { outcome: 'failed', error: error instanceof Error ? error : new Error(String(error)) }
  }
}
