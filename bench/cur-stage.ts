import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBulkLoad, PoloConfig } from '@polo/core'
import {
  connectClickHouse,
  createLoader,
  type LoadReport,
  loadKinds,
  loadSources,
  migrate,
  readLoads,
} from '@polo/ingester'
import { schemaDirectory, startClickHouse } from '@polo/local'
import { type CurSample, MANIFEST, PERIOD, writeCurSample } from './cur-sample.ts'

const HOUR_MS = 3_600_000

/** A database of its own, and a directory beside it of which a large export is made and loaded. */
export async function startCurStage() {
  const directory = await mkdtemp(join(tmpdir(), 'polo-cur-stage-'))
  const server = await startClickHouse({ dataDir: join(directory, 'clickhouse') })
  const connect = (database: string) =>
    connectClickHouse({ url: server.url, database, requestTimeoutMs: HOUR_MS })
  const clickhouse = connect('polo')
  // The sample does not grow younger.
  const config = PoloConfig.parse({ retentionDays: { cost_line_items: 36_500 } })
  await migrate({
    connect,
    database: 'polo',
    target: { kind: 'embedded' },
    directory: schemaDirectory,
    config,
  })
  const loader = createLoader({
    clickhouse,
    target: { kind: 'embedded' },
    kinds: loadKinds(config),
    sources: loadSources(config),
    directories: [directory],
    name: 'stage',
  })

  /** Writes what is to be delivered next. */
  async function deliver(sample: Omit<CurSample, 'directory'>): Promise<void> {
    await writeCurSample(clickhouse, { directory, ...sample })
  }

  /** Asks for what was delivered and loads it; resolves to how that ended. */
  async function load(): Promise<LoadReport> {
    const now = new Date().toISOString()
    const request = makeBulkLoad({
      kind: 'cur',
      source: 'org',
      target: `org/${PERIOD}`,
      storage: 'file',
      aws_account_id: '',
      bucket: directory,
      region: '',
      key: MANIFEST,
      etag: now,
      bytes: 0,
      modified_at: now,
      observed_at: now,
    })
    await clickhouse.insert({
      table: 'bulk_loads',
      values: [request],
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
    await loader.run()
    const [report] = await readLoads(clickhouse, { ids: [request.load_id] })
    if (!report) throw new Error('the request is not stored')
    return report
  }

  async function select<Row>(query: string): Promise<Row> {
    const result = await clickhouse.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
    const [row] = await result.json<Row>()
    if (!row) throw new Error('a query has no row')
    return row
  }

  async function stop(): Promise<void> {
    await clickhouse.close()
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }

  return { clickhouse, config, deliver, directory, load, select, serverPid: server.pid, stop }
}
