import type { ClickHouseClient } from '@clickhouse/client'
import { readRows } from '@polo/ingester'
import { toIsoTime } from './to-iso-time.ts'

/** What an account's lifecycle events of the last weeks were like. */
export interface LifecycleHistory {
  readonly aws_account_id: string
  /** When the newest happened. */
  readonly last_event: string
  /** How many happened in the last 24 hours. */
  readonly last_day: number
}

/** Further back nobody looks: it would read months of events. */
export const LIFECYCLE_DAYS = 35

const EVENTS = `SELECT aws_account_id, max(event_time) AS last_event,
    uniqExactIf(event_id, event_time > {now: DateTime64(3)} - INTERVAL 1 DAY) AS last_day
  FROM resource_events
  WHERE event_type = 'lifecycle' AND event_time > {now: DateTime64(3)} - INTERVAL ${LIFECYCLE_DAYS} DAY
  GROUP BY aws_account_id`

/** The accounts that lifecycle events of the last weeks are of; there is no run to ask, since nobody asks for them. */
export async function readLifecycle(clickhouse: ClickHouseClient, now: Date): Promise<LifecycleHistory[]> {
  const rows = await readRows<LifecycleHistory>(clickhouse, EVENTS, { now: now.getTime() / 1000 })
  return rows.map((row) => ({ ...row, last_event: toIsoTime(row.last_event) }))
}
