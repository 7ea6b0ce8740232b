import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountRow, eventRow, type Row, runRow } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const CREATED_AT = '2026-03-01T10:00:05.000Z'
const NIL = '00000000-0000-0000-0000-000000000000'
const EPOCH = '1970-01-01T00:00:00.000Z'

const ROWS: Record<string, Row> = {
  resource_events: eventRow('constraint'),
  collector_runs: runRow(),
  ingest_ledger: {
    root_block_id: 'a'.repeat(64),
    entry: 'block',
    row: 0,
    rows: 1,
    outcome: 'stored',
    rank: 2,
    schema: 'resource_event/1',
    collector: 'config_ebs',
    run_id: '',
    block_id: 'a'.repeat(64),
    reason: '',
    code: 0,
    message: '',
    created_at: CREATED_AT,
    recorded_at: CREATED_AT,
  },
  ingest_canary: { probe_id: '5f2b6c1e-8d2f-4b58-9d06-0a4b3c2d1e0f', probed_at: new Date().toISOString() },
  ingest_attempts: {
    body_hash: 'a'.repeat(64),
    attempt_id: randomUUID(),
    ended: 0,
    recorded_at: new Date().toISOString(),
  },
  accounts_discovered: accountRow(),
  accounts_settings: { aws_account_id: '111122223333', polo_status: 'paused', updated_at: CREATED_AT },
  hierarchy_nodes: { node_id: 'account:1', node_type: 'account', is_deleted: 0, observed_at: CREATED_AT },
}

/** What breaks each constraint; a value of undefined leaves the column out. */
const NONSENSE: [table: string, constraint: string, broken: Row][] = [
  ['resource_events', 'event_id_is_set', { event_id: undefined }],
  ['resource_events', 'event_id_is_set', { event_id: NIL }],
  ['resource_events', 'event_time_is_set', { event_time: undefined }],
  ['resource_events', 'event_time_is_set', { event_time: EPOCH }],
  ['resource_events', 'event_time_is_plausible', { event_time: '2095-01-01T00:00:00.000Z' }],
  ['resource_events', 'collector_is_set', { collector: undefined }],
  ['resource_events', 'account_is_set', { aws_account_id: undefined }],
  ['resource_events', 'resource_is_set', { resource_type: undefined }],
  ['resource_events', 'resource_is_set', { resource_id: undefined }],
  ['resource_events', 'event_type_is_known', { event_type: undefined }],
  ['resource_events', 'event_type_is_known', { event_type: 'Config' }],
  ['resource_events', 'event_action_is_set', { event_action: undefined }],
  ['resource_events', 'value_is_finite', { value: 'nan' }],
  ['resource_events', 'value_is_finite', { value: '-inf' }],
  ['resource_events', 'observed_at_is_set', { observed_at: undefined }],
  ['collector_runs', 'run_id_is_set', { run_id: undefined }],
  ['collector_runs', 'collector_is_set', { collector: undefined }],
  ['collector_runs', 'account_is_set', { aws_account_id: undefined }],
  ['collector_runs', 'slot_is_set', { slot: undefined }],
  ['collector_runs', 'deadline_is_set', { deadline: undefined }],
  ['collector_runs', 'status_is_known', { status: undefined }],
  ['collector_runs', 'status_is_known', { status: 'fine' }],
  ['collector_runs', 'blocks_are_paired', { block_rows: [1, 2] }],
  ['collector_runs', 'blocks_are_paired', { block_ids: undefined }],
  ['collector_runs', 'api_cost_is_finite', { api_cost_usd: 'nan' }],
  ['collector_runs', 'observed_at_is_set', { observed_at: undefined }],
  ['ingest_canary', 'probe_id_is_set', { probe_id: undefined }],
  ['ingest_canary', 'probed_at_is_set', { probed_at: undefined }],
  ['ingest_attempts', 'body_hash_is_set', { body_hash: undefined }],
  ['ingest_attempts', 'attempt_id_is_set', { attempt_id: undefined }],
  ['ingest_attempts', 'recorded_at_is_set', { recorded_at: undefined }],
  ['ingest_ledger', 'root_block_id_is_set', { root_block_id: undefined }],
  ['ingest_ledger', 'entry_is_known', { entry: undefined }],
  ['ingest_ledger', 'outcome_is_known', { outcome: undefined }],
  ['ingest_ledger', 'outcome_is_known', { outcome: 'dead' }],
  ['ingest_ledger', 'rows_are_set', { rows: undefined }],
  ['ingest_ledger', 'created_at_is_set', { created_at: undefined }],
  ['accounts_discovered', 'account_is_set', { aws_account_id: undefined }],
  ['accounts_discovered', 'source_is_set', { source: undefined }],
  ['accounts_discovered', 'observed_at_is_set', { observed_at: undefined }],
  ['accounts_settings', 'account_is_set', { aws_account_id: undefined }],
  ['accounts_settings', 'polo_status_is_known', { polo_status: 'gone' }],
  ['accounts_settings', 'updated_at_is_set', { updated_at: undefined }],
  ['hierarchy_nodes', 'node_id_is_set', { node_id: undefined }],
  ['hierarchy_nodes', 'node_type_is_set', { node_type: undefined }],
  ['hierarchy_nodes', 'observed_at_is_set', { observed_at: undefined }],
]

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

async function insert(table: string, row: Row): Promise<void> {
  await polo.clickhouse.insert({
    table,
    values: [row],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
}

test.each(Object.entries(ROWS))('%s takes a row that breaks nothing', async (table, row) => {
  await insert(table, row)
  expect(await polo.select(`SELECT count() > 0 AS stored FROM ${table}`)).toEqual([{ stored: 1 }])
})

test.each(NONSENSE)('%s: %s refuses %j', async (table, constraint, broken) => {
  await expect(insert(table, { ...ROWS[table], ...broken })).rejects.toMatchObject({
    code: '469',
    message: expect.stringContaining(`\`${constraint}\``),
  })
})

test('a row breaks every constraint that there is', async () => {
  const tables = await polo.select(
    `SELECT name, extractAll(create_table_query, 'CONSTRAINT (\\\\w+) CHECK') AS constraints
     FROM system.tables WHERE database = '${polo.database}'`,
  )
  const declared = tables.flatMap(({ name, constraints }) =>
    Array.isArray(constraints) ? constraints.map((constraint) => `${name}.${constraint}`) : [],
  )
  const tested = NONSENSE.map(([table, constraint]) => `${table}.${constraint}`)
  expect(new Set(tested)).toEqual(new Set(declared))
})
