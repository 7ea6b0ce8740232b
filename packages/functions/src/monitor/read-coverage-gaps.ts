import type { Database } from '../connect-clickhouse.ts'
import { selectNumber } from './select-rows.ts'

const LIVE_ACCOUNTS = `SELECT aws_account_id FROM known_accounts
  WHERE polo_status = 'active' AND source != 'recording'`

/** Older attempts say nothing of now; a collector that fell silent shows in its freshness. */
const OPEN_REGIONS = `
  SELECT sum(multiIf(
    status = 'complete', 0,
    greatest(1, arrayCount(outcome -> outcome != 'complete', mapValues(region_outcomes))))) AS value
  FROM
  (
    SELECT status, region_outcomes
    FROM collector_runs FINAL
    WHERE status != 'dispatched'
      AND slot >= now64(3) - INTERVAL 16 DAY
      AND collector IN {collectors:Array(String)}
      AND aws_account_id IN (${LIVE_ACCOUNTS})
    ORDER BY slot DESC, started_at DESC
    LIMIT 1 BY collector, aws_account_id
  )`

const ACCOUNTS_NEVER_COLLECTED = `
  SELECT count() AS value
  FROM (SELECT aws_account_id FROM (${LIVE_ACCOUNTS})
    UNION DISTINCT
    SELECT arrayJoin({configured:Array(String)}) AS aws_account_id
    WHERE aws_account_id NOT IN (SELECT aws_account_id FROM known_accounts))
  WHERE aws_account_id NOT IN (SELECT aws_account_id FROM collector_runs WHERE status != 'dispatched')`

/**
 * What Polo does not see: the regions that the newest attempt of each collector in each active account did not read
 * whole (one where it got to none), and active or configured accounts that no attempt was ever made in.
 */
export async function readCoverageGaps(
  clickhouse: Database,
  collectors: readonly string[],
  configured: readonly string[],
): Promise<number> {
  const [regions, accounts] = await Promise.all([
    selectNumber(clickhouse, OPEN_REGIONS, { collectors }),
    selectNumber(clickhouse, ACCOUNTS_NEVER_COLLECTED, { configured }),
  ])
  return regions + accounts
}
