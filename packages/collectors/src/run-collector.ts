import { randomUUID } from 'node:crypto'
import type { CollectorRun, TagCascade, TagField } from '@polo/core'
import pLimit from 'p-limit'
import type { AwsSource } from './aws-source.ts'
import type { BlockSink } from './block-sink.ts'
import { classifyAwsError } from './classify-aws-error.ts'
import { collectRegion, type RegionResult } from './collect-region.ts'
import type { Collector } from './collector.ts'
import { combineOutcomes } from './combine-outcomes.ts'
import { createPublisher, type Publisher } from './publisher.ts'
import { publishRunRecord } from './run-records.ts'

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
  /** What the attempt may take; it stops `STOP_EARLY_MS` before that and reports what it has. */
  readonly timeoutMs: number
}

export interface RunnerDependencies {
  readonly aws: AwsSource
  readonly sink: BlockSink
  readonly tagCascade: TagCascade
  /** Regions of one job that are read side by side. */
  readonly regionConcurrency?: number
  readonly onRegion?: (region: string, result: RegionResult) => void
  /** Ends the attempt early, as if its time were up. */
  readonly signal?: AbortSignal
}

/** Time kept for sending what was collected and reporting. */
export const STOP_EARLY_MS = 30_000
/** What published rows may take through the queue before they count as missing. */
const RECONCILE_WITHIN_MS = 60 * 60_000
/** EC2 refills 20 requests a second per region; more regions than this side by side gain little. */
const REGION_CONCURRENCY = 8
const MAX_ERRORS = 100
const MAX_ERROR_LENGTH = 600

/**
 * Makes one attempt at a job: reads every region, publishes what it saw, and reports with a run record
 * as its last block. Whatever AWS answers is an outcome in that record.
 * @throws PublishError when SQS does not take the record itself: nobody would then know of the attempt
 */
export async function runCollector(job: Job, dependencies: RunnerDependencies): Promise<CollectorRun> {
  const startedAt = new Date()
  const runId = randomUUID()
  const apiCalls: Record<string, number> = {}
  const tooLarge: string[] = []
  const publisher = createPublisher({
    sink: dependencies.sink,
    schema: 'resource_event/1',
    runId,
    collector: job.collector.name,
    onTooLarge: (error) => tooLarge.push(error.message),
  })
  const countCall = (operation: string) => {
    apiCalls[operation] = (apiCalls[operation] ?? 0) + 1
  }
  const { regions, failure } = await collectRegions(job, dependencies, { startedAt, publisher, countCall })
  const { blocks, error: publishFailure } = await publisher.finish()
  const record = toRunRecord(job, {
    runId,
    startedAt,
    regions,
    apiCalls,
    tooLarge,
    failures: [failure, publishFailure].flatMap((error) => (error === undefined ? [] : [error])),
    blocks,
  })
  await publishRunRecord(dependencies.sink, record)
  return record
}

interface Attempt {
  readonly startedAt: Date
  readonly publisher: Publisher
  readonly countCall: (operation: string) => void
}

interface Collected {
  readonly regions: ReadonlyMap<string, RegionResult>
  /** What kept the whole attempt from looking: not allowed to list regions, nowhere to publish. */
  readonly failure?: unknown
}

async function collectRegions(
  job: Job,
  dependencies: RunnerDependencies,
  attempt: Attempt,
): Promise<Collected> {
  const { aws, tagCascade, regionConcurrency = REGION_CONCURRENCY, onRegion } = dependencies
  const signal = timeLimit(job.timeoutMs, dependencies.signal)
  const results = new Map<string, RegionResult>()
  const limit = pLimit(regionConcurrency)
  const collect = async (region: string) => {
    const result = await collectRegion({
      ...attempt,
      aws,
      tagCascade,
      signal,
      region,
      collector: job.collector,
      account: job.account,
      slot: job.slot,
      observedAt: attempt.startedAt,
    })
    results.set(region, result)
    onRegion?.(region, result)
  }
  try {
    const regions = job.regions ?? (await aws.regions(job.account.id))
    await Promise.all(regions.map((region) => limit(collect, region)))
    return { regions: results }
  } catch (failure) {
    limit.clearQueue()
    return { regions: results, failure }
  }
}

function timeLimit(timeoutMs: number, interrupted?: AbortSignal): AbortSignal {
  const timeUp = AbortSignal.timeout(Math.max(0, timeoutMs - STOP_EARLY_MS))
  return interrupted ? AbortSignal.any([timeUp, interrupted]) : timeUp
}

interface AttemptResult {
  readonly runId: string
  readonly startedAt: Date
  readonly regions: ReadonlyMap<string, RegionResult>
  readonly apiCalls: Readonly<Record<string, number>>
  readonly tooLarge: readonly string[]
  readonly failures: readonly unknown[]
  readonly blocks: readonly { readonly blockId: string; readonly rows: number }[]
}

function toRunRecord(job: Job, attempt: AttemptResult): CollectorRun {
  const regions = [...attempt.regions].sort(([a], [b]) => a.localeCompare(b))
  const finishedAt = new Date()
  const perRegion = <Value>(value: (result: RegionResult) => Value) =>
    Object.fromEntries(regions.map(([region, result]) => [region, value(result)]))
  const withErrors = regions.filter(([, result]) => result.errors.length > 0)
  return {
    run_id: attempt.runId,
    collector: job.collector.name,
    scope: job.collector.scope,
    aws_account_id: job.account.id,
    slot: job.slot.toISOString(),
    status: statusOf(attempt),
    started_at: attempt.startedAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    deadline: new Date(finishedAt.getTime() + RECONCILE_WITHIN_MS).toISOString(),
    region_outcomes: perRegion((result) => result.outcome),
    region_errors: Object.fromEntries(
      withErrors.map(([region, { errors }]) => [region, bounded(errors.join('; '))]),
    ),
    region_events: perRegion((result) => result.events),
    events: attempt.blocks.reduce((sum, block) => sum + block.rows, 0),
    rejected: regions.reduce((sum, [, result]) => sum + result.rejected, 0) + attempt.tooLarge.length,
    block_ids: attempt.blocks.map((block) => block.blockId),
    block_rows: attempt.blocks.map((block) => block.rows),
    api_calls: { ...attempt.apiCalls },
    api_cost_usd: 0,
    errors: allErrors(attempt),
    observed_at: attempt.startedAt.toISOString(),
  }
}

function statusOf({ regions, failures, tooLarge }: AttemptResult): CollectorRun['status'] {
  const [failure] = failures
  if (failure !== undefined) return classifyAwsError(failure).outcome
  const outcome = combineOutcomes([...regions.values()].map((result) => result.outcome))
  return outcome === 'complete' && tooLarge.length > 0 ? 'partial' : outcome
}

function allErrors({ regions, failures, tooLarge }: AttemptResult): string[] {
  const errors = [
    ...failures.map((failure) => classifyAwsError(failure).message),
    ...[...regions].flatMap(([region, { errors }]) => errors.map((error) => `${region}: ${error}`)),
    ...tooLarge,
  ]
  const shown = errors.slice(0, MAX_ERRORS).map(bounded)
  return errors.length > MAX_ERRORS ? [...shown, `and ${errors.length - MAX_ERRORS} more`] : shown
}

function bounded(text: string): string {
  return text.length > MAX_ERROR_LENGTH ? `${text.slice(0, MAX_ERROR_LENGTH)}…` : text
}
