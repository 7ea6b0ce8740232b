import { randomUUID } from 'node:crypto'
import type { CollectorRun, PoloConfig, TagField } from '@polo/core'
import pLimit from 'p-limit'
import type { AwsSource, CountCall } from '../aws-source.ts'
import type { Collector } from '../collector.ts'
import { UnexpectedAnswerError } from '../errors.ts'
import type { ObjectStore } from '../object-store.ts'
import type { BlockSink } from '../publish/block-sink.ts'
import { createPublisher, type Publisher } from '../publish/publisher.ts'
import { createTablePublishers, type TablePublishers } from '../publish/table-publishers.ts'
import { collectRegion, type RegionResult } from './collect-region.ts'
import { createRunMemory, type Remembered, type RunMemory } from './run-memory.ts'
import { publishRunRecord } from './run-records.ts'
import { createTimeLimit, orAborted } from './time-limit.ts'
import { type LostEvent, toRunRecord } from './to-run-record.ts'

/** The account a job is for, with what the configuration says of it. */
export interface JobAccount {
  readonly id: string
  readonly role: string
  readonly tagDefaults: Readonly<Partial<Record<TagField, string>>>
}

/** One collector, one account, one slot. */
export interface Job {
  readonly collector: Collector
  readonly account: JobAccount
  readonly slot: Date
  /** Left out: every region that the account has enabled. */
  readonly regions?: readonly string[] | undefined
  /** What somebody chose of the regions that the job is otherwise for: what the attempt comes to says nothing of the others. */
  readonly askedRegions?: readonly string[] | undefined
  /** What its paid calls may cost in a month, in US dollars, see `monthlyBudgetUsd`; left out: nothing. */
  readonly budgetUsd?: number | undefined
  /** What the attempt may take; it stops `STOP_EARLY_MS` before that and reports what it has. */
  readonly timeoutMs: number
}

export interface RunnerDependencies {
  readonly aws: AwsSource
  readonly sink: BlockSink
  readonly config: PoloConfig
  /** Where collectors remember what they must; those that must not do without it. */
  readonly state?: ObjectStore | undefined
  /** Regions of one job that are read side by side. */
  readonly regionConcurrency?: number
  /** Ends the attempt early, as if its time were up. */
  readonly signal?: AbortSignal
}

/** Time kept for sending what was collected and reporting. */
export const STOP_EARLY_MS = 30_000
/** All regions that an account has by default, with room: each has request limits of its own, and waiting costs a function money. */
const REGION_CONCURRENCY = 20

/**
 * Makes one attempt at a job: reads every region, publishes what it saw, and reports with a run record
 * as its last block. Whatever AWS answers is an outcome in that record, and so is a queue that takes no block.
 * @throws PublishError when SQS does not take the record itself: nobody would then know of the attempt
 */
export async function runCollector(job: Job, dependencies: RunnerDependencies): Promise<CollectorRun> {
  const startedAt = new Date()
  const runId = randomUUID()
  const apiCalls: Record<string, number> = {}
  const lostEvents: LostEvent[] = []
  const timeLimit = createTimeLimit(job.timeoutMs - STOP_EARLY_MS, dependencies.signal)
  const stopForQueue = () => timeLimit.stop('the queue takes no more blocks')
  const publisher = createPublisher({
    sink: dependencies.sink,
    schema: 'resource_event/1',
    runId,
    collector: job.collector.name,
    onTooLarge: ({ message }, { aws_region }) => lostEvents.push({ region: String(aws_region), message }),
    onFailure: stopForQueue,
  })
  const rows = createTablePublishers({
    sink: dependencies.sink,
    runId,
    collector: job.collector.name,
    onFailure: stopForQueue,
  })
  let costUsd = 0
  const memory = createRunMemory(job, dependencies, { startedAt, costUsd: () => costUsd })
  const countCall: CountCall = async (operation, usd) => {
    if (usd > 0) await memory.pay(usd)
    apiCalls[operation] = (apiCalls[operation] ?? 0) + 1
    costUsd += usd
  }
  const { signal } = timeLimit
  const attempt = { startedAt, publisher, rows, countCall, signal, memory }
  const { regions, failure } = await collectRegions(job, dependencies, attempt)
  timeLimit.clear()
  const events = await publisher.finish()
  const others = await rows.finish()
  const publishFailure = events.error ?? others.error
  const memoryFailure = await memory.commit({ isPublished: publishFailure === undefined })
  const record = toRunRecord(job, {
    runId,
    startedAt,
    finishedAt: new Date(),
    regions,
    failure: failure ?? memoryFailure,
    publishFailure,
    apiCalls,
    costUsd,
    lostEvents,
    eventBlocks: events.blocks,
    rowBlocks: others.blocks,
  })
  await publishRunRecord(dependencies.sink, record)
  return record
}

interface Attempt {
  readonly startedAt: Date
  readonly publisher: Publisher
  readonly rows: TablePublishers
  readonly countCall: CountCall
  readonly signal: AbortSignal
  readonly memory: RunMemory
}

interface Collected {
  readonly regions: ReadonlyMap<string, RegionResult>
  /** Why there are no regions: not allowed to list them, or none to list. */
  readonly failure?: unknown
}

/** Resolves when no region is being read any more: nothing may be published after that. */
async function collectRegions(
  job: Job,
  dependencies: RunnerDependencies,
  attempt: Attempt,
): Promise<Collected> {
  const { aws, config, regionConcurrency = REGION_CONCURRENCY } = dependencies
  const { memory, ...rest } = attempt
  const results = new Map<string, RegionResult>()
  const limit = pLimit(regionConcurrency)
  const collect = async (region: string, remembered: Remembered) => {
    const result = await collectRegion({
      ...rest,
      ...remembered,
      aws,
      config,
      region,
      collector: job.collector,
      account: job.account,
      slot: job.slot,
      observedAt: attempt.startedAt,
    })
    results.set(region, result)
  }
  try {
    const regions = job.regions ?? (await orAborted(attempt.signal, () => aws.regions(job.account.id)))
    if (regions.length === 0) throw new UnexpectedAnswerError('there is no region to look at')
    const remembered = await memory.open()
    await Promise.all([...new Set(regions)].map((region) => limit(collect, region, remembered)))
    return { regions: results }
  } catch (failure) {
    return { regions: results, failure }
  }
}
