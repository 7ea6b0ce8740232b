import type { ClickHouseClient } from '@clickhouse/client'
import { readRows } from '../read-rows.ts'
import type { StandingLoad } from './load-results.ts'
import { loadsBeside } from './loads-beside.ts'

/** What a loader takes. */
export interface LoadScope {
  readonly kinds: readonly string[]
  /** Directories of its machine that it reads; what is in others is left to whoever was told of them. */
  readonly directories: readonly string[]
}

/** Requests that can be taken now, with the newest of each target told from those that it makes useless. */
export interface DueLoads {
  /** The oldest first. */
  readonly due: readonly StandingLoad[]
  readonly superseded: readonly StandingLoad[]
}

const COLUMNS = `load_id, kind, source, target, storage, aws_account_id, bucket, region, key, etag, bytes,
  formatDateTime(modified_at, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC') AS modified_at,
  formatDateTime(observed_at, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC') AS observed_at, status, attempt, tries`

const MINE = `kind IN {kinds: Array(String)}
  AND (storage = 's3' OR bucket IN {directories: Array(String)})`
const DUE = `(status = 'pending' OR (status = 'failed' AND retry_at <= now64(3))
  OR (status = 'loading' AND lease_until <= now64(3)))`

/** One that was given up stands in nobody's way: what it would have replaced may still be loaded. */
const LOADS = `
  SELECT ${COLUMNS}, is_newest
  FROM
  (
    SELECT *, status != 'given_up' AS counts,
      row_number() OVER (PARTITION BY kind, source, target ORDER BY counts DESC, modified_at DESC, observed_at DESC, load_id) = 1
        AS is_newest
    FROM bulk_load_status
    WHERE ${loadsBeside('kind IN {kinds: Array(String)}')} AND ${MINE} AND status != 'superseded'
  )
  WHERE ${DUE}
  ORDER BY modified_at, key, load_id
  LIMIT {limit: UInt32}`

/** What is due, at most `limit` requests. */
export async function findLoads(
  clickhouse: ClickHouseClient,
  { kinds, directories }: LoadScope,
  limit: number,
): Promise<DueLoads> {
  const loads = await readRows<StandingLoad & { is_newest: number }>(clickhouse, LOADS, {
    kinds,
    directories,
    limit,
  })
  const due = loads.filter(({ is_newest }) => is_newest === 1)
  return { due, superseded: loads.filter(({ is_newest }) => is_newest === 0) }
}

const TAKEN = `SELECT load_id, max(attempt) AS attempt FROM bulk_load_results
  WHERE load_id IN {ids: Array(UUID)} GROUP BY load_id`

/** Those that nobody has begun since they were found. */
export async function leaveOutTaken(
  clickhouse: ClickHouseClient,
  loads: readonly StandingLoad[],
): Promise<StandingLoad[]> {
  const ids = loads.map(({ load_id }) => load_id)
  const rows = await readRows<{ load_id: string; attempt: number }>(clickhouse, TAKEN, { ids })
  const attempts = new Map(rows.map(({ load_id, attempt }) => [load_id, attempt]))
  return loads.filter(({ load_id, attempt }) => (attempts.get(load_id) ?? 0) <= attempt)
}

const OTHERS = `SELECT count() AS n FROM bulk_load_results FINAL
  WHERE status = 'loading' AND lease_until > now64(3) AND loader != {name: String}`

/** Whether a loader of another name has a load under way. */
export async function isOtherAtWork(clickhouse: ClickHouseClient, name: string): Promise<boolean> {
  const [{ n } = { n: 0 }] = await readRows<{ n: number }>(clickhouse, OTHERS, { name })
  return n > 0
}
