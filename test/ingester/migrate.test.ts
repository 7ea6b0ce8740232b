import { readdirSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseConfig, QUEUED_SCHEMAS } from '@polo/core'
import { connectClickHouse, type MigrateOptions, MigrationError, migrate } from '@polo/ingester'
import { startClickHouse } from '@polo/local'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

const SCHEMA = fileURLToPath(new URL('../../schema', import.meta.url))
const FILES = readdirSync(SCHEMA)
  .filter((file) => file.endsWith('.sql'))
  .sort()
const VERSIONS = FILES.map((file) => file.slice(0, 4))
const LATEST = VERSIONS.at(-1) ?? ''
const NEXT = numbered(VERSIONS.length + 1)

let root: string
let server: Awaited<ReturnType<typeof startClickHouse>>
let databases = 0
/** A database and a copy of the schema of each test's own. */
let database: string
let directory: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'polo-migrate-'))
  server = await startClickHouse({ dataDir: join(root, 'clickhouse') })
})
afterAll(async () => {
  await server?.stop()
  await rm(root, { recursive: true, force: true })
})
beforeEach(async () => {
  database = `polo_${++databases}`
  directory = join(root, database)
  await cp(SCHEMA, directory, { recursive: true })
})

function migrateHere(overrides: Partial<MigrateOptions> = {}) {
  return migrate({
    connect: (name) => connectClickHouse({ url: server.url, database: name }),
    database,
    target: { kind: 'embedded' },
    directory,
    config: parseConfig({}),
    ...overrides,
  })
}

async function select(query: string): Promise<Record<string, unknown>[]> {
  const client = connectClickHouse({ url: server.url, database })
  try {
    const result = await client.query({ query, format: 'JSONEachRow' })
    return await result.json<Record<string, unknown>>()
  } finally {
    await client.close()
  }
}

async function run(query: string): Promise<void> {
  const client = connectClickHouse({ url: server.url, database })
  try {
    await client.command({ query })
  } finally {
    await client.close()
  }
}

async function ddlOf(table: string): Promise<string> {
  const [row] = await select(
    `SELECT create_table_query AS ddl FROM system.tables WHERE database = '${database}' AND name = '${table}'`,
  )
  return String(row?.ddl)
}

test('makes the whole schema from nothing', async () => {
  expect(await migrateHere()).toEqual({ applied: VERSIONS, version: LATEST, retention: {} })
  const tables = await select(
    `SELECT name FROM system.tables WHERE database = '${database}' AND NOT startsWith(name, '.') ORDER BY name`,
  )
  const ddl = FILES.map((file) => readFileSync(join(SCHEMA, file), 'utf8')).join('')
  const names = [
    ...ddl.matchAll(
      /^CREATE (?:TABLE IF NOT EXISTS|OR REPLACE VIEW|MATERIALIZED VIEW IF NOT EXISTS) (\w+)/gm,
    ),
  ].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(VERSIONS.length)
  expect(tables.map(({ name }) => name)).toEqual([...new Set([...names, 'schema_migrations'])].sort())
})

test('applies nothing the second time', async () => {
  await migrateHere()
  expect(await migrateHere()).toEqual({ applied: [], version: LATEST, retention: {} })
})

test('two processes may migrate the same database at once', async () => {
  const results = await Promise.all([migrateHere(), migrateHere(), migrateHere()])
  expect(results.map(({ version }) => version)).toEqual([LATEST, LATEST, LATEST])
  expect(await select('SELECT version FROM schema_migrations FINAL ORDER BY version')).toEqual(
    VERSIONS.map((version) => ({ version })),
  )
  expect(await migrateHere()).toMatchObject({ applied: [] })
})

test('applies a migration that is new, and only that', async () => {
  await migrateHere()
  await writeFile(
    join(directory, `${NEXT}_more.sql`),
    'CREATE TABLE IF NOT EXISTS more (n UInt8) ENGINE = Memory;\n',
  )
  expect(await migrateHere()).toEqual({ applied: [NEXT], version: NEXT, retention: {} })
})

test('a migration that failed half-way is not recorded and is applied again from its beginning', async () => {
  const file = join(directory, `${NEXT}_more.sql`)
  const first = 'CREATE TABLE IF NOT EXISTS more (n UInt8) ENGINE = Memory;\n'
  await writeFile(file, `${first}CREATE TABLE less (n NoSuchType) ENGINE = Memory;\n`)
  const failing = migrateHere()
  await expect(failing).rejects.toThrow(MigrationError)
  await expect(failing).rejects.toThrow(new RegExp(`migration ${NEXT} failed: .*NoSuchType`))
  expect(await select('SELECT count() AS n FROM more')).toEqual([{ n: 0 }])
  await writeFile(file, `${first}CREATE TABLE less (n UInt8) ENGINE = Memory;\n`)
  expect(await migrateHere()).toEqual({ applied: [NEXT], version: NEXT, retention: {} })
})

test('takes up a schema whose first tables another process made and did not record', async () => {
  await migrateHere()
  await run('TRUNCATE TABLE schema_migrations')
  expect(await migrateHere()).toEqual({ applied: VERSIONS, version: LATEST, retention: {} })
})

test('refuses a file that was edited after it was applied, and says what to do', async () => {
  await migrateHere()
  await writeFile(join(directory, '0005_hierarchy_nodes.sql'), 'SELECT 1;\n')
  await expect(migrateHere()).rejects.toThrow(
    'migration 0005 was applied to this database and edited afterwards. Restore the file',
  )
})

test('line ends do not make a file another one', async () => {
  await writeFile(join(directory, `${NEXT}_more.sql`), 'SELECT 1;\nSELECT 2;\n')
  await migrateHere()
  await writeFile(join(directory, `${NEXT}_more.sql`), 'SELECT 1;\r\nSELECT 2;\r\n')
  expect(await migrateHere()).toMatchObject({ applied: [] })
})

test('a release with fewer migrations than the database has leaves them alone', async () => {
  await writeFile(join(directory, `${NEXT}_more.sql`), 'SELECT 1;\n')
  await migrateHere()
  expect(await migrateHere({ directory: SCHEMA })).toEqual({ applied: [], version: NEXT, retention: {} })
})

test('refuses a gap in the numbers', async () => {
  await rename(join(directory, FILES.at(-1) ?? ''), join(directory, `${NEXT}_later.sql`))
  await expect(migrateHere()).rejects.toThrow(
    new MigrationError(`there is no migration ${LATEST} before ${NEXT}`),
  )
})

test('refuses two files with one number', async () => {
  await writeFile(join(directory, `${LATEST}_again.sql`), 'SELECT 1;\n')
  await expect(migrateHere()).rejects.toThrow(new MigrationError(`two migrations have the number ${LATEST}`))
})

test('refuses a file whose name has no number', async () => {
  await writeFile(join(directory, 'more.sql'), 'SELECT 1;\n')
  await expect(migrateHere()).rejects.toThrow('more.sql is not named NNNN_lower_case.sql')
})

test('refuses a directory without migrations', async () => {
  await expect(migrateHere({ directory: root })).rejects.toThrow('there are no migrations in')
})

test('changes nothing when a later file has a placeholder that does not exist', async () => {
  await writeFile(join(directory, `${NEXT}_more.sql`), 'SELECT {{on_clutser}};\n')
  await expect(migrateHere()).rejects.toThrow(
    `migration ${NEXT} failed: there is no placeholder {{on_clutser}}`,
  )
  await expect(select('SELECT * FROM schema_migrations')).rejects.toThrow()
})

test('refuses a server that is too old', async () => {
  const old = createServer((_, response) => response.end('{"version":"25.1.3.7"}\n'))
  await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = old.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const connect = (name: string) => connectClickHouse({ url: `http://127.0.0.1:${port}`, database: name })
  try {
    await expect(migrateHere({ connect })).rejects.toThrow(
      new MigrationError('ClickHouse 25.1.3.7 is too old: Polo needs 26.4 or newer. Upgrade the server.'),
    )
  } finally {
    old.close()
  }
})

test('a database name may hold any character', async () => {
  database = 'polo`s "own"'
  expect(await migrateHere()).toMatchObject({ version: LATEST })
})

test('keeps each event type as long as the configuration says', async () => {
  await migrateHere({ config: parseConfig({ retentionDays: { metric: 7 } }) })
  const ddl = await ddlOf('resource_events')
  expect(ddl).toContain("toIntervalDay(7) WHERE event_type = 'metric'")
  expect(ddl).toContain("toIntervalDay(1200) WHERE event_type = 'cost'")
})

test('keeps traffic longer than the metrics that are made of it', async () => {
  await migrateHere({ config: parseConfig({ retentionDays: { metric: 7 } }) })
  expect(await ddlOf('flow_log_traffic')).toContain('TTL hour + toIntervalDay(8)')
  expect(await ddlOf('flow_log_objects')).toContain('TTL toDateTime(loaded_at) + toIntervalDay(8)')
})

test('keeps what says that a day of costs is whole longer than the costs', async () => {
  await migrateHere({ config: parseConfig({ retentionDays: { cost: 90 } }) })
  expect(await ddlOf('cost_coverage')).toContain('TTL toDateTime(event_time) + toIntervalDay(91)')
})

test('drops billing periods whole, as long after their end as the configuration says', async () => {
  await migrateHere()
  expect(await ddlOf('cost_line_items')).toContain(
    'TTL (billing_period + toIntervalMonth(1)) + toIntervalDay(1200)',
  )
  expect(await ddlOf('cost_line_items')).toContain('ttl_only_drop_parts = 1')
  const months = (column: string) =>
    select(
      `SELECT dateDiff('month', billing_period, today()) AS ago, ${column} FROM cost_line_items GROUP BY 1 ORDER BY 1`,
    )
  // Several parts in each period, as inserts leave them.
  await run('SYSTEM STOP MERGES cost_line_items')
  for (const part of [1, 2, 3]) {
    await run(`INSERT INTO cost_line_items (export_name, billing_period, aws_account_id, usage_start, charge_type, observed_at)
      SELECT 'org', toStartOfMonth(today()) - toIntervalMonth(arrayJoin([0, 1, 4, 5])) AS period, '1', period + toIntervalDay(${part}), 'usage', now()`)
  }
  expect(await months('count() AS lines')).toHaveLength(4)
  await run('SYSTEM START MERGES cost_line_items')
  await migrateHere({ config: parseConfig({ retentionDays: { cost_line_items: 62 } }), reconfigure: true })
  await expect
    .poll(() => months('count() AS lines'))
    .toEqual([
      { ago: 0, lines: 3 },
      { ago: 1, lines: 3 },
    ])
})

test('fills the hierarchy from the configuration', async () => {
  await migrateHere({ config: parseConfig({ accounts: { '111122223333': { role: 'production' } } }) })
  expect(await select('SELECT node_id FROM hierarchy_nodes FINAL ORDER BY node_id')).toEqual([
    { node_id: 'account:111122223333' },
    { node_id: 'account_role:production' },
    { node_id: 'organization' },
  ])
})

test('leaves retention and hierarchy of a configured database alone unless told to reconfigure it', async () => {
  const accounts = { '111122223333': { role: 'production' } }
  await migrateHere({ config: parseConfig({ retentionDays: { config: 3_000 }, accounts }) })
  await migrateHere({ config: parseConfig({}) })
  expect(await ddlOf('resource_events')).toContain("toIntervalDay(3000) WHERE event_type = 'config'")
  expect(await select('SELECT count() AS nodes FROM hierarchy_nodes FINAL')).toEqual([{ nodes: 3 }])
})

test('a retention that was changed takes effect on what is stored', async () => {
  await migrateHere()
  await run(`INSERT INTO resource_events (event_id, event_time, collector, aws_account_id, resource_type, resource_id,
    event_type, event_action, observed_at) SELECT generateUUIDv4(), now() - INTERVAL 10 DAY, 'c', 'a', 't', 'r',
    arrayJoin(['metric', 'cost']), 'observed', now()`)
  await migrateHere({ config: parseConfig({ retentionDays: { metric: 7 } }), reconfigure: true })
  await expect.poll(() => select('SELECT event_type FROM resource_events')).toEqual([{ event_type: 'cost' }])
})

test('relationships are kept as long as the configuration of resources, from when they were last seen', async () => {
  await migrateHere()
  await run(`INSERT INTO resource_relationships (collector, aws_account_id, aws_region, from_type, from_id, relation, to_type,
    to_id, properties, first_seen, last_seen, observed_at) SELECT 'c', 'a', 'r', 't', edge.1, 'attaches', 't', 'vol', map(),
    now() - INTERVAL 30 DAY, now() - toIntervalDay(edge.2), now()
    FROM (SELECT arrayJoin([('gone', 10), ('there', 1)]) AS edge)`)
  await migrateHere({ config: parseConfig({ retentionDays: { config: 7 } }), reconfigure: true })
  await expect
    .poll(() => select('SELECT from_id FROM resource_relationships'))
    .toEqual([{ from_id: 'there' }])
})

test('a table that a configured database gets later has a retention, the others keep theirs', async () => {
  const later = FILES.slice(FILES.findIndex((file) => file.endsWith('_resource_relationships.sql')))
  for (const file of later) await rm(join(directory, file))
  await migrateHere({ config: parseConfig({ retentionDays: { config: 3_000 } }) })
  for (const file of later) await cp(join(SCHEMA, file), join(directory, file))
  await migrateHere({ config: parseConfig({ retentionDays: { config: 9 } }) })

  expect(await ddlOf('resource_events')).toContain("toIntervalDay(3000) WHERE event_type = 'config'")
  expect(await ddlOf('resource_relationships')).toContain('TTL toDateTime(last_seen) + toIntervalDay(9)')
})

test('says what is kept for another time than before', async () => {
  expect(await migrateHere()).toMatchObject({ retention: {} })
  const config = parseConfig({ retentionDays: { config: 30, cost_line_items: 1300 } })
  expect(await migrateHere({ config })).toMatchObject({ retention: {} })
  const { retention } = await migrateHere({ config, reconfigure: true })
  expect(retention).toEqual({
    config: { days: 30, previous_days: 800 },
    cost_line_items: { days: 1300, previous_days: 1200 },
  })
  expect(await migrateHere({ config, reconfigure: true })).toMatchObject({ retention: {} })
})

test('a table that has rows gets no retention unless told to reconfigure', async () => {
  await migrateHere()
  await run('ALTER TABLE resource_relationships REMOVE TTL')
  await run(`INSERT INTO resource_relationships (collector, aws_account_id, aws_region, from_type, from_id, relation, to_type,
    to_id, properties, first_seen, last_seen, observed_at) VALUES ('c', 'a', 'r', 't', 'i', 'attaches', 't', 'vol', map(),
    now(), now(), now())`)
  await migrateHere()
  expect(await ddlOf('resource_relationships')).not.toContain(' TTL ')
  await migrateHere({ reconfigure: true })
  expect(await ddlOf('resource_relationships')).toContain('TTL toDateTime(last_seen) + toIntervalDay(800)')
})

test('a retention that did not change is not applied again', async () => {
  await migrateHere()
  const queries: string[] = []
  const connect = (name: string) => {
    const client = connectClickHouse({ url: server.url, database: name })
    const command = client.command.bind(client)
    client.command = (params) => {
      queries.push(params.query)
      return command(params)
    }
    return client
  }
  await migrateHere({ connect, reconfigure: true })
  expect(queries.filter((query) => query.includes('TTL'))).toEqual([])
  await migrateHere({ connect, config: parseConfig({ retentionDays: { lifecycle: 9 } }), reconfigure: true })
  expect(queries.filter((query) => query.includes('TTL'))).toHaveLength(1)
})

test.each(Object.values(QUEUED_SCHEMAS))(
  '$name names the columns of $table, in order',
  async ({ table, columns }) => {
    await migrateHere()
    expect(
      await select(
        // Not what the table makes of them, and how it merges them.
        `SELECT name, replaceRegexpOne(type, '^SimpleAggregateFunction\\\\(\\\\w+, (.*)\\\\)$', '\\\\1') AS type FROM system.columns
         WHERE database = '${database}' AND table = '${table}' AND default_kind != 'DEFAULT' ORDER BY position`,
      ),
    ).toEqual(columns)
  },
)

test('drops a block that is inserted again, in every table that the ingester writes', async () => {
  await migrateHere()
  const tables = await select(
    `SELECT name FROM system.tables WHERE database = '${database}' AND engine LIKE '%MergeTree'
     AND NOT create_table_query LIKE '%non_replicated_deduplication_window = 100000%'`,
  )
  expect(tables).toEqual([{ name: 'schema_migrations' }])
  for (const n of [1, 2]) {
    await run(`INSERT INTO accounts_discovered (aws_account_id, source, observed_at)
      SETTINGS insert_deduplication_token = 'same' VALUES ('account ${n}', 'caller', now())`)
  }
  expect(await select('SELECT aws_account_id AS id FROM accounts_discovered')).toEqual([{ id: 'account 1' }])
})

function numbered(version: number): string {
  return String(version).padStart(4, '0')
}
