import type { ClickHouseClient } from '@clickhouse/client'
import type { Collector, JobMessage } from '@polo/collectors'
import { slotAt } from '@polo/core'

/** The jobs of the slots that collectors are in which were complete already, so that a start does not run them again. */
export interface DoneJobs {
  has(job: JobMessage): boolean
}

/** @throws what ClickHouse does */
export async function readDoneJobs(
  clickhouse: ClickHouseClient,
  collectors: readonly Collector[],
  now: Date,
): Promise<DoneJobs> {
  const slots = [...new Set(collectors.map(({ schedule }) => slotAt(schedule, now).getTime()))]
  const result = await clickhouse.query({
    query: `SELECT DISTINCT collector, aws_account_id, toUnixTimestamp64Milli(slot) AS slot_ms FROM collector_runs
      WHERE status = 'complete' AND toUnixTimestamp64Milli(slot) IN {slots: Array(Int64)}`,
    query_params: { slots },
    format: 'JSONEachRow',
  })
  const rows = await result.json<{ collector: string; aws_account_id: string; slot_ms: string }>()
  const done = new Set(rows.map((row) => `${row.collector} ${row.aws_account_id} ${Number(row.slot_ms)}`))
  return {
    has: ({ collector, account, slot }) => done.has(`${collector} ${account.id} ${Date.parse(slot)}`),
  }
}
