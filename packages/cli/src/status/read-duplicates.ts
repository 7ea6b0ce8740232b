import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import { readRows } from '@polo/ingester'

/** Rows of the newest month of `resource_events` that a merge will replace. */
export interface Duplicates {
  /** `YYYYMM`; empty where nothing is stored. */
  readonly partition: string
  readonly rows: number
  /** `rows` less the distinct ids. */
  readonly duplicates: number
  /** Counted in a sample, because the partition is large. */
  readonly estimated: boolean
}

/** Ids that are counted exactly: of more, a share that is chosen by id, so that duplicates stay together. */
const MAX_IDS = 5_000_000
const TIMEOUT_SECONDS = 10
const TOO_COSTLY = new Set(['159', '241'])

/** Answered from the parts' counts, without reading a row; `system.parts`, which has them too, needs a grant. */
const NEWEST = `SELECT _partition_id AS partition, count() AS rows FROM resource_events
  GROUP BY partition ORDER BY partition DESC LIMIT 1`

/** `uniq` errs by half a percent, which is more than there are duplicates. */
const COUNT = `SELECT count() AS counted, uniqExact(event_id) AS ids FROM resource_events
  WHERE _partition_id = {partition: String} AND cityHash64(event_id) % {share: UInt32} = 0
  SETTINGS max_execution_time = ${TIMEOUT_SECONDS}`

/** Counts them; null where counting takes too much of the server. */
export async function readDuplicates(clickhouse: ClickHouseClient): Promise<Duplicates | null> {
  const [newest] = await readRows<{ partition: string; rows: number }>(clickhouse, NEWEST)
  if (!newest) return { partition: '', rows: 0, duplicates: 0, estimated: false }
  const { partition, rows } = newest
  const share = Math.max(1, Math.ceil(rows / MAX_IDS))
  try {
    const [{ counted, ids } = { counted: 0, ids: 0 }] = await readRows<{ counted: number; ids: number }>(
      clickhouse,
      COUNT,
      { partition, share },
    )
    const estimated = share > 1
    return {
      partition,
      rows: estimated ? rows : counted,
      duplicates: (counted - ids) * share,
      estimated,
    }
  } catch (error) {
    if (error instanceof ClickHouseError && TOO_COSTLY.has(error.code)) return null
    throw error
  }
}
