import type { ClickHouseClient } from '@clickhouse/client'
import * as z from 'zod'

/** What a collector's calls have cost this month (UTC), and will have by its end, in US dollars. */
export interface CollectorSpend {
  readonly collector: string
  readonly spent_usd: number
  readonly projected_usd: number
}

/** What the APIs that AWS charges for cost, all collectors together and each. */
export interface Spend {
  /** '2026-03' */
  readonly month: string
  readonly spent_usd: number
  readonly projected_usd: number
  /** Those that have cost anything lately, by name. */
  readonly collectors: readonly CollectorSpend[]
}

const DAY_MS = 86_400_000
/** What the rate of spending is taken from: in the first hours of a month, its own would say little. */
const RECENT_MS = 7 * DAY_MS
/** How far before that it is looked for whether there was any. */
const HISTORY_MS = 7 * DAY_MS

const Row = z.object({
  collector: z.string(),
  spent_usd: z.number(),
  recent_usd: z.number(),
  /** Times at which it was spent, five minutes apart at least, the first and the last of them in seconds. */
  recent_times: z.coerce.number(),
  recent_since: z.number(),
  recent_until: z.number(),
  had_history: z.coerce.number(),
})

/** By when it was spent, and not by slot, for a backfill costs as well; a run that was recorded twice counts once. */
const QUERY = `
  WITH
    {month_start: DateTime64(3, 'UTC')} AS month_start,
    {recent_start: DateTime64(3, 'UTC')} AS recent_start
  SELECT
    collector,
    sumIf(cost, spent_at >= month_start) AS spent_usd,
    sumIf(cost, spent_at >= recent_start) AS recent_usd,
    uniqExactIf(toStartOfFiveMinutes(spent_at), spent_at >= recent_start) AS recent_times,
    toUnixTimestamp(minIf(spent_at, spent_at >= recent_start)) AS recent_since,
    toUnixTimestamp(maxIf(spent_at, spent_at >= recent_start)) AS recent_until,
    countIf(spent_at < recent_start) > 0 AS had_history
  FROM
  (
    SELECT collector, max(api_cost_usd) AS cost, max(started_at) AS spent_at
    FROM collector_runs
    WHERE api_cost_usd > 0 AND started_at >= least(month_start, {history_start: DateTime64(3, 'UTC')})
    GROUP BY collector, run_id
  )
  GROUP BY collector
  HAVING spent_usd > 0 OR recent_usd > 0
  ORDER BY collector`

/**
 * What the month's runs have cost, and the rate of the last seven days for what is left of it: no more than a collector's
 * budget in `budgets`, to which it keeps, unless that is spent already.
 * @throws what ClickHouse answers
 */
export async function readSpend(
  clickhouse: ClickHouseClient,
  now: Date,
  budgets: Readonly<Record<string, number>>,
): Promise<Spend> {
  const monthStart = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth()))
  const before = (ms: number) => new Date(now.getTime() - ms)
  const result = await clickhouse.query({
    query: QUERY,
    query_params: {
      month_start: monthStart,
      recent_start: before(RECENT_MS),
      history_start: before(RECENT_MS + HISTORY_MS),
    },
    format: 'JSONEachRow',
  })
  const collectors = z
    .array(Row)
    .parse(await result.json())
    .map((row) => project(row, now, budgets[row.collector]))
  const sum = (key: 'spent_usd' | 'projected_usd') =>
    withoutNoise(collectors.reduce((total, one) => total + one[key], 0))
  return {
    month: monthStart.toISOString().slice(0, 7),
    spent_usd: sum('spent_usd'),
    projected_usd: sum('projected_usd'),
    collectors,
  }
}

function project(row: z.infer<typeof Row>, now: Date, budgetUsd = Number.POSITIVE_INFINITY): CollectorSpend {
  const { collector, spent_usd } = row
  const leftMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - now.getTime()
  const atRate = spent_usd + (row.recent_usd / lastingMs(row, now)) * leftMs
  return { collector, spent_usd, projected_usd: Math.max(spent_usd, Math.min(atRate, budgetUsd)) }
}

/** The time that what was spent recently lasts for: two daily runs last for two days, though a day lies between them. */
function lastingMs(row: z.infer<typeof Row>, now: Date): number {
  if (row.had_history) return RECENT_MS
  const { recent_times: times, recent_since: since, recent_until: until } = row
  const gapMs = times > 1 ? ((until - since) * 1_000) / (times - 1) : DAY_MS
  const lasting = Math.max(times * gapMs, now.getTime() - since * 1_000)
  return Math.min(RECENT_MS, Math.max(DAY_MS, lasting))
}

/** A sum of budgets is not to exceed their own sum by what computers make of cents. */
function withoutNoise(usd: number): number {
  return Math.round(usd * 1e6) / 1e6
}
