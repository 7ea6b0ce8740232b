import { setTimeout as sleep } from 'node:timers/promises'
import { checkMaximumConcurrency, checkSettings, type MappingSettings } from './check-settings.ts'
import { type DeliverOptions, deliverBatch, type InvocationReport } from './deliver-batch.ts'
import { type BatchGatherer, batchGatherer } from './gather-batch.ts'
import { receiveFrom, releaseMessages } from './queue-calls.ts'
import type { SqsRecord } from './sqs-event.ts'

export interface EventSourceMappingOptions
  extends Omit<DeliverOptions, 'reportBatchItemFailures'>,
    Partial<MappingSettings> {
  visibilityTimeoutSeconds: number
  functionTimeoutMs: number
  /** As `FunctionResponseTypes: ReportBatchItemFailures`; without it a partial response deletes everything. */
  reportBatchItemFailures?: boolean
  onInvocation?(report: InvocationReport): void
  /** A call to SQS failed; it is tried again, ever more slowly. */
  onQueueError?(error: unknown): void
  /** The wait after failed receives and failed invocations: doubles from the first to the last. */
  backOffMs?: { first: number; last: number }
  /** Whether it polls from the start; true by default. */
  enabled?: boolean
}

/** A running mapping of an SQS queue to a handler. */
export interface EventSourceMapping {
  readonly state: 'Enabled' | 'Disabled'
  /** Invocations that run now, the deletion of their messages included. */
  readonly inFlight: number
  /** Polls again, at full speed. Does nothing after `stop`. */
  enable(): void
  /** Stops polling; running invocations go on. What was received but not delivered becomes visible again. */
  disable(): void
  /**
   * Invocations at the same time from now on, 2 to 1,000; what runs already goes on.
   * @throws InvalidEventSourceMappingError for what Lambda would refuse
   */
  setMaximumConcurrency(invocations: number): void
  /** Disables for good and waits for the running invocations. */
  stop(): Promise<void>
}

/**
 * Delivers a queue's messages to `handler` as Lambda's SQS event source mapping does, and deletes what succeeded.
 * What fails comes back after the queue's visibility timeout.
 * A handler that goes on after its time is up no longer counts against the concurrency.
 * @throws InvalidEventSourceMappingError for what Lambda would refuse
 */
export function startEventSourceMapping(options: EventSourceMappingOptions): EventSourceMapping {
  const settings: Settings = {
    batchSize: 10,
    maximumBatchingWindowSeconds: 0,
    maximumConcurrency: 2,
    reportBatchItemFailures: false,
    backOffMs: { first: 500, last: 30_000 },
    enabled: true,
    ...options,
  }
  checkSettings(options.queueUrl, settings)
  const mapping = new Mapping(settings)
  if (settings.enabled) mapping.enable()
  return mapping
}

type Settings = EventSourceMappingOptions &
  MappingSettings &
  DeliverOptions &
  Required<Pick<EventSourceMappingOptions, 'backOffMs'>>

class Mapping implements EventSourceMapping {
  readonly #settings: Settings
  readonly #gatherer: BatchGatherer
  readonly #running = new Set<Promise<void>>()
  #failures = { receive: 0, invocation: 0 }
  #polling: AbortController | undefined
  #polls = Promise.resolve()
  #changed = Promise.withResolvers<void>()
  #isStopped = false
  #maximumConcurrency: number

  constructor(settings: Settings) {
    this.#settings = settings
    this.#maximumConcurrency = settings.maximumConcurrency
    this.#gatherer = batchGatherer({
      batchSize: settings.batchSize,
      windowMs: settings.maximumBatchingWindowSeconds * 1_000,
      visibilityTimeoutMs: settings.visibilityTimeoutSeconds * 1_000,
      receive: receiveFrom(settings),
    })
  }

  get state() {
    return this.#polling ? 'Enabled' : 'Disabled'
  }

  get inFlight() {
    return this.#running.size
  }

  enable() {
    if (this.#polling || this.#isStopped) return
    const polling = new AbortController()
    this.#polling = polling
    this.#failures = { receive: 0, invocation: 0 }
    this.#polls = this.#polls.then(() => this.#pollUntil(polling.signal))
  }

  disable() {
    this.#polling?.abort()
    this.#polling = undefined
    this.#announceChange()
  }

  setMaximumConcurrency(invocations: number) {
    checkMaximumConcurrency(invocations)
    this.#maximumConcurrency = invocations
    this.#announceChange()
  }

  async stop() {
    this.#isStopped = true
    this.disable()
    await this.#polls
    await Promise.all(this.#running)
  }

  async #pollUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#backOff(signal)
      while (this.inFlight >= this.#maximumConcurrency && !signal.aborted) {
        await this.#changed.promise
      }
      const { records, error } = await this.#gatherer.next(signal)
      if (signal.aborted) {
        await this.#release(records)
        break
      }
      this.#failures.receive = error ? this.#failures.receive + 1 : 0
      if (error) this.#settings.onQueueError?.(error)
      if (records.length > 0) this.#startDelivery(records)
    }
    await this.#release(this.#gatherer.takeCarriedOver())
  }

  #startDelivery(records: SqsRecord[]): void {
    const delivery = this.#deliver(records).finally(() => {
      this.#running.delete(delivery)
      this.#announceChange()
    })
    this.#running.add(delivery)
  }

  async #deliver(records: SqsRecord[]): Promise<void> {
    const report = await deliverBatch(this.#settings, records)
    const isFunctionError = report.outcome === 'failed' || report.outcome === 'timed out'
    this.#failures.invocation = isFunctionError ? this.#failures.invocation + 1 : 0
    this.#settings.onInvocation?.(report)
  }

  async #backOff(signal: AbortSignal): Promise<void> {
    const failures = Math.max(this.#failures.receive, this.#failures.invocation)
    if (failures === 0) return
    const { first, last } = this.#settings.backOffMs
    const wait = Math.min(last, first * 2 ** (failures - 1))
    await sleep(wait, undefined, { signal }).catch(() => {})
  }

  async #release(records: SqsRecord[]): Promise<void> {
    if (records.length === 0) return
    await releaseMessages(this.#settings, records).catch((error) => this.#settings.onQueueError?.(error))
  }

  #announceChange(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
