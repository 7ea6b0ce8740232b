import { setTimeout as sleep } from 'node:timers/promises'
import type { SqsRecord } from './sqs-event.ts'

/** Lambda's limit for the event of a synchronous invocation. */
const MAXIMUM_EVENT_BYTES = 6 * 1024 * 1024

const EMPTY_EVENT_BYTES = Buffer.byteLength(JSON.stringify({ Records: [] }))
const RECEIVE_MAXIMUM = 10
const LONG_POLL_SECONDS = 20

export interface GatherOptions {
  batchSize: number
  windowMs: number
  /** After so long a received record is no longer ours to deliver. */
  visibilityTimeoutMs: number
  receive(request: { count: number; waitSeconds: number; signal: AbortSignal }): Promise<SqsRecord[]>
}

export interface BatchGatherer {
  /** The next batch, perhaps empty; `error` is what ended it early. Ends soon when `signal` fires. */
  next(signal: AbortSignal): Promise<{ records: SqsRecord[]; error?: unknown }>
  /** Gives up the records that were received but did not fit into a batch yet. */
  takeCarriedOver(): SqsRecord[]
}

/** Gathers records into batches that close on size, on window, or on the bytes of the serialized event. */
export function batchGatherer(options: GatherOptions): BatchGatherer {
  const { batchSize, windowMs, visibilityTimeoutMs, receive } = options
  let carriedOver: Held[] = []

  async function receiveMore(batch: Held[], windowEnd: number, signal: AbortSignal): Promise<boolean> {
    const remainingMs = windowEnd - Date.now()
    const isLast = batch.length > 0 && remainingMs < 1_000
    if (isLast && remainingMs > 0) await sleep(remainingMs, undefined, { signal })
    const seconds = Math.floor(remainingMs / 1_000)
    const waitSeconds = batch.length === 0 ? LONG_POLL_SECONDS : Math.min(LONG_POLL_SECONDS, seconds)
    const count = Math.min(RECEIVE_MAXIMUM, batchSize - batch.length)
    const records = await receive({ count, waitSeconds: isLast ? 0 : waitSeconds, signal })
    const receivedAt = Date.now()
    carriedOver.push(...records.map((record) => ({ record, receivedAt, bytes: bytesOf(record) })))
    return isLast || windowMs === 0 || batch.length + carriedOver.length === 0
  }

  async function fill(batch: Held[], signal: AbortSignal): Promise<void> {
    carriedOver = carriedOver.filter(({ receivedAt }) => Date.now() - receivedAt < visibilityTimeoutMs)
    carriedOver = moveWhatFits(carriedOver, batch, batchSize)
    let windowEnd = Date.now() + windowMs
    for (let isLast = false; !isLast && carriedOver.length === 0 && batch.length < batchSize; ) {
      const isFirst = batch.length === 0
      isLast = await receiveMore(batch, windowEnd, signal)
      if (isFirst) windowEnd = Date.now() + windowMs
      carriedOver = moveWhatFits(carriedOver, batch, batchSize)
    }
  }

  return {
    async next(signal) {
      const batch: Held[] = []
      try {
        await fill(batch, signal)
        return { records: batch.map(({ record }) => record) }
      } catch (error) {
        return { records: batch.map(({ record }) => record), error }
      }
    },
    takeCarriedOver() {
      const records = carriedOver.map(({ record }) => record)
      carriedOver = []
      return records
    },
  }
}

interface Held {
  record: SqsRecord
  receivedAt: number
  bytes: number
}

/** Moves records to the end of `batch` while they fit, and returns the rest; an empty batch takes any one. */
function moveWhatFits(records: Held[], batch: Held[], batchSize: number): Held[] {
  let bytes = batch.reduce((sum, held) => sum + held.bytes, EMPTY_EVENT_BYTES)
  for (const [index, held] of records.entries()) {
    const fits = batch.length === 0 || bytes + held.bytes <= MAXIMUM_EVENT_BYTES
    if (!fits || batch.length === batchSize) return records.slice(index)
    batch.push(held)
    bytes += held.bytes
  }
  return []
}

/** With the comma that joins it to the next. */
function bytesOf(record: SqsRecord): number {
  return Buffer.byteLength(JSON.stringify(record)) + 1
}
