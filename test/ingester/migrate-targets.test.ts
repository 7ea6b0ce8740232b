import { fileURLToPath } from 'node:url'
import { EVENT_TYPES, parseConfig, QUEUED_SCHEMAS } from '@polo/core'
import { expect, test } from 'vitest'
import { MIGRATIONS_TABLE } from '../../packages/ingester/src/migrate/migrate.ts'
import { readMigrations } from '../../packages/ingester/src/migrate/read-migrations.ts'
import {
  createDatabaseDdl,
  type MigrationTarget,
  renderDdl,
} from '../../packages/ingester/src/migrate/render-ddl.ts'
import { retentionDdls } from '../../packages/ingester/src/migrate/sync-retention.ts'

const EMBEDDED: MigrationTarget = { kind: 'embedded' }
const CLOUD: MigrationTarget = { kind: 'cloud' }
const CLUSTER: MigrationTarget = { kind: 'cluster', cluster: 'main' }
const RETENTION = parseConfig({}).retentionDays

const migrations = await readMigrations(fileURLToPath(new URL('../../schema', import.meta.url)))
const SCHEMA = [MIGRATIONS_TABLE, ...migrations.flatMap(({ statements }) => statements)]

/** Every statement that a migration may run. */
function statementsFor(target: MigrationTarget): string[] {
  return [
    createDatabaseDdl('polo', target),
    ...SCHEMA.map((statement) => renderDdl(statement, target)),
    ...retentionDdls({ retentionDays: RETENTION, target }),
  ]
}

function tablesFor(target: MigrationTarget): string[] {
  return statementsFor(target).filter((statement) => statement.includes('CREATE TABLE'))
}

test.each([EMBEDDED, CLOUD, CLUSTER])('fills in every placeholder for $kind', (target) => {
  expect(statementsFor(target).filter((statement) => /[{}]{2}/.test(statement))).toEqual([])
})

test.each([EMBEDDED, CLOUD, CLUSTER])('every statement for $kind may be repeated', (target) => {
  const repeatable =
    /^(CREATE (DATABASE|TABLE) IF NOT EXISTS|CREATE OR REPLACE VIEW|CREATE MATERIALIZED VIEW IF NOT EXISTS|ALTER TABLE \w+ (ON CLUSTER '\w+')?\s+(MODIFY TTL|ADD (CONSTRAINT|COLUMN) IF NOT EXISTS)) /
  expect(statementsFor(target).filter((statement) => !repeatable.test(statement))).toEqual([])
})

test('every statement for a cluster runs on the whole cluster', () => {
  const elsewhere = statementsFor(CLUSTER).filter((statement) => !statement.includes(" ON CLUSTER 'main'"))
  expect(elsewhere).toEqual([])
})

test.each([EMBEDDED, CLOUD])('no statement for $kind names a cluster', (target) => {
  expect(statementsFor(target).filter((statement) => /ON CLUSTER/.test(statement))).toEqual([])
})

test('every table of a cluster is replicated', () => {
  expect(tablesFor(CLUSTER).filter((table) => !/ENGINE = Replicated\w*MergeTree/.test(table))).toEqual([])
})

test.each([EMBEDDED, CLOUD])('no table of $kind names a replicated engine', (target) => {
  expect(tablesFor(target).filter((table) => /ENGINE = Replicated/.test(table))).toEqual([])
})

const [records = ''] = SCHEMA

test.each([
  [EMBEDDED, 'SETTINGS non_replicated_deduplication_window = 100000'],
  [
    CLOUD,
    'SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800',
  ],
  [
    CLUSTER,
    'SETTINGS replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 604800',
  ],
])('every table of $kind but its own record of migrations remembers blocks', (target, settings) => {
  const forgetful = tablesFor(target).filter((table) => !table.includes(settings))
  expect(forgetful).toEqual([renderDdl(records, target)])
})

test('every table that the ingester writes has its window pinned', () => {
  const pinned = SCHEMA.filter((statement) => statement.includes('SETTINGS {{deduplication}}'))
  for (const { table } of Object.values(QUEUED_SCHEMAS)) {
    expect(pinned.some((statement) => statement.includes(`IF NOT EXISTS ${table} `))).toBe(true)
  }
})

test.each([
  [EMBEDDED, 'CREATE DATABASE IF NOT EXISTS `polo`  ENGINE = Atomic'],
  [CLOUD, 'CREATE DATABASE IF NOT EXISTS `polo`  '],
  [CLUSTER, "CREATE DATABASE IF NOT EXISTS `polo` ON CLUSTER 'main' ENGINE = Atomic"],
])('makes the database of $kind', (target, statement) => {
  expect(createDatabaseDdl('polo', target)).toBe(statement)
})

test('a cluster name is data, whatever is in it', () => {
  const cluster = "a'b\\c$&{{replicated}}"
  expect(renderDdl('X {{on_cluster}}', { kind: 'cluster', cluster })).toBe(
    "X ON CLUSTER 'a\\'b\\\\c$&{{replicated}}'",
  )
})

test('the retention names every event type once', () => {
  const statement = retentionDdls({ retentionDays: RETENTION, target: EMBEDDED }).join('; ')
  for (const type of EVENT_TYPES) {
    expect(statement.split(`toIntervalDay(${RETENTION[type]}) WHERE event_type = '${type}'`)).toHaveLength(2)
  }
})
