import { LoadError } from '../load-error.ts'
import type { LoadContext } from '../load-kind.ts'
import { LINE_ITEMS } from './replace-periods.ts'

/**
 * What is older than the table keeps would be dropped right after it was loaded: by the retention that is in force there,
 * which `polo migrate` writes, whatever the configuration at hand says.
 * @throws LoadError which names the periods
 */
export async function requireKept(periods: readonly string[], { select }: LoadContext): Promise<void> {
  const [expired] = await select<{ days: number; periods: string[] }>(
    `WITH (
       SELECT toUInt32OrZero(extract(engine_full, ' TTL .*toIntervalDay\\\\((\\\\d+)\\\\)')) FROM system.tables
       WHERE database = currentDatabase() AND name = '${LINE_ITEMS}'
     ) AS kept_days
     SELECT any(kept_days) AS days, arraySort(groupArray(period)) AS periods
     FROM (SELECT arrayJoin({periods: Array(String)}) AS period)
     WHERE kept_days > 0 AND toDate(period) + toIntervalMonth(1) + toIntervalDay(kept_days) <= today()`,
    { params: { periods } },
  )
  if (!expired || expired.periods.length === 0) return
  const months = expired.periods.map((period) => period.slice(0, 7)).join(', ')
  throw new LoadError(
    `${months} ended more than ${expired.days} days ago, which is as long as ${LINE_ITEMS} keeps a billing period: it would be ` +
      'dropped at once. Raise retentionDays.cost_line_items in polo.config.ts, run polo migrate, and load it again',
    { isFinal: true },
  )
}
