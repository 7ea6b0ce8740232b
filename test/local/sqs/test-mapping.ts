import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished, vi } from 'vitest'
import type { InvocationReport } from '../../../packages/local/src/event-source-mapping/deliver-batch.ts'
import type { SqsHandler } from '../../../packages/local/src/event-source-mapping/invoke.ts'
import type { SqsEvent } from '../../../packages/local/src/event-source-mapping/sqs-event.ts'
import {
  type EventSourceMapping,
  type EventSourceMappingOptions,
  startEventSourceMapping,
} from '../../../packages/local/src/event-source-mapping/start-event-source-mapping.ts'
import { attributesOf, countLeft, EVENTS, type TestSqs } from './local-queue.ts'

/** Short, so that tests see messages come back. */
const VISIBILITY_SECONDS = 1
export const QUEUES = [{ ...EVENTS, visibilityTimeoutSeconds: VISIBILITY_SECONDS }]

export interface TestMapping {
  mapping: EventSourceMapping
  /** Every event that the handler got, in order, with the time. */
  events: (SqsEvent & { at: number })[]
  reports: InvocationReport[]
  queueErrors: unknown[]
  /** Waits until the queue holds nothing, in flight or not, and what was handed out has been reported. */
  drained(): Promise<void>
}

/** A mapping of the server's queue that records what happens and is stopped when the test ends. */
export function startTestMapping(
  sqs: TestSqs,
  handler: SqsHandler,
  options: Partial<EventSourceMappingOptions> = {},
): TestMapping {
  const seen: Omit<TestMapping, 'mapping' | 'drained'> = { events: [], reports: [], queueErrors: [] }
  const mapping = startEventSourceMapping({
    client: sqs.client,
    queueUrl: sqs.queueUrls.events ?? '',
    queueArn: sqs.queueArns.events ?? '',
    region: 'us-east-1',
    visibilityTimeoutSeconds: VISIBILITY_SECONDS,
    functionTimeoutMs: 1_000,
    reportBatchItemFailures: true,
    backOffMs: { first: 10, last: 10 },
    onInvocation: (report) => seen.reports.push(report),
    onQueueError: (error) => seen.queueErrors.push(error),
    ...options,
    handler: (event, context) => {
      seen.events.push({ ...event, at: Date.now() })
      return handler(event, context)
    },
  })
  onTestFinished(() => mapping.stop())
  return {
    mapping,
    ...seen,
    // A message is gone from the queue before the mapping hears that it is.
    async drained() {
      const isDrained = async () => (await countLeft(sqs)) === 0 && seen.reports.length === seen.events.length
      await vi.waitUntil(isDrained, { timeout: 60_000, interval: 20 })
    },
  }
}

/** Waits until so many messages are handed out and not deleted. */
export async function inFlight(sqs: TestSqs, messages: number): Promise<void> {
  const count = async () => Number((await attributesOf(sqs)).ApproximateNumberOfMessagesNotVisible)
  await vi.waitUntil(async () => (await count()) === messages, { timeout: 60_000, interval: 20 })
}

export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 60_000, interval: 5 })
}

/** Long enough for a message that is still there to come back. */
export async function pastVisibility(): Promise<void> {
  await sleep(VISIBILITY_SECONDS * 1_000 + 500)
}

export function bodiesOf({ events }: TestMapping): string[][] {
  return events.map(({ Records }) => Records.map(({ body }) => body).toSorted())
}
