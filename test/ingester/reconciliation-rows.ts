import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { type Row, runRow } from './factories.ts'
import type { Pipeline } from './pipeline.ts'

/** A name for a block; the ledger takes any. */
export function blockId(): string {
  return randomUUID().replaceAll('-', '').repeat(2)
}

export interface PublishedBlock {
  readonly id: string
  readonly rows: number
}

/** A row of `collector_runs` for an attempt that published these blocks; its deadline is an hour away. */
export function finalRecord(blocks: readonly PublishedBlock[], overrides: Row = {}): Row {
  return runRow({
    slot: uniqueSlot(),
    deadline: inMinutes(60),
    block_ids: blocks.map(({ id }) => id),
    block_rows: blocks.map(({ rows }) => rows),
    events: blocks.reduce((sum, { rows }) => sum + rows, 0),
    ...overrides,
  })
}

/** A row of `collector_runs` for a job that was handed out. */
export function dispatched(overrides: Row = {}): Row {
  const nothing = { events: 0, region_outcomes: {}, region_events: {}, api_calls: {} }
  return finalRecord([], { status: 'dispatched', finished_at: null, ...nothing, ...overrides })
}

export function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString()
}

let slots = 0
/** So that no two records are of the same job, unless they are told. */
export function uniqueSlot(): string {
  return new Date(Date.UTC(2026, 2, 1) + ++slots * 60_000).toISOString()
}

type Outcome = 'stored' | 'dead'

/** What the ingester writes of a whole block. */
export function blockEntry({ id, rows }: PublishedBlock, outcome: Outcome): Row {
  return entry({ root_block_id: id, entry: 'block', row: 0, rows }, outcome)
}

/** What the ingester writes of one row of a block. */
export function rowEntry({ id }: PublishedBlock, row: number, outcome: Outcome): Row {
  return entry({ root_block_id: id, entry: 'row', row, rows: 1 }, outcome)
}

function entry(which: Row, outcome: Outcome): Row {
  return {
    ...which,
    outcome,
    rank: outcome === 'stored' ? 2 : 1,
    schema: 'resource_event/1',
    collector: 'config_ebs',
    run_id: '',
    block_id: which.root_block_id,
    reason: outcome === 'dead' ? 'rejected_rows' : '',
    code: 0,
    message: '',
    created_at: '2026-03-01T10:00:05.000Z',
    recorded_at: new Date().toISOString(),
  }
}

export async function insertRows(
  clickhouse: ClickHouseClient,
  table: 'collector_runs' | 'ingest_ledger',
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return
  await clickhouse.insert({
    table,
    values: rows,
    format: 'JSONEachRow',
    // Without it an insert of rows that were inserted before would be dropped as a whole.
    clickhouse_settings: { date_time_input_format: 'best_effort', insert_deduplicate: 0 },
  })
}

/** What inserts the records of runs, and entries of the ledger. */
export function recordsIn(stage: { readonly polo: Pipeline }) {
  return {
    recordRuns: (...rows: Row[]) => insertRows(stage.polo.clickhouse, 'collector_runs', rows),
    recordEntries: (...rows: Row[]) => insertRows(stage.polo.clickhouse, 'ingest_ledger', rows),
  }
}
