import type { ClickHouseClient } from '@clickhouse/client'
import type { BulkLoad } from '@polo/core'
import type { InsertTarget } from '../ingest/insert.ts'
import { insertOwnRows } from '../insert-own-rows.ts'
import type { LoadedPart } from './load-kind.ts'

/** How a request stands; `failed` ones are tried again. */
export type LoadStatus = 'pending' | 'loading' | 'loaded' | 'failed' | 'given_up' | 'superseded'

/** A request and how it stands, as the view `bulk_load_status` has it. */
export interface StandingLoad extends BulkLoad {
  readonly status: LoadStatus
  /** The last one; 0 where there was none. */
  readonly attempt: number
  /** Attempts since it was asked for, or asked for again. */
  readonly tries: number
}

/** One row of `bulk_load_results`, without the time it is recorded at. */
export interface LoadResult {
  readonly load_id: string
  readonly attempt: number
  readonly status: Exclude<LoadStatus, 'pending'> | 'requeued'
  readonly loader: string
  readonly started_at: string
  readonly lease_until?: string
  readonly retry_at?: string
  readonly files?: number
  readonly rows?: number
  readonly sums?: LoadedPart['sums']
  readonly details?: LoadedPart['details']
  readonly elapsed_ms?: number
  readonly error?: string
}

const RESULTS: InsertTarget = {
  table: 'bulk_load_results',
  columns: [
    'load_id',
    'attempt',
    'status',
    'loader',
    'started_at',
    'lease_until',
    'retry_at',
    'files',
    'rows',
    'sums',
    'details',
    'elapsed_ms',
    'error',
    'recorded_at',
  ],
}
/** For the database to take a few small rows. */
const WRITE_LIMIT_MS = 30_000

/** @throws OutageError */
export async function recordResults(
  clickhouse: ClickHouseClient,
  results: readonly LoadResult[],
): Promise<void> {
  if (results.length === 0) return
  const recorded_at = new Date().toISOString()
  const rows = results.map((result) => ({ ...result, recorded_at }))
  await insertOwnRows(rows, RESULTS, { clickhouse, deadline: Date.now() + WRITE_LIMIT_MS, isOneOfMany: true })
}
