import * as z from 'zod'
import type { Database } from '../connect-clickhouse.ts'
import { selectRows, timeLiteral } from './select-rows.ts'

const DAY_MS = 86_400_000
/** What the rate of spending is taken from. */
const RECENT_DAYS = 7

const Spend = z.object({
  this_month: z.number(),
  recent: z.number(),
  recent_since: z.string(),
})

/**
 * What the APIs that AWS charges for will have cost by the end of the month, in US dollars: what they have, and the
 * rate of the last seven days for what is left of it. In the first hours of a month, its own rate would say little.
 */
export async function readEstimatedSpend(clickhouse: Database, now: Date): Promise<number> {
  const monthStart = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth()))
  const monthEnd = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1))
  const recentStart = new Date(now.getTime() - RECENT_DAYS * DAY_MS)
  const [spend] = await selectRows(clickhouse, Spend, { query: spendQuery(monthStart, recentStart) })
  const { this_month, recent, recent_since } = Spend.parse(spend)
  const lastingMs = Math.max(DAY_MS, now.getTime() - Date.parse(recent_since))
  return this_month + (recent / lastingMs) * (monthEnd.getTime() - now.getTime())
}

/** By when it was spent, and not by slot, for a backfill costs as well; a run that was recorded twice counts once. */
function spendQuery(monthStart: Date, recentStart: Date): string {
  const since = monthStart < recentStart ? monthStart : recentStart
  return `
    SELECT
      sumIf(cost, spent_at >= ${timeLiteral(monthStart)}) AS this_month,
      sumIf(cost, spent_at >= ${timeLiteral(recentStart)}) AS recent,
      if(recent > 0, minIf(spent_at, spent_at >= ${timeLiteral(recentStart)}), now64(3)) AS recent_since
    FROM
    (
      SELECT max(api_cost_usd) AS cost, max(started_at) AS spent_at
      FROM collector_runs
      WHERE api_cost_usd > 0 AND started_at >= ${timeLiteral(since)}
      GROUP BY run_id
    )`
}
