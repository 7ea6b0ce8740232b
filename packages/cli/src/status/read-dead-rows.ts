import type { ClickHouseClient } from '@clickhouse/client'
import { readRows } from '@polo/ingester'
import { toIsoTime } from './to-iso-time.ts'

/** Rows that were refused and have not been stored since, by why, as the ledger has it. */
export interface DeadRows {
  readonly reason: string
  readonly schema: string
  readonly collector: string
  readonly rows: number
  readonly newest_at: string
}

/** As long as the dead-letter queue keeps a message. */
export const DEAD_ROWS_DAYS = 14

/** A row of a dead block that was stored later, by a redrive, is not dead any more. */
const DEAD_ROWS = `
  SELECT reason, schema, collector, toUInt64(sum(dead)) AS rows, max(recorded_at) AS newest_at
  FROM
  (
    SELECT reason, schema, collector, outcome, recorded_at,
      countIf(entry = 'block' AND outcome = 'dead') OVER root > 0 AS is_block_dead,
      countIf(entry = 'row' AND outcome = 'stored') OVER root AS rows_stored,
      multiIf(entry = 'block', greatest(toInt64(rows) - toInt64(rows_stored), 0), is_block_dead, 0, 1) AS dead
    FROM (SELECT * FROM ingest_ledger FINAL)
    WHERE root_block_id IN (
      SELECT root_block_id FROM ingest_ledger
      WHERE outcome = 'dead' AND recorded_at >= now64(3) - INTERVAL ${DEAD_ROWS_DAYS} DAY)
    WINDOW root AS (PARTITION BY root_block_id)
  )
  WHERE outcome = 'dead' AND dead > 0
  GROUP BY reason, schema, collector
  ORDER BY rows DESC, reason, schema, collector`

/** Reads the ledger, and takes no message: receiving one would hide it from others and count as a receive. */
export async function readDeadRows(clickhouse: ClickHouseClient): Promise<DeadRows[]> {
  const rows = await readRows<DeadRows>(clickhouse, DEAD_ROWS)
  return rows.map((row) => ({ ...row, newest_at: toIsoTime(row.newest_at) }))
}
