import type { ClickHouseClient } from '@clickhouse/client'
import type { BulkLoad } from '@polo/core'
import type { MigrationTarget } from '../migrate/render-ddl.ts'
import { LOAD_TIMING, type LoadTiming } from './back-off.ts'
import type { LoadSources } from './find-files.ts'
import { findLoads, isOtherAtWork, leaveOutTaken } from './find-loads.ts'
import type { LoadKind } from './load-kind.ts'
import { type LoadResult, recordResults, type StandingLoad } from './load-results.ts'
import { dropStale } from './staging.ts'
import { type Attempt, type Batch, tryBatch } from './try-batch.ts'

export interface LoaderOptions {
  /** Its request timeout must allow for the longest statement. */
  readonly clickhouse: ClickHouseClient
  readonly target: MigrationTarget
  readonly kinds: readonly LoadKind[]
  readonly sources: LoadSources
  /** Absolute paths that it may read files from, as an operator named them. */
  readonly directories?: readonly string[]
  /** Who it is, for people who read results. */
  readonly name: string
  readonly timing?: LoadTiming
  /** Leaves everything to another loader that is at work: the database is not to do several loads at a time. */
  readonly isAlone?: boolean
  /** Told how each attempt ended. */
  readonly onResult?: (load: BulkLoad, result: LoadResult) => void
}

/** What one pass came to, in requests. */
export interface LoadSummary {
  readonly loaded: number
  readonly failed: number
  readonly given_up: number
  readonly superseded: number
}

export interface Loader {
  /**
   * Takes what is due, the oldest first, until nothing is or `signal` fires. Loaders may run side by side: who takes a
   * request holds a lease on it, and loading the same thing twice changes nothing.
   * @throws OutageError when the database does not even take the results
   */
  run(options?: { readonly signal?: AbortSignal }): Promise<LoadSummary>
}

/** Requests that one question to the database returns, which ranks all that wait and so takes the longer the more there are. */
const AT_ONCE = 1_000
/** How long batches are taken from what was found before it is asked for again: something newer may have come. */
const FRESH_MS = 30_000

/** Brings requests of `bulk_loads` into the database, which does the work: this only sends statements. */
export function createLoader(options: LoaderOptions): Loader {
  const { clickhouse, target, kinds, name, directories = [], timing = LOAD_TIMING, onResult } = options
  const scope = { kinds: kinds.map(({ kind }) => kind), directories }
  const record = async (attempts: readonly Attempt[], results: readonly LoadResult[]) => {
    await recordResults(clickhouse, results)
    for (const [index, { load }] of attempts.entries()) {
      const result = results[index]
      if (result && result.status !== 'loading') onResult?.(load, result)
    }
  }
  const supersede = async (loads: readonly StandingLoad[]) => {
    const attempts = loads.map((load) => ({ load, began: superseded(load, name) }))
    const results = attempts.map(({ began }) => began)
    await record(attempts, results)
    return results
  }
  return {
    async run({ signal = new AbortController().signal } = {}) {
      const summary = { loaded: 0, failed: 0, given_up: 0, superseded: 0 }
      const count = (results: readonly LoadResult[]) => {
        for (const { status } of results) if (isCounted(status)) summary[status]++
      }
      if (options.isAlone && (await isOtherAtWork(clickhouse, name))) return summary
      await dropStale(clickhouse, target)
      while (!signal.aborted) {
        const foundAt = Date.now()
        const found = await findLoads(clickhouse, scope, AT_ONCE)
        count(await supersede(found.superseded))
        const batches = toBatches(found.due, kinds)
        if (batches.length + found.superseded.length === 0) break
        for (const [index, { kind, loads }] of batches.entries()) {
          if (index > 0 && (signal.aborted || Date.now() - foundAt > FRESH_MS)) break
          const free = index === 0 ? loads : await leaveOutTaken(clickhouse, loads)
          if (free.length === 0) continue
          count(await tryBatch({ kind, loads: free }, { ...options, directories, timing, record, signal }))
        }
      }
      return summary
    },
  }
}

function isCounted(status: LoadResult['status']): status is keyof LoadSummary {
  return status === 'loaded' || status === 'failed' || status === 'given_up' || status === 'superseded'
}

/**
 * What is due, as many of a kind and place together as the kind takes at once; the batch with the oldest first. What failed
 * is tried again in ever smaller company: where the database ran out of memory or time, one of several may have kept the
 * others from being loaded.
 */
function toBatches(due: readonly StandingLoad[], kinds: readonly LoadKind[]): Batch[] {
  const batches = [...Map.groupBy(due, companyOf).values()].flatMap((loads) => {
    const kind = kinds.find((one) => one.kind === loads[0]?.kind)
    if (!kind) return []
    const size = Math.max(1, Math.floor(kind.batchSize / 4 ** (loads[0]?.tries ?? 0)))
    const starts = Array.from({ length: Math.ceil(loads.length / size) }, (_, n) => n * size)
    return starts.map((start) => ({ kind, loads: loads.slice(start, start + size) }))
  })
  const ageOf = ({ loads: [oldest] }: Batch) => (oldest ? due.indexOf(oldest) : due.length)
  return batches.sort((one, other) => ageOf(one) - ageOf(other))
}

function companyOf({ kind, source, storage, bucket, tries }: StandingLoad): string {
  return JSON.stringify([kind, source, storage, bucket, tries])
}

function superseded({ load_id, attempt }: StandingLoad, loader: string): LoadResult {
  const started_at = new Date().toISOString()
  return { load_id, attempt: attempt + 1, status: 'superseded', loader, started_at }
}
