import type { ClickHouseClient } from '@clickhouse/client'
import type { HierarchyNode } from '@polo/core'
import { readRows } from '../read-rows.ts'

const NODES = 'SELECT node_id, node_type, parent_id, name, aws_account_id FROM hierarchy_nodes FINAL'
const NEWEST = 'SELECT toString(toUnixTimestamp64Milli(max(observed_at))) AS newest FROM hierarchy_nodes'

/** Makes `hierarchy_nodes` hold exactly these nodes; does nothing when it does already. */
export async function syncHierarchy(
  client: ClickHouseClient,
  nodes: readonly HierarchyNode[],
): Promise<void> {
  const stored = new Map((await readRows<HierarchyNode>(client, NODES)).map((node) => [node.node_id, node]))
  const changed = nodes.filter((node) => !isSame(node, stored.get(node.node_id)))
  const wanted = new Set(nodes.map((node) => node.node_id))
  const gone = [...stored.values()].filter((node) => !wanted.has(node.node_id))
  if (changed.length + gone.length === 0) return
  const observed_at = await nextTime(client)
  await client.insert({
    table: 'hierarchy_nodes',
    values: [
      ...changed.map((node) => ({ ...node, is_deleted: 0, observed_at })),
      ...gone.map((node) => ({ ...node, is_deleted: 1, observed_at })),
    ],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
}

/** Later than all that is stored, though another machine's clock may have been ahead: else the older rows would win. */
async function nextTime(client: ClickHouseClient): Promise<string> {
  const [row] = await readRows<{ newest: string }>(client, NEWEST)
  return new Date(Math.max(Date.now(), Number(row?.newest ?? 0) + 1)).toISOString()
}

function isSame(node: HierarchyNode, stored: HierarchyNode | undefined): boolean {
  return (
    stored !== undefined &&
    node.node_type === stored.node_type &&
    node.parent_id === stored.parent_id &&
    node.name === stored.name &&
    node.aws_account_id === stored.aws_account_id
  )
}
