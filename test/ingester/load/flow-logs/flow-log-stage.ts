import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BulkLoad, makeBulkLoad, PoloConfig } from '@polo/core'
import { createLoader, loadKinds } from '@polo/ingester'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { ASKED_AT, type Row } from '../../factories.ts'
import { type Pipeline, startPipeline } from '../../pipeline.ts'

const FIXTURES = fileURLToPath(new URL('../../../fixtures', import.meta.url))
const TIMING = { firstRetryMs: 60_000, longestRetryMs: 60_000, maxTries: 3, leaseMs: 60_000 }
const TABLES = [
  'flow_log_traffic',
  'flow_log_objects',
  'flow_log_malformed_lines',
  'resource_events',
] as const

/** A database and a directory of objects, both empty at the beginning of each test. */
export function useFlowLogs() {
  let polo: Pipeline
  let directory: string
  let requests = 0
  beforeAll(async () => {
    polo = await startPipeline()
    directory = await mkdtemp(join(tmpdir(), 'polo-flow-logs-'))
    // The samples are older than anything is kept.
    for (const table of ['resource_events', 'flow_log_traffic', 'flow_log_objects'])
      await polo.clickhouse.command({ query: `ALTER TABLE ${table} REMOVE TTL` })
  })
  afterAll(async () => {
    await polo?.stop()
    await rm(directory, { recursive: true, force: true })
  })
  beforeEach(async () => {
    for (const table of [...TABLES, 'network_interfaces', 'bulk_loads', 'bulk_load_results'])
      await polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` })
  })

  async function insert(table: string, rows: readonly object[]): Promise<void> {
    await polo.clickhouse.insert({
      table,
      values: rows,
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort', insert_deduplicate: 0 },
    })
  }

  async function ask(...keys: string[]): Promise<void> {
    await insert(
      'bulk_loads',
      keys.map((key) => requestOf(directory, key, `etag ${++requests}`)),
    )
  }

  /** Asks for the objects and lets the loader have them all at once; how it ended, by key. */
  async function load(...keys: string[]): Promise<Record<string, Row>> {
    await ask(...keys)
    const loader = createLoader({
      clickhouse: polo.clickhouse,
      target: { kind: 'embedded' },
      kinds: loadKinds(PoloConfig.parse({})),
      sources: { cur: [], flow_logs: [] },
      directories: [directory],
      name: 'test',
      timing: TIMING,
    })
    await loader.run()
    const rows = await polo.select(
      'SELECT key, status, rows, sums, details, error, elapsed_ms FROM bulk_load_status ORDER BY recorded_at',
    )
    return Object.fromEntries(rows.map(({ key, ...row }) => [String(key), row]))
  }

  return {
    ask,
    load,
    insert,
    /** What is needed to work here without `load`. */
    place: () => ({ clickhouse: polo.clickhouse, url: polo.url, database: polo.database, directory }),
    command: (query: string) => polo.clickhouse.command({ query }),
    select: (query: string) => polo.select(query),
    truncate: (table: string) => polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` }),
    /** Writes what a query yields into a Parquet object. */
    async writeParquet(key: string, query: string): Promise<string> {
      await polo.clickhouse.command({
        query: `INSERT INTO FUNCTION file('${join(directory, key)}', 'Parquet') ${query}`,
      })
      return key
    },
    async write(key: string, content: string | Uint8Array): Promise<string> {
      await mkdir(dirname(join(directory, key)), { recursive: true })
      await writeFile(join(directory, key), content)
      return key
    },
    async fixture(path: string): Promise<string> {
      const key = path.replaceAll('/', '-')
      await cp(join(FIXTURES, path), join(directory, key))
      return key
    },
    /** Of the newest load of each object. */
    traffic: (columns: string, rest = '') =>
      polo.select(
        `SELECT ${columns} FROM flow_log_traffic FINAL
         WHERE (object, loaded_at) IN (SELECT object, max(loaded_at) FROM flow_log_objects GROUP BY object) ${rest}`,
      ),
    events: (columns: string, rest = '') =>
      polo.select(`SELECT ${columns} FROM resource_events FINAL WHERE collector = 'flow_logs' ${rest}`),
  }
}

/** As `polo collect --path` asks. */
export function requestOf(directory: string, key: string, etag: string): BulkLoad {
  return makeBulkLoad({
    kind: 'flow_logs',
    source: 'by hand',
    target: `${directory}/${key}/${etag}`,
    storage: 'file',
    aws_account_id: '',
    bucket: directory,
    region: '',
    key,
    etag,
    bytes: 1,
    modified_at: '2026-03-01T10:00:00.000Z',
    observed_at: ASKED_AT,
  })
}
