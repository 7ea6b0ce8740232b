import { loadsBeside } from '@polo/ingester'
import type { Database } from '../connect-clickhouse.ts'
import { onlyRuns, selectNumber, timeLiteral } from './select-rows.ts'

const DAY_MS = 86_400_000

/**
 * Attempts of the last day whose published rows are not all accounted for though the deadline is past, and jobs that
 * were dispatched and never reported back.
 */
export async function readUnreconciledRuns(clickhouse: Database, now: Date): Promise<number> {
  const sinceSlot = new Date(now.getTime() - 2 * DAY_MS)
  const sinceDeadline = new Date(now.getTime() - DAY_MS)
  return await selectNumber(
    clickhouse,
    `SELECT count() AS value
    FROM collector_attempts
    WHERE reconciliation = 'missing' AND deadline >= ${timeLiteral(sinceDeadline)}
    ${onlyRuns(`slot >= ${timeLiteral(sinceSlot)}`)}`,
  )
}

/** As long as the dead-letter queue keeps a message. A row of a dead block that was stored later is not dead any more. */
const DEAD_ROWS = `
  SELECT toUInt64(sum(dead)) AS value
  FROM
  (
    SELECT outcome,
      countIf(entry = 'block' AND outcome = 'dead') OVER root > 0 AS is_block_dead,
      countIf(entry = 'row' AND outcome = 'stored') OVER root AS rows_stored,
      multiIf(entry = 'block', greatest(toInt64(rows) - toInt64(rows_stored), 0), is_block_dead, 0, 1) AS dead
    FROM (SELECT * FROM ingest_ledger FINAL)
    WHERE root_block_id IN (
      SELECT root_block_id FROM ingest_ledger
      WHERE outcome = 'dead' AND recorded_at >= now64(3) - INTERVAL 14 DAY)
    WINDOW root AS (PARTITION BY root_block_id)
  )
  WHERE outcome = 'dead'`

/** Rows that were refused in the last two weeks and have not been stored since. */
export async function readDeadRows(clickhouse: Database): Promise<number> {
  return await selectNumber(clickhouse, DEAD_ROWS)
}

/** What was loaded later for the same target makes up for it. */
const LOADS_GIVEN_UP = `
  SELECT count() AS value
  FROM (SELECT status, modified_at, maxIf(modified_at, status = 'loaded') OVER (PARTITION BY kind, source, target) AS loaded
    FROM bulk_load_status
    WHERE ${loadsBeside("load_id IN (SELECT load_id FROM bulk_load_results WHERE status = 'given_up')")})
  WHERE status = 'given_up' AND modified_at > loaded`

/** Requests to load that are not tried again by themselves, and that no later one has made up for. */
export async function readLoadsGivenUp(clickhouse: Database): Promise<number> {
  return await selectNumber(clickhouse, LOADS_GIVEN_UP)
}
