import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { type MigrationTarget, renderDdl } from '../migrate/render-ddl.ts'
import { readRows } from '../read-rows.ts'
import type { StagingOptions } from './load-kind.ts'
import { quoteName, quoteString } from './quote.ts'

/** What every staging table's name begins with: `polo_staging_<load id>_<attempt>_<loader>_<number>`. */
const PREFIX = 'polo_staging_'

/** Staging tables of one attempt. */
export interface Staging {
  create(table: string, options?: StagingOptions): Promise<string>
  synced(table: string): Promise<void>
  drop(): Promise<void>
}

/** Tables that are dropped when the attempt has ended; their names say whose they are. */
export function createStaging(
  clickhouse: ClickHouseClient,
  target: MigrationTarget,
  { loadId, attempt }: { readonly loadId: string; readonly attempt: number },
): Staging {
  const created: string[] = []
  // Loaders that take a request at the same moment are at the same attempt, each with tables of its own.
  const loader = randomUUID().slice(0, 8)
  const command = (query: string) => clickhouse.command({ query: renderDdl(query, target) })
  return {
    async create(table, options = {}) {
      const name = `${PREFIX}${loadId.replaceAll('-', '')}_${attempt}_${loader}_${created.length}`
      created.push(name)
      await command(await stagingDdl(clickhouse, { name, table, ...options }))
      return name
    },
    async synced(table) {
      if (target.kind === 'embedded') return
      await command(`SYSTEM SYNC REPLICA {{on_cluster}} ${quoteName(table)} LIGHTWEIGHT`)
    },
    async drop() {
      for (const name of created.splice(0)) await dropTable(clickhouse, name, target)
    },
  }
}

/** As `table`, but without what replaces rows or, unless told so, expires them: each row is to be counted as it came. */
async function stagingDdl(
  clickhouse: ClickHouseClient,
  { name, table, expires = false }: StagingOptions & { readonly name: string; readonly table: string },
): Promise<string> {
  const [keys] = await readRows<{ partition_key: string; sorting_key: string; ttl: string }>(
    clickhouse,
    `SELECT partition_key, sorting_key, extract(engine_full, ' TTL (.*?)(?: SETTINGS |$)') AS ttl
     FROM system.tables WHERE database = currentDatabase() AND name = ${quoteString(table)}`,
  )
  if (!keys) throw new Error(`there is no table ${table}`)
  const partition = keys.partition_key === '' ? 'tuple()' : keys.partition_key
  const ttl = expires && keys.ttl !== '' ? ` TTL ${keys.ttl}` : ''
  return (
    `CREATE TABLE ${quoteName(name)} {{on_cluster}} AS ${quoteName(table)} ENGINE = {{replicated}}MergeTree ` +
    `PARTITION BY ${partition} ORDER BY (${keys.sorting_key})${ttl}`
  )
}

/** Drops what loaders that were killed have left: tables of attempts that nobody is at any more. */
export async function dropStale(clickhouse: ClickHouseClient, target: MigrationTarget): Promise<void> {
  const stale = await readRows<{ name: string }>(clickhouse, STALE)
  for (const { name } of stale) await dropTable(clickhouse, name, target)
}

const STALE = `
  SELECT name FROM system.tables
  WHERE database = currentDatabase() AND startsWith(name, '${PREFIX}')
    AND (splitByChar('_', name)[3], toUInt32OrZero(splitByChar('_', name)[4])) NOT IN
    (
      SELECT replaceAll(toString(load_id), '-', ''), attempt FROM bulk_load_results FINAL
      WHERE status = 'loading' AND lease_until > now64(3)
    )`

async function dropTable(clickhouse: ClickHouseClient, name: string, target: MigrationTarget): Promise<void> {
  const query = renderDdl(`DROP TABLE IF EXISTS ${quoteName(name)} {{on_cluster}} SYNC`, target)
  await clickhouse.command({ query })
}
