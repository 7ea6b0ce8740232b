import type { ClickHouseClient } from '@clickhouse/client'
import { EVENT_TYPES, type PoloConfig } from '@polo/core'
import { readRows } from './read-rows.ts'
import { type MigrationTarget, renderDdl } from './render-ddl.ts'

type RetentionDays = PoloConfig['retentionDays']

/** Makes the table of events keep each type as long as the configuration says; does nothing when it does already. */
export async function syncRetention(
  client: ClickHouseClient,
  retentionDays: RetentionDays,
  target: MigrationTarget,
): Promise<void> {
  if (await isInForce(client, retentionDays)) return
  try {
    await client.command({ query: retentionDdl(retentionDays, target) })
  } catch (error) {
    // Another process may have changed it at the same time, and replicas take one such change at a time.
    if (!(await isInForce(client, retentionDays))) throw error
  }
}

export function retentionDdl(retentionDays: RetentionDays, target: MigrationTarget): string {
  const clauses = clausesOf(retentionDays).join(', ')
  return renderDdl(`ALTER TABLE resource_events {{on_cluster}} MODIFY TTL ${clauses}`, target)
}

/** Whether the table of events has any retention yet. */
export async function hasRetention(client: ClickHouseClient): Promise<boolean> {
  return /\bTTL\b/.test(await readTableDdl(client))
}

async function isInForce(client: ClickHouseClient, retentionDays: RetentionDays): Promise<boolean> {
  const ddl = await readTableDdl(client)
  return clausesOf(retentionDays).every((clause) => ddl.includes(clause))
}

async function readTableDdl(client: ClickHouseClient): Promise<string> {
  const [table] = await readRows<{ create_table_query: string }>(
    client,
    "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = 'resource_events'",
  )
  return table?.create_table_query ?? ''
}

/** Written as ClickHouse writes them back. */
function clausesOf(retentionDays: RetentionDays): string[] {
  return EVENT_TYPES.map(
    (type) => `toDateTime(event_time) + toIntervalDay(${retentionDays[type]}) WHERE event_type = '${type}'`,
  )
}
