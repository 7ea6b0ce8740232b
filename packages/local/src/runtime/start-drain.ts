import { setTimeout as sleep } from 'node:timers/promises'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import {
  type Breaker,
  type BreakerState,
  type BreakerTiming,
  checkStore,
  createBreaker,
  createIngester,
  type Ingester,
  type MessageReport,
} from '@polo/ingester'
import type { InvocationReport } from '../event-source-mapping/deliver-batch.ts'
import { startEventSourceMapping } from '../event-source-mapping/start-event-source-mapping.ts'
import { LOCAL_SQS_REGION } from '../sqs/sqs-client.ts'
import { type LocalEventSource, localEventSources } from './local-breaker.ts'
import { INGESTER_TIMEOUT_MS, VISIBILITY_TIMEOUT_SECONDS } from './local-queues.ts'

/** A queue that the ingester drains. */
export interface SourceQueue {
  readonly queueUrl: string
  readonly queueArn: string
}

export interface DrainOptions {
  /** Where the breaker's state is kept. */
  readonly dataDir: string
  readonly clickhouse: ClickHouseClient
  readonly sqs: SQSClient
  /** What collectors publish now. */
  readonly events: SourceQueue
  /** What may wait: drained at a lower concurrency. */
  readonly backfill: SourceQueue
  readonly deadLetterQueueUrl: string
  readonly controlSenders: readonly string[]
  readonly visibilityTimeoutSeconds?: number
  readonly functionTimeoutMs?: number
  readonly breakerTiming?: BreakerTiming
  /** Stands between the mappings and the ingester that the breaker guards. */
  readonly wrapIngester?: (ingester: Ingester) => Ingester
  readonly onMessage?: (report: MessageReport) => void
  readonly onInvocation?: (report: InvocationReport) => void
  readonly onQueueError?: (error: unknown) => void
  /** The state at the start, and each that the breaker comes into. */
  readonly onBreaker?: (state: BreakerState) => void
}

export interface Drain {
  /** Stops polling and waits for what runs. */
  stop(): Promise<void>
}

/** Inserts at a time in each invocation: four of them for what is new, two for what may wait. */
const INSERTS = 2
const EVENTS_CONCURRENCY = 4
const BACKFILL_CONCURRENCY = 2
const PROBE_EVERY_MS = 1_000
const PROBE_LIMIT_MS = 5_000
/** The store is on this machine, where nobody else waits for it. */
const LOCAL_TIMING: BreakerTiming = { firstProbeMs: 1_000, lastProbeMs: 15_000, halfOpenMs: 5_000 }

/** Drains both queues into ClickHouse as deployed: one ingester, two mappings, one breaker, probed on a timer. */
export async function startDrain(options: DrainOptions): Promise<Drain> {
  const { dataDir, clickhouse, onBreaker } = options
  // Nothing is invoked before the breaker enables the mappings.
  const handler: Ingester = (event, invocation) => guarded(event, invocation)
  const mapped = [
    mapQueue(options.events, EVENTS_CONCURRENCY, { ...options, handler }),
    mapQueue(options.backfill, BACKFILL_CONCURRENCY, { ...options, handler }),
  ]
  const sources = localEventSources(dataDir, mapped)
  const breaker = createBreaker({
    sources,
    check: checkStore(clickhouse, { timeLimitMs: PROBE_LIMIT_MS }),
    timing: options.breakerTiming ?? LOCAL_TIMING,
    ...(onBreaker && { onChange: onBreaker }),
  })
  const ingester = createIngester({ ...options, concurrency: INSERTS })
  const guarded = breaker.guard(options.wrapIngester?.(ingester) ?? ingester)

  const state = await sources.read()
  onBreaker?.(state)
  await sources.apply(state)
  const stopping = new AbortController()
  const probing = probeUntil(stopping.signal, breaker)
  return {
    async stop() {
      stopping.abort()
      await probing
      await Promise.all(mapped.map(({ mapping }) => mapping.stop()))
    },
  }
}

function mapQueue(
  queue: SourceQueue,
  maximumConcurrency: number,
  options: DrainOptions & { readonly handler: Ingester },
): LocalEventSource {
  const { sqs, handler, onInvocation, onQueueError } = options
  const mapping = startEventSourceMapping({
    ...queue,
    client: sqs,
    region: LOCAL_SQS_REGION,
    handler,
    maximumConcurrency,
    functionTimeoutMs: options.functionTimeoutMs ?? INGESTER_TIMEOUT_MS,
    visibilityTimeoutSeconds: options.visibilityTimeoutSeconds ?? VISIBILITY_TIMEOUT_SECONDS,
    reportBatchItemFailures: true,
    enabled: false,
    ...(onInvocation && { onInvocation }),
    ...(onQueueError && { onQueueError }),
  })
  return { mapping, maximumConcurrency }
}

/** At once when it starts: whoever starts an ingester again does not want to wait for the back-off of the last one. */
async function probeUntil(signal: AbortSignal, breaker: Breaker): Promise<void> {
  for (let evenIfNotDue = true; !signal.aborted; evenIfNotDue = false) {
    await breaker.probe({ evenIfNotDue }).catch(() => {})
    await sleep(PROBE_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}
