import type { ClickHouseClient } from '@clickhouse/client'
import { COLLECTORS } from '@polo/collectors'
import { readRows } from '@polo/ingester'
import type { CollectReport } from './collect/collect-report.ts'
import { renderTable } from './output/output.ts'

interface InventoryRow {
  readonly collector: string
  readonly aws_account_id: string
  readonly aws_region: string
  readonly resource_type: string
  readonly resources: number
}

const RESOURCES = `SELECT collector, aws_account_id, aws_region, resource_type, count() AS resources
  FROM resource_events FINAL
  WHERE event_type = 'config' AND toUnixTimestamp64Milli(event_time) IN {slots: Array(Int64)}
    AND aws_account_id IN {accounts: Array(String)}
  GROUP BY ALL ORDER BY ALL`

/**
 * What resources these runs stored, counted by the database: per account, region and type that there is any of, and how each
 * region's look ended.
 */
export async function renderInventory(
  clickhouse: ClickHouseClient,
  { runs }: CollectReport,
): Promise<string> {
  const slots = [...new Set(runs.map((run) => run.slot))]
  const stored = await readRows<InventoryRow>(clickhouse, RESOURCES, {
    slots: slots.map((slot) => Date.parse(slot)),
    accounts: runs.map((run) => run.account),
  })
  const types = COLLECTORS.flatMap(({ name, scope, resourceTypes }) =>
    Object.keys(resourceTypes).map((type) => ({ type, collector: name, scope })),
  ).filter(({ type, collector }) =>
    stored.some((row) => row.resource_type === type && row.collector === collector),
  )
  const looks = runs.filter((run) => COLLECTORS.some(({ name }) => name === run.collector))
  const places = looks.flatMap((run) => Object.keys(run.regions).map((region) => `${run.account} ${region}`))
  const rows = [...new Set(places)].sort().map((place) => {
    const [account = '', region = ''] = place.split(' ')
    const looksHere = looks.filter((run) => run.account === account)
    const cells = types.map(({ type, collector, scope }) => {
      const look = looksHere.find((run) => run.collector === collector)
      // What reads the organization looks from one region at all.
      if (!look || (scope !== 'account' && !(region in look.regions))) return ''
      return describeCount(countOf(stored, { account, region, type, collector }), look.regions[region])
    })
    return [account, region, ...cells, describeLooks(looksHere, region)]
  })
  return renderTable(['account', 'region', ...types.map(({ type }) => type), 'looked'], rows)
}

function countOf(
  stored: readonly InventoryRow[],
  wanted: { account: string; region: string; type: string; collector: string },
): number {
  const row = stored.find(
    ({ collector, aws_account_id, aws_region, resource_type }) =>
      collector === wanted.collector &&
      aws_account_id === wanted.account &&
      aws_region === wanted.region &&
      resource_type === wanted.type,
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
