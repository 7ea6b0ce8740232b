import type { ClickHouseClient } from '@clickhouse/client'
import { classify, type FailureClass } from '../ingest/classify.ts'
import type { MigrationTarget } from '../migrate/render-ddl.ts'
import { type LoadTiming, retryAfterMs } from './back-off.ts'
import { describeLoadError, INTERRUPTED_LOAD } from './describe-load-error.ts'
import { findFiles, type LoadSources } from './find-files.ts'
import { keepLease, type Lease } from './lease.ts'
import { LoadError } from './load-error.ts'
import type { LoadedPart, LoadKind } from './load-kind.ts'
import type { LoadResult, StandingLoad } from './load-results.ts'
import { createStaging } from './staging.ts'
import { createStatements } from './statements.ts'

/** Requests that are loaded together: of one kind and place. */
export interface Batch {
  readonly kind: LoadKind
  readonly loads: readonly StandingLoad[]
}

export interface BatchContext {
  readonly clickhouse: ClickHouseClient
  readonly target: MigrationTarget
  readonly sources: LoadSources
  readonly directories: readonly string[]
  readonly name: string
  readonly timing: LoadTiming
  readonly signal: AbortSignal
  /** Writes what became of each load, in the loads' order. */
  record(attempts: readonly Attempt[], results: readonly LoadResult[]): Promise<void>
}

/** One try at one request. */
export interface Attempt {
  readonly load: StandingLoad
  readonly began: LoadResult
}

/**
 * Makes one attempt at each of a batch's requests and records how it ended. While it is under way, leases say so.
 * @throws OutageError when a result cannot be recorded
 */
export async function tryBatch({ kind, loads }: Batch, context: BatchContext): Promise<LoadResult[]> {
  const began = new Date()
  const attempts = loads.map((load) => ({ load, began: beginning(load, began, context) }))
  const beginnings = attempts.map((attempt) => attempt.began)
  await context.record(attempts, beginnings)
  const lease = keepLease(beginnings, { ...context.timing, record: (results) => context.record([], results) })
  try {
    return await loadOrSplit(kind, attempts, { ...context, lease })
  } finally {
    await lease.release(beginnings)
  }
}

/** What fails together is tried in halves, until what is at fault is alone. */
async function loadOrSplit(
  kind: LoadKind,
  attempts: readonly Attempt[],
  context: BatchContext & { readonly lease: Lease },
): Promise<LoadResult[]> {
  const settle = async (results: readonly LoadResult[]) => {
    await context.lease.release(results)
    await context.record(attempts, results)
    return [...results]
  }
  try {
    const parts = await loadOnce(kind, attempts, context)
    return await settle(attempts.map((attempt, index) => loaded(attempt, parts[index])))
  } catch (error) {
    if (attempts.length === 1 || context.signal.aborted || !isOfOne(error)) {
      return await settle(attempts.map((attempt) => failed(attempt, error, context)))
    }
    const middle = Math.ceil(attempts.length / 2)
    return [
      ...(await loadOrSplit(kind, attempts.slice(0, middle), context)),
      ...(await loadOrSplit(kind, attempts.slice(middle), context)),
    ]
  }
}

/** Whether one of several may be at fault, and not the database or the way to it. */
function isOfOne(error: unknown): boolean {
  return error instanceof LoadError || SPLIT.has(classify(error).class)
}

const SPLIT: ReadonlySet<FailureClass> = new Set(['poison', 'unknown'])

async function loadOnce(
  kind: LoadKind,
  attempts: readonly Attempt[],
  context: BatchContext,
): Promise<readonly LoadedPart[]> {
  const [first] = attempts
  if (!first) return []
  const { clickhouse, target, signal } = context
  const loads = attempts.map(({ load }) => load)
  const statements = createStatements(clickhouse, signal)
  const [files = findFiles(first.load, context, statements.select)] = loads.map((load) =>
    findFiles(load, context, statements.select),
  )
  const owner = { loadId: first.load.load_id, attempt: first.began.attempt }
  const staging = createStaging(clickhouse, target, owner)
  try {
    const parts = await kind.load(loads, {
      ...statements,
      files,
      signal,
      staging: staging.create,
      synced: staging.synced,
    })
    if (parts.length === loads.length) return parts
    throw new LoadError(`${kind.kind} answered ${parts.length} parts for ${loads.length} requests`)
  } finally {
    // What cannot be dropped now is dropped at the next start.
    await staging.drop().catch(() => {})
  }
}

function beginning(
  { load_id, attempt }: StandingLoad,
  began: Date,
  { name, timing }: BatchContext,
): LoadResult {
  const started_at = began.toISOString()
  const lease_until = new Date(began.getTime() + timing.leaseMs).toISOString()
  return { load_id, attempt: attempt + 1, status: 'loading', loader: name, started_at, lease_until }
}

function loaded({ began }: Attempt, part: LoadedPart | undefined): LoadResult {
  return { ...ending(began), ...part, status: 'loaded' }
}

function failed({ load, began }: Attempt, error: unknown, { timing, signal }: BatchContext): LoadResult {
  const isFinal = error instanceof LoadError && error.isFinal
  const waitMs = isFinal ? null : retryAfterMs(load.tries + 1, timing)
  const isInterrupted = signal.aborted && !(error instanceof LoadError)
  const told = { ...ending(began), error: isInterrupted ? INTERRUPTED_LOAD : describeLoadError(error) }
  if (waitMs === null) return { ...told, status: 'given_up' }
  return { ...told, status: 'failed', retry_at: new Date(Date.now() + waitMs).toISOString() }
}

function ending(began: LoadResult) {
  const { load_id, attempt, loader, started_at } = began
  return { load_id, attempt, loader, started_at, elapsed_ms: Date.now() - Date.parse(started_at) }
}
