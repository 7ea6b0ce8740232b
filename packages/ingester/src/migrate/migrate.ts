import type { ClickHouseClient } from '@clickhouse/client'
import { hierarchyNodes, type PoloConfig } from '@polo/core'
import { readRows } from '../read-rows.ts'
import { MigrationError } from './migration-error.ts'
import { type Migration, readMigrations } from './read-migrations.ts'
import { createDatabaseDdl, type MigrationTarget, renderDdl } from './render-ddl.ts'
import { syncHierarchy } from './sync-hierarchy.ts'
import { hasRetention, type KeptDays, readRetention, syncRetention } from './sync-retention.ts'

export interface MigrateOptions {
  /** A client whose statements run in that database; `migrate` closes it. */
  readonly connect: (database: string) => ClickHouseClient
  readonly database: string
  readonly target: MigrationTarget
  /** Directory of `NNNN_name.sql` files. */
  readonly directory: string
  /** Decides how long events are kept and what the hierarchy is, of a database that knows neither yet. */
  readonly config: PoloConfig
  /**
   * Changes both in a database that has them already. A shorter retention deletes rows for good, so only who means it
   * may say so: a command that reads must never, whatever configuration it happens to find.
   */
  readonly reconfigure?: boolean
}

export interface MigrationResult {
  /** Versions applied by this call, in order. */
  readonly applied: readonly string[]
  /** The newest version that the database has. */
  readonly version: string
  /** What is kept for another time than before, by its name in `retentionDays`. */
  readonly retention: Readonly<Record<string, RetentionChange>>
}

export interface RetentionChange {
  readonly days: number
  readonly previous_days: number
}

/** https://clickhouse.com/docs/whats-new/changelog: async deduplication through dependent views is on by default from here. */
const OLDEST_SERVER = [26, 4] as const

/** Has no deduplication window: nothing that is inserted twice does harm here. */
export const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations {{on_cluster}}
(version String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
ENGINE = {{replicated}}ReplacingMergeTree(applied_at) ORDER BY version`

/**
 * Brings a database up to date: creates it, applies the migrations it has not had, then, to a new one or if told
 * to `reconfigure`, what follows from the configuration. Safe to run twice and from two processes: every statement can be repeated.
 * @throws MigrationError for a server that is too old, a file that was edited after it was applied, files that are
 * not numbered without a gap, or a failing statement
 */
export async function migrate(options: MigrateOptions): Promise<MigrationResult> {
  const { connect, database, target, directory, config, reconfigure = false } = options
  const migrations = (await readMigrations(directory)).map((migration) => render(migration, target))
  await withClient(connect('default'), async (client) => {
    await requireServer(client)
    await client.command({ query: createDatabaseDdl(database, target) })
  })
  return await withClient(connect(database), async (client) => {
    await client.command({ query: renderDdl(MIGRATIONS_TABLE, target) })
    const done = await appliedChecksums(client)
    const pending = migrations.filter((migration) => isPending(migration, done))
    for (const migration of pending) await applyMigration(client, migration)
    const configures = reconfigure || !(await hasRetention(client))
    if (configures) await syncHierarchy(client, hierarchyNodes(config))
    const before = await readRetention(client)
    // Last, for it marks a database as configured.
    await syncRetention(client, { retentionDays: config.retentionDays, target, onlyNew: !configures })
    const applied = pending.map(({ version }) => version)
    const retention = changesOf(before, await readRetention(client))
    return { applied, version: [...done.keys(), ...applied].sort().at(-1) ?? '', retention }
  })
}

/** A table that had no retention has no change of it. */
function changesOf(before: KeptDays, after: KeptDays): MigrationResult['retention'] {
  const previous = new Map(Object.entries(before))
  const changes = Object.entries(after).flatMap(([name, days]) => {
    const previous_days = previous.get(name)
    return previous_days === undefined || previous_days === days
      ? []
      : [[name, { days, previous_days }] as const]
  })
  return Object.fromEntries(changes)
}

async function withClient<Result>(
  client: ClickHouseClient,
  use: (client: ClickHouseClient) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

async function requireServer(client: ClickHouseClient): Promise<void> {
  const [row] = await readRows<{ version: string }>(client, 'SELECT version() AS version')
  const version = row?.version ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_SERVER
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new MigrationError(
    `ClickHouse ${version} is too old: Polo needs ${OLDEST_SERVER.join('.')} or newer. Upgrade the server.`,
  )
}

async function appliedChecksums(client: ClickHouseClient): Promise<Map<string, string>> {
  const rows = await readRows<{ version: string; checksum: string }>(
    client,
    'SELECT version, checksum FROM schema_migrations FINAL',
  )
  return new Map(rows.map(({ version, checksum }) => [version, checksum]))
}

function isPending({ version, checksum }: Migration, done: ReadonlyMap<string, string>): boolean {
  const applied = done.get(version)
  if (applied === undefined || applied === checksum) return applied === undefined
  throw new MigrationError(
    `migration ${version} was applied to this database and edited afterwards. ` +
      'Restore the file and write the change as a new migration.',
  )
}

function render(migration: Migration, target: MigrationTarget): Migration {
  const statements = migration.statements.map((statement) => {
    try {
      return renderDdl(statement, target)
    } catch (cause) {
      throw failed(migration, cause)
    }
  })
  return { ...migration, statements }
}

async function applyMigration(client: ClickHouseClient, migration: Migration): Promise<void> {
  for (const query of migration.statements) {
    try {
      await client.command({ query })
    } catch (cause) {
      throw failed(migration, cause)
    }
  }
  const { version, checksum } = migration
  await client.insert({ table: 'schema_migrations', values: [{ version, checksum }], format: 'JSONEachRow' })
}

function failed({ version }: Migration, cause: unknown): MigrationError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MigrationError(`migration ${version} failed: ${reason}`, { cause })
}
