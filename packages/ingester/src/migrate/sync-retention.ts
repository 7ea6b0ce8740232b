import type { ClickHouseClient } from '@clickhouse/client'
import { EVENT_TYPES, type EventType, type PoloConfig } from '@polo/core'
import { readRows } from '../read-rows.ts'
import { type MigrationTarget, renderDdl } from './render-ddl.ts'

type RetentionDays = PoloConfig['retentionDays']

/** A table and the clauses of its TTL, written as ClickHouse writes them back. */
type Retention = readonly [table: string, clausesOf: (days: RetentionDays) => readonly string[]]

const EVENTS: Retention = [
  'resource_events',
  (days) =>
    EVENT_TYPES.map(
      (type) => `toDateTime(event_time) + toIntervalDay(${days[type]}) WHERE event_type = '${type}'`,
    ),
]
/** As long as the resources at their ends, from when they were last seen. */
const RELATIONSHIPS: Retention = [
  'resource_relationships',
  (days) => [`toDateTime(last_seen) + toIntervalDay(${days.config})`],
]
/** Longer than the events that are made of it, which an object that comes late is to be added to. */
const TRAFFIC_MARGIN_DAYS = 1
const TRAFFIC: Retention = [
  'flow_log_traffic',
  ({ metric }) => [`hour + toIntervalDay(${metric + TRAFFIC_MARGIN_DAYS})`],
]
const FLOW_LOG_OBJECTS: Retention = [
  'flow_log_objects',
  ({ metric }) => [`toDateTime(loaded_at) + toIntervalDay(${metric + TRAFFIC_MARGIN_DAYS})`],
]
/** Not shorter than the costs that it says are whole, which count by it. */
const COST_COVERAGE_MARGIN_DAYS = 1
const COST_COVERAGE: Retention = [
  'cost_coverage',
  ({ cost }) => [`toDateTime(event_time) + toIntervalDay(${cost + COST_COVERAGE_MARGIN_DAYS})`],
]
/**
 * By the period alone, so that all lines of a partition expire in the same moment: never a part of a month. Loads refuse
 * periods that have expired.
 */
const COST_LINE_ITEMS: Retention = [
  'cost_line_items',
  (days) => [`(billing_period + toIntervalMonth(1)) + toIntervalDay(${days.cost_line_items})`],
]
/** The events last, for their retention marks a database as configured. */
const RETENTIONS = [RELATIONSHIPS, TRAFFIC, FLOW_LOG_OBJECTS, COST_COVERAGE, COST_LINE_ITEMS, EVENTS]

interface TableState {
  readonly ddl: string
  readonly isEmpty: boolean
}

export interface RetentionOptions {
  readonly retentionDays: RetentionDays
  readonly target: MigrationTarget
  /** Only gives one to tables that have none and no rows: then no row can be deleted by it. */
  readonly onlyNew: boolean
}

/** Makes the tables keep their rows as long as the configuration says; does nothing where they do already. */
export async function syncRetention(client: ClickHouseClient, options: RetentionOptions): Promise<void> {
  for (const retention of RETENTIONS) {
    if (await isSettled(client, retention, options)) continue
    try {
      await client.command({ query: retentionDdl(retention, options) })
    } catch (error) {
      // Another process may have changed it at the same time, and replicas take one such change at a time.
      if (!(await isSettled(client, retention, options))) throw error
    }
  }
}

/** The statements that put the whole retention in force. */
export function retentionDdls(options: Omit<RetentionOptions, 'onlyNew'>): string[] {
  return RETENTIONS.map((retention) => retentionDdl(retention, options))
}

/** Whether the database was configured before. */
export async function hasRetention(client: ClickHouseClient): Promise<boolean> {
  return hasTtl(await readTable(client, EVENTS[0]))
}

/** Events of a type that the database deletes sooner than a configuration says. */
export interface ShorterRetention {
  readonly eventType: EventType
  readonly days: number
  readonly configuredDays: number
}

/** Reads what the database deletes sooner than this configuration says, as before `migrate` was told to reconfigure it. */
export async function readShorterRetention(
  client: ClickHouseClient,
  retentionDays: RetentionDays,
): Promise<ShorterRetention[]> {
  const kept = await readRetention(client)
  return EVENT_TYPES.flatMap((eventType) => {
    const days = kept[eventType]
    const configuredDays = retentionDays[eventType]
    return days !== undefined && days < configuredDays ? [{ eventType, days, configuredDays }] : []
  })
}

/** For how many days the database keeps what, by the names of the configuration; nothing of what it keeps for ever. */
export type KeptDays = Readonly<Partial<Record<keyof RetentionDays, number>>>

export async function readRetention(client: ClickHouseClient): Promise<KeptDays> {
  const { ddl } = await readTable(client, EVENTS[0])
  const lines = await readTable(client, COST_LINE_ITEMS[0])
  const days = [
    ...EVENT_TYPES.map((type) => [type, daysIn(ddl, `\\) WHERE event_type = '${type}'`)] as const),
    ['cost_line_items', daysIn(lines.ddl, '\\)')] as const,
  ]
  return Object.fromEntries(days.filter(([, found]) => found !== undefined))
}

function daysIn(ddl: string, end: string): number | undefined {
  const [, days] = new RegExp(`toIntervalDay\\((\\d+)${end}`).exec(ddl) ?? []
  return days === undefined ? undefined : Number(days)
}

function retentionDdl(
  [table, clausesOf]: Retention,
  { retentionDays, target }: Omit<RetentionOptions, 'onlyNew'>,
): string {
  const clauses = clausesOf(retentionDays).join(', ')
  return renderDdl(`ALTER TABLE ${table} {{on_cluster}} MODIFY TTL ${clauses}`, target)
}

async function isSettled(
  client: ClickHouseClient,
  [table, clausesOf]: Retention,
  { retentionDays, onlyNew }: RetentionOptions,
): Promise<boolean> {
  const state = await readTable(client, table)
  // Where not all migrations are there, as in a test of an older release.
  if (state.ddl === '') return true
  if (onlyNew && (hasTtl(state) || !state.isEmpty)) return true
  return clausesOf(retentionDays).every((clause) => state.ddl.includes(clause))
}

function hasTtl({ ddl }: TableState): boolean {
  return /\bTTL\b/.test(ddl)
}

async function readTable(client: ClickHouseClient, name: string): Promise<TableState> {
  const [table] = await readRows<{ ddl: string; is_empty: number }>(
    client,
    `SELECT create_table_query AS ddl, ifNull(total_rows, 1) = 0 AS is_empty
     FROM system.tables WHERE database = currentDatabase() AND name = '${name}'`,
  )
  return { ddl: table?.ddl ?? '', isEmpty: table?.is_empty === 1 }
}
