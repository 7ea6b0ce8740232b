import type { CollectorRun, Outcome } from '@polo/core'
import { classifyFailure } from '../classify-failure.ts'
import type { Collector } from '../collector.ts'
import type { PublishedBlock } from '../publish/publisher.ts'
import type { RegionResult } from './collect-region.ts'
import { combineOutcomes } from './combine-outcomes.ts'

/** What published rows may take through the queue before they count as missing. */
const RECONCILE_WITHIN_MS = 60 * 60_000
const MAX_ERRORS = 100
const MAX_NOTES = 100
const MAX_ERROR_LENGTH = 600

/** An event that was made and that no message can carry. */
export interface LostEvent {
  readonly region: string
  readonly message: string
}

export interface AttemptResult {
  readonly runId: string
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly regions: ReadonlyMap<string, RegionResult>
  /** What kept the attempt from looking at any region. */
  readonly failure: unknown
  /** Set when the queue did not take every block. */
  readonly publishFailure: unknown
  readonly apiCalls: Readonly<Record<string, number>>
  /** What those calls cost, in US dollars. */
  readonly costUsd: number
  readonly lostEvents: readonly LostEvent[]
  readonly eventBlocks: readonly PublishedBlock[]
  /** Blocks of rows for other tables than the events'. */
  readonly rowBlocks: readonly PublishedBlock[]
}

/** What an attempt was for. */
export interface RecordedJob {
  readonly collector: Pick<Collector, 'name' | 'scope'>
  readonly account: { readonly id: string }
  readonly slot: Date
  /** See `Job`. */
  readonly askedRegions?: readonly string[] | undefined
}

/** The final record of an attempt, its errors bounded. */
export function toRunRecord(job: RecordedJob, attempt: AttemptResult): CollectorRun {
  const regions = [...attempt.regions]
    .map(([name, result]): NamedResult => [name, settleRegion(name, result, attempt)])
    .sort(([a], [b]) => a.localeCompare(b))
  const perRegion = <Value>(value: (result: RegionResult) => Value) =>
    Object.fromEntries(regions.map(([name, result]) => [name, value(result)]))
  const blocks = [...attempt.eventBlocks, ...attempt.rowBlocks]
  const withErrors = regions.filter(([, result]) => errorsOf(result).length > 0)
  return {
    run_id: attempt.runId,
    collector: job.collector.name,
    scope: job.collector.scope,
    aws_account_id: job.account.id,
    slot: job.slot.toISOString(),
    status: statusOf(regions, attempt),
    started_at: attempt.startedAt.toISOString(),
    finished_at: attempt.finishedAt.toISOString(),
    deadline: new Date(attempt.finishedAt.getTime() + RECONCILE_WITHIN_MS).toISOString(),
    region_outcomes: perRegion((result) => result.outcome),
    region_errors: Object.fromEntries(
      withErrors.map(([name, result]) => [name, shorten(errorsOf(result).join('; '))]),
    ),
    region_events: perRegion((result) => result.events),
    events: sum(attempt.eventBlocks.map((block) => block.rows)),
    rejected: sum(regions.map(([, result]) => result.rejected)),
    block_ids: blocks.map((block) => block.blockId),
    block_rows: blocks.map((block) => block.rows),
    api_calls: { ...attempt.apiCalls },
    api_cost_usd: attempt.costUsd,
    errors: boundedErrors(regions, attempt),
    notes: boundedNotes(regions),
    asked_regions: [...(job.askedRegions ?? [])],
    observed_at: attempt.startedAt.toISOString(),
  }
}

type NamedResult = readonly [string, RegionResult]

/** A region is not complete when any of its events may not have been published: what is missing would count as gone. */
function settleRegion(name: string, result: RegionResult, attempt: AttemptResult): RegionResult {
  const lost = attempt.lostEvents.filter(({ region }) => region === name)
  const isWhole = lost.length === 0 && attempt.publishFailure === undefined
  return {
    ...result,
    outcome: result.outcome === 'complete' && !isWhole ? 'partial' : result.outcome,
    events: result.events - lost.length,
    rejected: result.rejected + lost.length,
    rejections: [...lost.map(({ message }) => message), ...result.rejections],
  }
}

function statusOf(regions: readonly NamedResult[], { failure, publishFailure }: AttemptResult): Outcome {
  if (publishFailure !== undefined) return 'failed'
  if (failure !== undefined) return classifyFailure(failure).outcome
  return combineOutcomes(regions.map(([, result]) => result.outcome))
}

/** The gravest first, since only so many are kept: what ended everything, what ended a source, what was rejected. */
function boundedErrors(
  regions: readonly NamedResult[],
  { failure, publishFailure }: AttemptResult,
): string[] {
  const ofRegions = (list: (result: RegionResult) => readonly string[]) =>
    regions.flatMap(([name, result]) => list(result).map((error) => `${name}: ${error}`))
  const failures = [publishFailure, failure].filter((error) => error !== undefined)
  const named = [
    ...failures.map((error) => classifyFailure(error).message),
    ...ofRegions((result) => result.failures),
    ...ofRegions((result) => result.rejections),
  ]
  const unnamed = sum(
    regions.map(([, result]) => result.rejected - result.rejections.length + result.unnamedFailures),
  )
  const more = unnamed + Math.max(0, named.length - MAX_ERRORS)
  const shown = named.slice(0, MAX_ERRORS).map(shorten)
  return more > 0 ? [...shown, `and ${more} more`] : shown
}

/** What is to be said of several regions is said once: `eu-west-1, us-east-1: looks every 25 min …`. */
function boundedNotes(regions: readonly NamedResult[]): string[] {
  const notes = regions.flatMap(([name, result]) =>
    [...new Set(result.notes)].map((text) => ({ name, text })),
  )
  const groups = Map.groupBy(notes, ({ text }) => text)
  const lines = [...groups].map(([text, those]) => `${those.map(({ name }) => name).join(', ')}: ${text}`)
  return lines.slice(0, MAX_NOTES).map(shorten)
}

function errorsOf({ failures, rejections }: RegionResult): string[] {
  return [...failures, ...rejections]
}

function shorten(text: string): string {
  return text.length > MAX_ERROR_LENGTH ? `${text.slice(0, MAX_ERROR_LENGTH)}…` : text
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
