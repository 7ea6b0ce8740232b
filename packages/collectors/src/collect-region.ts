import { type Outcome, partitionOf, type ResourceEvent } from '@polo/core'
import { ZodError, z } from 'zod'
import type { AwsSource, CountCall } from './aws-source.ts'
import { classifyAwsError } from './classify-aws-error.ts'
import type { ClientClass, CollectContext, Observation, Source } from './collector.ts'
import { combineOutcomes } from './combine-outcomes.ts'
import { PublishError, TimeIsUpError } from './errors.ts'
import { createEventMaker, type EventContext } from './observation-to-event.ts'
import type { Publisher } from './publisher.ts'
import { readEach } from './read-each.ts'

/** What a job's look at one region came to. */
export interface RegionResult {
  readonly outcome: Outcome
  readonly events: number
  /** Things seen that could not be made an event; `errors` names them. */
  readonly rejected: number
  readonly errors: readonly string[]
}

export interface RegionJob extends EventContext {
  readonly aws: AwsSource
  readonly publisher: Publisher
  readonly countCall: CountCall
  /** Fires when the run's time is up. */
  readonly signal: AbortSignal
}

/**
 * Runs a collector's sources in one region, one after the other. A source that fails is that source's
 * outcome; the others go on.
 * @throws PublishError when blocks are no longer taken: collecting on would be in vain
 */
export async function collectRegion(job: RegionJob): Promise<RegionResult> {
  const errors: string[] = []
  const outcomes: Outcome[] = []
  const counts = { events: 0, rejected: 0 }
  const reject = (message: string) => {
    counts.rejected++
    errors.push(message)
  }
  const clients = createClients(job)
  const context: CollectContext = {
    clients,
    account: job.account.id,
    region: job.region,
    partition: partitionOf(job.region),
    slot: job.slot,
    signal: job.signal,
    each: (answer, key, toEvent) => readEach({ list: answer[key], name: String(key), toEvent, reject }),
  }
  const toEvent = createEventMaker(job)
  for (const [name, source] of Object.entries(job.collector.sources)) {
    const rejectedBefore = counts.rejected
    try {
      for await (const observation of untilAborted(source, context)) {
        const event = makeEvent(observation, toEvent, reject)
        if (!event) continue
        await job.publisher.publish(event)
        counts.events++
      }
      outcomes.push(counts.rejected > rejectedBefore ? 'partial' : 'complete')
    } catch (error) {
      if (error instanceof PublishError) throw error
      const { outcome, message } = classifyFailure(error)
      outcomes.push(outcome)
      errors.push(`${name}: ${message}`)
    }
  }
  for (const client of Object.values(clients)) client.destroy()
  return { outcome: combineOutcomes(outcomes), ...counts, errors }
}

function createClients({ aws, account, region, countCall, collector }: RegionJob) {
  const create = (clientClass: ClientClass) =>
    aws.client(clientClass, { accountId: account.id, region, countCall })
  return Object.fromEntries(
    Object.entries(collector.clients).map(([name, clientClass]) => [name, create(clientClass)]),
  )
}

/** A source that hangs must not hang its run: not every call of the SDK ends when it is aborted. */
async function* untilAborted(source: Source, context: CollectContext): AsyncGenerator<Observation> {
  const { signal } = context
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = () => reject(new TimeIsUpError(`stopped early: ${describe(signal.reason)}`))
  aborted.catch(() => {})
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const iterator = source(context)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([aborted, iterator.next()])
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', stop)
    // Not awaited: it waits for the very call that may hang.
    iterator.return?.().catch(() => {})
  }
}

function makeEvent(
  observation: Observation,
  toEvent: (observation: Observation) => ResourceEvent,
  reject: (message: string) => void,
): ResourceEvent | undefined {
  try {
    return toEvent(observation)
  } catch (error) {
    const what = observation.resource_arn || observation.resource_id || 'one without an id'
    reject(`${observation.resource_type} ${what} was rejected: ${describe(error)}`)
    return undefined
  }
}

function classifyFailure(error: unknown): { outcome: Outcome; message: string } {
  return error instanceof TimeIsUpError
    ? { outcome: 'partial', message: error.message }
    : classifyAwsError(error)
}

function describe(error: unknown): string {
  if (error instanceof ZodError) return z.prettifyError(error).replaceAll('\n', ' ')
  return error instanceof Error ? error.message : String(error)
}
