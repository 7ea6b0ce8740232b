import type { ClickHouseClient } from '@clickhouse/client'
import { COLLECTORS } from '@polo/collectors'
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
            WHERE event_type = 'config' AND toUnixTimestamp64Milli(event_time) IN {slots: Array(Int64)}
              AND aws_account_id IN {accounts: Array(String)}
            GROUP BY ALL ORDER BY ALL`,
    query_params: { slots: slots.map((slot) => Date.parse(slot)), accounts: runs.map((run) => run.account) },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const stored = await result.json<InventoryRow>()
  const types = COLLECTORS.filter(({ name }) => runs.some((run) => run.collector === name)).flatMap(
    (collector) => Object.keys(collector.resourceTypes).map((type) => ({ type, collector: collector.name })),
  )
  const places = runs.flatMap((run) => Object.keys(run.regions).map((region) => `${run.account} ${region}`))
  const rows = [...new Set(places)].sort().map((place) => {
    const [account = '', region = ''] = place.split(' ')
    const looks = runs.filter((run) => run.account === account)
    const cells = types.map(({ type, collector }) => {
      const outcome = looks.find((run) => run.collector === collector)?.regions[region]
      return describeCount(countOf(stored, { account, region, type }), outcome)
    })
    return [account, region, ...cells, describeLooks(looks, region)]
  })
  return renderTable(['account', 'region', ...types.map(({ type }) => type), 'looked'], rows)
}

function countOf(
  stored: readonly InventoryRow[],
  { account, region, type }: { account: string; region: string; type: string },
): number {
  const row = stored.find(
    ({ aws_account_id, aws_region, resource_type }) =>
      aws_account_id === account && aws_region === region && resource_type === type,
  )
  return row?.resources ?? 0
}

/** Only a complete look may say that there is none. */
function describeCount(count: number, outcome: string | undefined): string {
  if (outcome === 'complete') return count === 0 ? '-' : String(count)
  return count === 0 ? '?' : `at least ${count}`
}

function describeLooks(looks: CollectReport['runs'], region: string): string {
  const incomplete = looks.filter(({ regions }) => (regions[region] ?? 'complete') !== 'complete')
  if (incomplete.length === 0) return 'complete'
  const outcomes = [...new Set(incomplete.map(({ regions }) => regions[region]))].join(', ')
  return incomplete.length === looks.length
    ? outcomes
    : incomplete.map(({ collector, regions }) => `${collector} ${regions[region]}`).join(', ')
}
