import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  accountRow,
  coverageRow,
  eventRow,
  loadRow,
  priceRow,
  type Row,
  relationshipRow,
  runRow,
} from './factories.ts'
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
  aws_pricing: priceRow(),
  cost_coverage: coverageRow(),
  resource_relationships: relationshipRow('constraint'),
  bulk_loads: { ...loadRow() },
  bulk_load_results: { load_id: loadRow().load_id, attempt: 1, status: 'loading', recorded_at: CREATED_AT },
  cost_line_items: {
    export_name: 'org',
    billing_period: '2026-02-01',
    aws_account_id: '111122223333',
    usage_start: CREATED_AT,
    charge_type: 'usage',
    usage_amount: 1,
    observed_at: CREATED_AT,
  },
  flow_log_objects: { object: 'a.log', format: 'text', loaded_at: new Date().toISOString() },
  flow_log_traffic: {
    hour: new Date().toISOString(),
    interface_id: 'eni-0a',
    log_status: 'OK',
    object: 'a.log',
    loaded_at: new Date().toISOString(),
  },
  flow_log_malformed_lines: {
    object: 'a.log',
    line_number: 2,
    reason: 'bytes is no number',
    loaded_at: new Date().toISOString(),
  },
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
  ['aws_pricing', 'rate_is_set', { rate_code: undefined }],
  ['aws_pricing', 'rate_is_set', { sku: undefined }],
  ['aws_pricing', 'service_is_set', { service_code: undefined }],
  ['aws_pricing', 'price_list_is_set', { price_list: undefined }],
  ['aws_pricing', 'term_is_known', { term: undefined }],
  ['aws_pricing', 'term_is_known', { term: 'Reserved' }],
  ['aws_pricing', 'price_is_of_a_unit', { currency: undefined }],
  ['aws_pricing', 'price_is_of_a_unit', { unit: undefined }],
  ['aws_pricing', 'price_is_finite', { price: 'nan' }],
  ['aws_pricing', 'price_is_finite', { price: -1 }],
  ['aws_pricing', 'range_is_finite', { begin_range: 'inf' }],
  ['aws_pricing', 'range_is_finite', { end_range: 'nan' }],
  ['aws_pricing', 'observed_at_is_set', { observed_at: undefined }],
  ['cost_coverage', 'collector_is_set', { collector: undefined }],
  ['cost_coverage', 'account_is_set', { aws_account_id: undefined }],
  ['cost_coverage', 'resource_type_is_set', { resource_type: undefined }],
  ['cost_coverage', 'event_time_is_set', { event_time: undefined }],
  ['cost_coverage', 'observed_at_is_set', { observed_at: undefined }],
  ['resource_relationships', 'collector_is_set', { collector: undefined }],
  ['resource_relationships', 'account_is_set', { aws_account_id: undefined }],
  ['resource_relationships', 'region_is_set', { aws_region: undefined }],
  ['resource_relationships', 'from_is_set', { from_type: undefined }],
  ['resource_relationships', 'from_is_set', { from_id: undefined }],
  ['resource_relationships', 'relation_is_set', { relation: undefined }],
  ['resource_relationships', 'to_is_set', { to_type: undefined }],
  ['resource_relationships', 'to_is_set', { to_id: undefined }],
  ['resource_relationships', 'first_seen_is_set', { first_seen: undefined }],
  ['resource_relationships', 'last_seen_is_not_earlier', { last_seen: undefined }],
  ['resource_relationships', 'last_seen_is_plausible', { last_seen: '2095-01-01T00:00:00.000Z' }],
  ['resource_relationships', 'observed_at_is_set', { observed_at: undefined }],
  ['bulk_loads', 'load_id_is_set', { load_id: undefined }],
  ['bulk_loads', 'kind_is_known', { kind: 'anything' }],
  ['bulk_loads', 'source_is_set', { source: undefined }],
  ['bulk_loads', 'target_is_set', { target: undefined }],
  ['bulk_loads', 'storage_is_known', { storage: 'http' }],
  ['bulk_loads', 'object_is_set', { bucket: undefined }],
  ['bulk_loads', 'object_is_set', { key: undefined }],
  ['bulk_loads', 'modified_at_is_set', { modified_at: undefined }],
  ['bulk_loads', 'observed_at_is_set', { observed_at: undefined }],
  ['bulk_load_results', 'load_id_is_set', { load_id: undefined }],
  ['bulk_load_results', 'status_is_known', { status: 'pending' }],
  ['bulk_load_results', 'recorded_at_is_set', { recorded_at: undefined }],
  ['cost_line_items', 'export_is_set', { export_name: undefined }],
  ['cost_line_items', 'period_is_a_month', { billing_period: undefined }],
  ['cost_line_items', 'period_is_a_month', { billing_period: '2026-02-02' }],
  ['cost_line_items', 'account_is_set', { aws_account_id: undefined }],
  ['cost_line_items', 'usage_start_is_set', { usage_start: undefined }],
  ['cost_line_items', 'charge_type_is_set', { charge_type: undefined }],
  ['cost_line_items', 'usage_amount_is_finite', { usage_amount: 'nan' }],
  ['cost_line_items', 'observed_at_is_set', { observed_at: undefined }],
  ['flow_log_objects', 'object_is_set', { object: undefined }],
  ['flow_log_objects', 'format_is_known', { format: 'csv' }],
  ['flow_log_objects', 'loaded_at_is_set', { loaded_at: undefined }],
  ['flow_log_traffic', 'hour_is_plausible', { hour: undefined }],
  ['flow_log_traffic', 'hour_is_plausible', { hour: '2095-01-01T00:00:00.000Z' }],
  ['flow_log_traffic', 'interface_is_set', { interface_id: undefined }],
  ['flow_log_traffic', 'log_status_is_known', { log_status: 'FINE' }],
  ['flow_log_traffic', 'object_is_set', { object: undefined }],
  ['flow_log_traffic', 'loaded_at_is_set', { loaded_at: undefined }],
  ['flow_log_malformed_lines', 'object_is_set', { object: undefined }],
  ['flow_log_malformed_lines', 'reason_is_set', { reason: undefined }],
  ['flow_log_malformed_lines', 'loaded_at_is_set', { loaded_at: undefined }],
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
  const [first = '', ...others] = Object.keys(row)
  await polo.clickhouse.insert({
    table,
    // Named, as the ingester does.
    columns: [first, ...others],
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
