import type { ClickHouseClient } from '@clickhouse/client'
import { readRows } from '../read-rows.ts'
import { type LoadResult, type LoadStatus, recordResults } from './load-results.ts'
import { STATUS_NOW, STILL_WANTED } from './loads-beside.ts'

/** A request and what became of it, for people. */
export interface LoadReport {
  readonly load_id: string
  readonly kind: string
  readonly source: string
  readonly target: string
  readonly storage: 's3' | 'file'
  readonly bucket: string
  readonly key: string
  readonly status: LoadStatus
  readonly attempt: number
  readonly tries: number
  readonly files: number
  readonly rows: number
  readonly sums: Readonly<Record<string, string>>
  readonly details: Readonly<Record<string, string>>
  readonly elapsed_ms: number
  readonly error: string
  readonly asked_at: string
  /** Of the last change; null where nobody has begun. */
  readonly changed_at: string | null
  /** When a failed one is tried again. */
  readonly retry_at: string | null
}

export interface LoadFilter {
  readonly ids?: readonly string[]
  /** Beginnings of ids. */
  readonly prefixes?: readonly string[]
  readonly statuses?: readonly LoadStatus[]
  /** Only what is not loaded and in whose place nothing newer is. */
  readonly isWanted?: boolean
  readonly limit?: number
}

const TIME = (column: string) =>
  `if(${column} = toDateTime64(0, 3), NULL, formatDateTime(${column}, '%Y-%m-%dT%H:%i:%SZ', 'UTC'))`

const reports = (conditions: readonly string[]) => `
  SELECT load_id, kind, source, target, storage, bucket, key, ${STATUS_NOW} AS status, attempt, tries, files, rows, sums, details,
    elapsed_ms, error, ${TIME('observed_at')} AS asked_at, ${TIME('recorded_at')} AS changed_at,
    if(status = 'failed', ${TIME('retry_at')}, NULL) AS retry_at
  FROM bulk_load_status
  WHERE ${conditions.join(' AND ')}
  ORDER BY bulk_load_status.modified_at DESC, key
  LIMIT {limit: UInt32}`

const NAMED = 'load_id IN (SELECT arrayJoin(arrayMap(id -> toUUIDOrZero(id), {ids: Array(String)})))'
const BEGUN = 'arrayExists(prefix -> startsWith(toString(load_id), lower(prefix)), {prefixes: Array(String)})'
/** Those that `bulk_load_undecided` leaves out. */
const DECIDED: ReadonlySet<LoadStatus> = new Set(['loaded', 'superseded'])

/** Which rows are meant, so that no others are read where that can be helped. */
function conditionsOf({ ids, prefixes, statuses, isWanted }: Required<Omit<LoadFilter, 'limit'>>): string[] {
  const isUndecided = statuses.length > 0 && statuses.every((status) => !DECIDED.has(status))
  return [
    ...(ids.length > 0 ? [NAMED] : []),
    ...(prefixes.length > 0 ? [BEGUN] : []),
    ...(isWanted ? [STILL_WANTED] : []),
    ...(isUndecided ? ['load_id IN (SELECT load_id FROM bulk_load_undecided)'] : []),
    ...(statuses.length > 0 ? ['status IN {statuses: Array(String)}'] : ['1']),
  ]
}

/** Ids of one question: they are part of a URL, which servers take up to a megabyte of. */
const IDS_AT_ONCE = 2_000

/** Requests and how they stand, the newest first; of many ids, in their order by and large. */
export async function readLoads(
  clickhouse: ClickHouseClient,
  { ids = [], prefixes = [], statuses = [], isWanted = false, limit = 10_000 }: LoadFilter = {},
): Promise<LoadReport[]> {
  if (ids.length > IDS_AT_ONCE) {
    const rest = { prefixes, statuses, isWanted }
    const first = await readLoads(clickhouse, { ...rest, ids: ids.slice(0, IDS_AT_ONCE) })
    return [...first, ...(await readLoads(clickhouse, { ...rest, ids: ids.slice(IDS_AT_ONCE) }))]
  }
  const query = reports(conditionsOf({ ids, prefixes, statuses, isWanted }))
  return await readRows<LoadReport>(clickhouse, query, { ids, prefixes, statuses, limit })
}

/**
 * Has requests tried again at once, with all their tries before them.
 * @throws OutageError
 */
export async function requeueLoads(
  clickhouse: ClickHouseClient,
  loads: readonly LoadReport[],
): Promise<void> {
  const results = loads.map((load) => decide(load, { status: 'requeued' }))
  await recordResults(clickhouse, results)
}

/**
 * Has requests that were given up or failed never tried again, and no longer told of. They count as superseded, and say
 * by whom; `requeueLoads` undoes it.
 * @throws OutageError
 */
export async function dismissLoads(
  clickhouse: ClickHouseClient,
  loads: readonly LoadReport[],
): Promise<void> {
  const results = loads.map((load) =>
    decide(load, { status: 'superseded', error: `dismissed by an operator: ${load.error}` }),
  )
  await recordResults(clickhouse, results)
}

/** What an operator says becomes of a request, whatever came of the attempts before. */
function decide({ load_id, attempt }: LoadReport, outcome: Pick<LoadResult, 'status' | 'error'>): LoadResult {
  const started_at = new Date().toISOString()
  return { load_id, attempt: attempt + 1, loader: 'operator', started_at, ...outcome }
}
