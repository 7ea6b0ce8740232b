import type { ClickHouseClient } from '@clickhouse/client'
import { type LoadReport, readLoads, readRows, STATUS_NOW, STILL_WANTED } from '@polo/ingester'
import { toIsoTime } from './to-iso-time.ts'

/** Files that the database is to load by itself, and how far it is. */
export interface LoadsState {
  /** Asked for and not begun. */
  readonly pending: number
  readonly oldest_pending_at: string | null
  readonly loading: number
  /** Tried again by themselves, but for those of a directory. Of all counts: where nothing newer was loaded in their place. */
  readonly failed: number
  /** Not tried again. */
  readonly given_up: number
  /** Whether anything was ever loaded. */
  readonly any_loaded: boolean
  /** The newest of those that failed or were given up. */
  readonly problems: readonly LoadReport[]
}

/** A loader begins every minute; what has waited longer waits for something. */
const LATE_MS = 30 * 60_000
const PROBLEMS = 100

const COUNTS = `
  SELECT
    countIf(status = 'pending') AS pending,
    minIf(observed_at, status = 'pending') AS oldest_pending_at,
    countIf(status = 'loading') AS loading,
    countIf(status = 'failed') AS failed,
    countIf(status = 'given_up') AS given_up,
    (SELECT count() > 0 FROM bulk_load_results WHERE status = 'loaded') AS any_loaded
  FROM (SELECT ${STATUS_NOW} AS status, observed_at FROM bulk_load_status WHERE ${STILL_WANTED})`

interface Counts extends Omit<LoadsState, 'problems' | 'oldest_pending_at' | 'any_loaded'> {
  readonly any_loaded: boolean | number
  readonly oldest_pending_at: string
}

/** Reads how requests to load stand. */
export async function readLoadsState(clickhouse: ClickHouseClient): Promise<LoadsState> {
  const [row] = await readRows<Counts>(clickhouse, COUNTS)
  const { pending = 0, loading = 0, failed = 0, given_up = 0, oldest_pending_at = '' } = row ?? {}
  const problems =
    failed + given_up === 0
      ? []
      : await readLoads(clickhouse, { statuses: ['failed', 'given_up'], isWanted: true, limit: PROBLEMS })
  const oldest = pending > 0 ? toIsoTime(oldest_pending_at) : null
  const any_loaded = Boolean(row?.any_loaded)
  return { pending, oldest_pending_at: oldest, loading, failed, given_up, any_loaded, problems }
}

/** Whether everything that was asked for is loaded, or about to be. */
export function areLoadsFine({ oldest_pending_at, failed, given_up }: LoadsState, now: Date): boolean {
  const isLate = oldest_pending_at !== null && now.getTime() - Date.parse(oldest_pending_at) > LATE_MS
  return failed + given_up === 0 && !isLate
}
