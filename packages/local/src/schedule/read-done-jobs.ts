import type { ClickHouseClient } from '@clickhouse/client'
import type { AwsSource, Collector, JobMessage } from '@polo/collectors'
import { slotAt } from '@polo/core'
import { readRows } from '@polo/ingester'

/** The jobs of the slots that collectors are in which were complete already, so that a start does not run them again. */
export interface DoneJobs {
  /**
   * Whether one complete run looked at every region that the job would: who collects by hand may choose a few, and
   * regions may be enabled since. Asks the source for them only where there is such a run.
   * @throws what the source does
   */
  covers(job: JobMessage, aws: AwsSource): Promise<boolean>
}

interface DoneJob {
  readonly collector: string
  readonly aws_account_id: string
  readonly slot_ms: number
  readonly looked_at: readonly string[][]
}

const COMPLETE = `SELECT collector, aws_account_id, toUnixTimestamp64Milli(slot) AS slot_ms,
    groupUniqArray(mapKeys(region_outcomes)) AS looked_at
  FROM collector_runs
  WHERE status = 'complete' AND toUnixTimestamp64Milli(slot) IN {slots: Array(Int64)}
  GROUP BY ALL`

/** @throws what ClickHouse does */
export async function readDoneJobs(
  clickhouse: ClickHouseClient,
  collectors: readonly Collector[],
  now: Date,
): Promise<DoneJobs> {
  const slots = [...new Set(collectors.map(({ schedule }) => slotAt(schedule, now).getTime()))]
  const rows = await readRows<DoneJob>(clickhouse, COMPLETE, { slots })
  const done = new Map(
    rows.map((row) => [`${row.collector} ${row.aws_account_id} ${row.slot_ms}`, row.looked_at]),
  )
  return {
    async covers({ collector, account, slot }, aws) {
      const runs = done.get(`${collector} ${account.id} ${Date.parse(slot)}`)
      if (!runs) return false
      const regions = await aws.regions(account.id)
      return regions.length > 0 && runs.some((seen) => regions.every((region) => seen.includes(region)))
    },
  }
}
