import type { ClickHouseClient } from '@clickhouse/client'
import type { CollectReport } from './collect-report.ts'
import { renderTable } from './output.ts'

interface InventoryRow {
  readonly aws_account_id: string
  readonly aws_region: string
  readonly resource_type: string
  readonly resources: number
}

/** What these runs stored, counted by the database: per account, region and type, and how each region's look ended. */
export async function renderInventory(
  clickhouse: ClickHouseClient,
  { runs }: CollectReport,
): Promise<string> {
  const slots = [...new Set(runs.map((run) => run.slot))]
  const result = await clickhouse.query({
    query: `SELECT aws_account_id, aws_region, resource_type, count() AS resources
            FROM resource_events FINAL
            WHERE event_type = 'config' AND event_time IN {slots: Array(DateTime64(3, 'UTC'))}
              AND aws_account_id IN {accounts: Array(String)}
            GROUP BY ALL ORDER BY ALL`,
    query_params: { slots: slots.map((slot) => new Date(slot)), accounts: runs.map((run) => run.account) },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const stored = await result.json<InventoryRow>()
  const types = [...new Set(stored.map((row) => row.resource_type))].sort()
  const places = runs.flatMap((run) => Object.keys(run.regions).map((region) => `${run.account} ${region}`))
  const rows = [...new Set(places)].sort().map((place) => {
    const [account = '', region = ''] = place.split(' ')
    const count = (type: string) =>
      stored.find(
        (row) => row.aws_account_id === account && row.aws_region === region && row.resource_type === type,
      )?.resources ?? 0
    return [account, region, ...types.map(count), outcomeOf(runs, account, region)]
  })
  return renderTable(['account', 'region', ...types, 'looked'], rows)
}

function outcomeOf(runs: CollectReport['runs'], account: string, region: string): string {
  const looks = runs.filter((run) => run.account === account && run.regions[region] !== undefined)
  const incomplete = looks.filter((run) => run.regions[region] !== 'complete')
  if (incomplete.length === 0) return 'complete'
  return incomplete.map((run) => `${run.collector} ${run.regions[region]}`).join(', ')
}
