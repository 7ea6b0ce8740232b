import { type Outcome, partitionOf, type ResourceEvent, TABLE_ROWS } from '@polo/core'
import type { AwsSource, CountCall } from '../aws-source.ts'
import { describeError } from '../classify-failure.ts'
import type { ClientClass, CollectContext, Collector, Observation, TableRow } from '../collector.ts'
import { PublishError } from '../errors.ts'
import type { RunBudget } from '../paid-calls/budget.ts'
import type { Publisher } from '../publish/publisher.ts'
import type { TablePublishers } from '../publish/table-publishers.ts'
import { readEach } from '../read-each.ts'
import type { RunState } from './collector-state.ts'
import { combineOutcomes } from './combine-outcomes.ts'
import { createEventMaker, type EventContext } from './observation-to-event.ts'
import { countUnnamed, createTally, fail, miss, reject, type Tally } from './tally.ts'
import { untilAborted } from './until-aborted.ts'

/** What a job's look at one region came to. */
export interface RegionResult {
  readonly outcome: Outcome
  readonly events: number
  /** Things seen that could not be made an event; `rejections` names the first of them. */
  readonly rejected: number
  readonly rejections: readonly string[]
  /** What kept a source from seeing everything, each with the source's name. */
  readonly failures: readonly string[]
  /** Further ones of which only the number is kept. */
  readonly unnamedFailures: number
  readonly notes: readonly string[]
}

export interface RegionJob extends EventContext {
  readonly collector: Collector
  readonly aws: AwsSource
  readonly publisher: Publisher
  readonly rows: TablePublishers
  readonly state: RunState
  readonly budget: RunBudget
  readonly countCall: CountCall
  /** Fires when the run is to end early; its reason is a TimeIsUpError. */
  readonly signal: AbortSignal
}

type Clients = CollectContext['clients']

/** Of a row that was rejected, enough to know it by. */
const MAX_ROW_TEXT = 200

/**
 * Runs a collector's sources in one region, one after the other. A source that fails is that source's
 * outcome; the others go on. Never throws: whatever happens here is this region's outcome.
 */
export async function collectRegion(job: RegionJob): Promise<RegionResult> {
  const tally = createTally()
  const clients: Record<string, Clients[string]> = {}
  try {
    for (const [name, clientClass] of Object.entries(job.collector.clients))
      clients[name] = open(job, clientClass)
    await collectSources(job, clients, tally)
  } catch (error) {
    fail(tally, error)
  }
  for (const client of Object.values(clients)) client.destroy()
  const { outcomes, missed: _, ...counts } = tally
  const ofBudget = job.budget.noteOf(job.region)
  return {
    outcome: combineOutcomes(outcomes),
    ...counts,
    unnamedFailures: countUnnamed(tally),
    notes: ofBudget === undefined ? tally.notes : [ofBudget, ...tally.notes],
  }
}

async function collectSources(job: RegionJob, clients: Clients, tally: Tally): Promise<void> {
  const toEvent = createEventMaker(job)
  for (const [name, source] of Object.entries(job.collector.sources)) {
    const before = { ...tally }
    try {
      for await (const seen of untilAborted(source, createContext(job, clients, { tally, source: name }))) {
        if ('schema' in seen) {
          await publishRow(seen, job, tally)
          continue
        }
        const event = makeEvent(seen, toEvent, tally)
        if (!event) continue
        const waiting = job.publisher.publish(event)
        if (waiting) await waiting
        tally.events++
      }
      const isWhole = tally.rejected === before.rejected && tally.missed === before.missed
      tally.outcomes.push(isWhole ? 'complete' : 'partial')
    } catch (error) {
      // What fails from here on, fails because of that.
      fail(tally, job.signal.aborted ? job.signal.reason : error, `${name}: `)
    }
  }
}

function open({ aws, account, region, countCall }: RegionJob, clientClass: ClientClass) {
  return aws.client(clientClass, { accountId: account.id, region, countCall })
}

function createContext(
  job: RegionJob,
  clients: Clients,
  { tally, source }: { readonly tally: Tally; readonly source: string },
): CollectContext {
  return {
    clients,
    account: job.account.id,
    region: job.region,
    partition: partitionOf(job.region),
    config: job.config,
    state: job.state.ofRegion(job.region),
    budget: job.budget.ofRegion(job.region),
    slot: job.slot,
    signal: job.signal,
    each: (answer, key, read) =>
      readEach({
        list: answer[key],
        name: String(key),
        read,
        reject: (message) => reject(tally, message),
      }),
    incomplete: (part, error) => {
      // What fails from then on says nothing new, and nobody reads it any more.
      if (!job.signal.aborted) miss(tally, `${source}: ${part}: `, error)
    },
    note: (text) => {
      tally.notes.push(text)
    },
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

/** One that does not fit its table is rejected by name, like an observation. */
async function publishRow({ schema, row }: TableRow, job: RegionJob, tally: Tally): Promise<void> {
  try {
    const observed = { ...row, observed_at: job.observedAt.toISOString() }
    await job.rows.publish(schema, TABLE_ROWS[schema].parse(observed))
  } catch (error) {
    if (error instanceof PublishError) throw error
    const name = JSON.stringify(row).slice(0, MAX_ROW_TEXT)
    reject(tally, `${schema} ${name} was rejected: ${describeError(error)}`)
  }
}
