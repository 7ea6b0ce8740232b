import { type Outcome, partitionOf, type ResourceEvent } from '@polo/core'
import type { AwsSource, CountCall } from './aws-source.ts'
import { classifyFailure, describeError } from './classify-failure.ts'
import type { ClientClass, CollectContext, Observation, Source } from './collector.ts'
import { combineOutcomes } from './combine-outcomes.ts'
import { createEventMaker, type EventContext } from './observation-to-event.ts'
import type { Publisher } from './publisher.ts'
import { readEach } from './read-each.ts'

/** Rejections that a region names; of those beyond, only the number is kept. */
const MAX_NAMED = 100

/** What a job's look at one region came to. */
export interface RegionResult {
  readonly outcome: Outcome
  readonly events: number
  /** Things seen that could not be made an event; `rejections` names the first of them. */
  readonly rejected: number
  readonly rejections: readonly string[]
  /** What ended a source before it had seen everything, each with the source's name. */
  readonly failures: readonly string[]
}

export interface RegionJob extends EventContext {
  readonly aws: AwsSource
  readonly publisher: Publisher
  readonly countCall: CountCall
  /** Fires when the run is to end early; its reason is a TimeIsUpError. */
  readonly signal: AbortSignal
}

interface Tally {
  readonly outcomes: Outcome[]
  readonly failures: string[]
  readonly rejections: string[]
  events: number
  rejected: number
}

/**
 * Runs a collector's sources in one region, one after the other. A source that fails is that source's
 * outcome; the others go on. Never throws: whatever happens here is this region's outcome.
 */
export async function collectRegion(job: RegionJob): Promise<RegionResult> {
  const tally: Tally = { outcomes: [], failures: [], rejections: [], events: 0, rejected: 0 }
  const clients: Record<string, InstanceType<ClientClass>> = {}
  try {
    for (const [name, clientClass] of Object.entries(job.collector.clients))
      clients[name] = open(job, clientClass)
    await collectSources(job, createContext(job, clients, tally), tally)
  } catch (error) {
    fail(tally, error)
  }
  for (const client of Object.values(clients)) client.destroy()
  const { outcomes, ...counts } = tally
  return { outcome: combineOutcomes(outcomes), ...counts }
}

async function collectSources(job: RegionJob, context: CollectContext, tally: Tally): Promise<void> {
  const toEvent = createEventMaker(job)
  for (const [name, source] of Object.entries(job.collector.sources)) {
    const rejectedBefore = tally.rejected
    try {
      for await (const observation of untilAborted(source, context)) {
        const event = makeEvent(observation, toEvent, tally)
        if (!event) continue
        const waiting = job.publisher.publish(event)
        if (waiting) await waiting
        tally.events++
      }
      tally.outcomes.push(tally.rejected > rejectedBefore ? 'partial' : 'complete')
    } catch (error) {
      // What fails from here on, fails because of that.
      fail(tally, job.signal.aborted ? job.signal.reason : error, `${name}: `)
    }
  }
}

function open({ aws, account, region, countCall }: RegionJob, clientClass: ClientClass) {
  return aws.client(clientClass, { accountId: account.id, region, countCall })
}

function createContext(job: RegionJob, clients: CollectContext['clients'], tally: Tally): CollectContext {
  return {
    clients,
    account: job.account.id,
    region: job.region,
    partition: partitionOf(job.region),
    slot: job.slot,
    signal: job.signal,
    each: (answer, key, toEvent) =>
      readEach({
        list: answer[key],
        name: String(key),
        toEvent,
        reject: (message) => reject(tally, message),
      }),
  }
}

function reject(tally: Tally, message: string): void {
  tally.rejected++
  if (tally.rejections.length < MAX_NAMED) tally.rejections.push(message)
}

function fail(tally: Tally, error: unknown, prefix = ''): void {
  const { outcome, message } = classifyFailure(error)
  tally.outcomes.push(outcome)
  tally.failures.push(`${prefix}${message}`)
}

/** `orAborted` for each observation, with one listener for all of them. */
async function* untilAborted(source: Source, context: CollectContext): AsyncGenerator<Observation> {
  const { signal } = context
  const iterator = source(context)[Symbol.asyncIterator]()
  let stop = (_reason: unknown) => {}
  const abort = () => stop(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await new Promise<IteratorResult<Observation>>((resolve, reject) => {
        stop = reject
        iterator.next().then(resolve, reject)
      })
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: it waits for the very call that may hang.
    iterator.return?.().catch(() => {})
  }
}

function makeEvent(
  observation: Observation,
  toEvent: (observation: Observation) => ResourceEvent,
  tally: Tally,
): ResourceEvent | undefined {
  try {
    return toEvent(observation)
  } catch (error) {
    const what = observation.resource_arn || observation.resource_id || 'one without an id'
    reject(tally, `${observation.resource_type} ${what} was rejected: ${describeError(error)}`)
    return undefined
  }
}
