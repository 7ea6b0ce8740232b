import { readdir, readFile } from 'node:fs/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { blockIdOf, EVENT_TYPES, type PoloConfig } from '@polo/core'
import { MigrationError } from './migration-error.ts'

/** Where the DDL runs: what differs is engine names, `ON CLUSTER` and which deduplication window counts. */
export type MigrationTarget =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'cloud' }
  | { readonly kind: 'cluster'; readonly cluster: string }

export interface MigrateOptions {
  /** A client whose statements run in that database; `migrate` closes it. */
  readonly connect: (database: string) => ClickHouseClient
  readonly database: string
  readonly target: MigrationTarget
  /** Directory of `NNNN_name.sql` files. */
  readonly directory: string
  readonly retentionDays: PoloConfig['retentionDays']
}

export interface MigrationResult {
  /** Versions applied by this call, in order. */
  readonly applied: readonly string[]
  /** The newest version that the database has. */
  readonly version: string
}

interface Migration {
  readonly version: string
  readonly checksum: string
  readonly statements: readonly string[]
}

/** https://clickhouse.com/docs/whats-new/changelog: async deduplication through dependent views is on by default from here. */
const OLDEST_SERVER = [26, 4] as const
const DEDUPLICATION_BLOCKS = 100_000
const DEDUPLICATION_SECONDS = 7 * 86_400
const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/

/**
 * Brings a database up to date: creates it, applies the migrations it has not had, sets retention.
 * Safe to run twice and from two processes: every statement can be repeated.
 * @throws MigrationError for a server that is too old, a file that was edited after it was applied, or a failing statement
 */
export async function migrate(options: MigrateOptions): Promise<MigrationResult> {
  const { connect, database, target } = options
  await withClient(connect('default'), async (client) => {
    await requireServer(client)
    await client.command({
      query: `CREATE DATABASE IF NOT EXISTS \`${database}\` ${onCluster(target)} ${databaseEngine(target)}`,
    })
  })
  return await withClient(connect(database), async (client) => {
    await client.command({ query: fill(MIGRATIONS_TABLE, target) })
    const migrations = await readMigrations(options.directory)
    const done = await appliedChecksums(client)
    const pending = migrations.filter(({ version, checksum }) => {
      const applied = done.get(version)
      if (applied !== undefined && applied !== checksum) throw editedAfterwards(version)
      return applied === undefined
    })
    for (const migration of pending) await applyMigration(client, migration, target)
    await applyRetention(client, options)
    return { applied: pending.map(({ version }) => version), version: migrations.at(-1)?.version ?? '' }
  })
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

const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations {{on_cluster}}
(version String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
ENGINE = {{replicated}}ReplacingMergeTree(applied_at) ORDER BY version`

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

async function readMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort()
  const migrations = await Promise.all(
    files.map(async (file): Promise<Migration> => {
      const version = FILE.exec(file)?.[1]
      if (!version) throw new MigrationError(`${file} is not named NNNN_lower_case.sql`)
      const text = await readFile(`${directory}/${file}`)
      return { version, checksum: blockIdOf(text), statements: splitStatements(text.toString()) }
    }),
  )
  const twice = migrations.find(({ version }, index) => migrations[index - 1]?.version === version)
  if (twice) throw new MigrationError(`two migrations have the number ${twice.version}`)
  return migrations
}

async function applyMigration(
  client: ClickHouseClient,
  { version, checksum, statements }: Migration,
  target: MigrationTarget,
): Promise<void> {
  for (const statement of statements) {
    try {
      await client.command({ query: fill(statement, target) })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MigrationError(`migration ${version} failed: ${reason}`, { cause })
    }
  }
  await client.insert({ table: 'schema_migrations', values: [{ version, checksum }], format: 'JSONEachRow' })
}

/** Only when it differs from what the table has: each change makes the engine look at every part. */
async function applyRetention(
  client: ClickHouseClient,
  { target, retentionDays }: Pick<MigrateOptions, 'target' | 'retentionDays'>,
): Promise<void> {
  const clauses = EVENT_TYPES.map(
    (type) => `toDateTime(event_time) + toIntervalDay(${retentionDays[type]}) WHERE event_type = '${type}'`,
  )
  const [table] = await readRows<{ create_table_query: string }>(
    client,
    "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = 'resource_events'",
  )
  if (clauses.every((clause) => table?.create_table_query.includes(clause))) return
  await client.command({
    query: `ALTER TABLE resource_events ${onCluster(target)} MODIFY TTL ${clauses.join(', ')}`,
    clickhouse_settings: { materialize_ttl_after_modify: 0 },
  })
}

function fill(statement: string, target: MigrationTarget): string {
  return statement
    .replaceAll('{{on_cluster}}', onCluster(target))
    .replaceAll('{{replicated}}', target.kind === 'cluster' ? 'Replicated' : '')
    .replaceAll('{{deduplication}}', deduplication(target))
}

function onCluster(target: MigrationTarget): string {
  return target.kind === 'cluster' ? `ON CLUSTER '${target.cluster}'` : ''
}

/** Refreshable views need Atomic; ClickHouse Cloud decides by itself. */
function databaseEngine(target: MigrationTarget): string {
  return target.kind === 'cloud' ? '' : 'ENGINE = Atomic'
}

function deduplication(target: MigrationTarget): string {
  if (target.kind === 'embedded') return `non_replicated_deduplication_window = ${DEDUPLICATION_BLOCKS}`
  return (
    `replicated_deduplication_window = ${DEDUPLICATION_BLOCKS}, ` +
    `replicated_deduplication_window_seconds = ${DEDUPLICATION_SECONDS}`
  )
}

function splitStatements(text: string): string[] {
  return text
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter(Boolean)
}

function editedAfterwards(version: string): MigrationError {
  return new MigrationError(
    `migration ${version} was applied to this database and edited afterwards. ` +
      'Restore the file and write the change as a new migration.',
  )
}

async function readRows<Row>(client: ClickHouseClient, query: string): Promise<Row[]> {
  const result = await client.query({ query, format: 'JSONEachRow' })
  return result.json<Row>()
}
