// VPC flow logs into the database: the loader beside `INSERT … SELECT … FROM file()` of the same file into the same table.
//   node bench/flow-logs.ts [records] [rounds]
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ClickHouseClient } from '@clickhouse/client'
import { parseConfig, readFlowLogName } from '@polo/core'
import { connectClickHouse, createLoader, loadKinds, migrate } from '@polo/ingester'
import { startClickHouse } from '@polo/local'
import { textFormat } from '../packages/ingester/src/load/flow-logs/object-format.ts'
import { READ_SETTINGS } from '../packages/ingester/src/load/flow-logs/read-objects.ts'
import { recordSource } from '../packages/ingester/src/load/flow-logs/record-source.ts'
import { trafficSql } from '../packages/ingester/src/load/flow-logs/traffic-sql.ts'
import { requestFile } from './flow-log-request.ts'
import { inTurns, median, printTable, thousands } from './measure.ts'

const RECORDS = Number(process.argv[2] ?? 3_000_000)
const ROUNDS = Number(process.argv[3] ?? 3)
const TARGET = 0.8
const DATABASE = 'polo'
const CONFIG = parseConfig({})
const KEY = '123456789010_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20231114T2215Z_a1b2c3d4.log.gz'
const HEADER =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status'
/** Of 200 interfaces in four zones; half of the traffic stays within the VPC. */
const RECORD = `concat(
  '2 123456789010 eni-', lpad(hex(interface), 17, '0'), ' 10.0.', toString(interface % 4), '.', toString(interface), ' ',
  if(rand(1) % 2 = 0, concat('10.0.', toString(rand(2) % 4), '.', toString(rand(2) % 200)), IPv4NumToString(toUInt32(3405803776 + rand(3) % 65536))), ' ',
  toString(rand(4) % 65536), ' 443 6 ', toString(rand(5) % 1000 + 1), ' ', toString(rand(6) % 100000), ' ',
  toString(1700000000 + number % 600), ' ', toString(1700000060 + number % 600), if(rand(7) % 20 = 0, ' REJECT OK', ' ACCEPT OK'))`

interface Bench {
  readonly clickhouse: ClickHouseClient
  readonly directory: string
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1_000
}

async function writeLog({ clickhouse, directory }: Bench): Promise<void> {
  await clickhouse.command({
    query: `INSERT INTO FUNCTION file('${join(directory, KEY)}', 'LineAsString', 'line String')
      SELECT if(number = 0, '${HEADER}', ${RECORD}) FROM (SELECT number, rand(0) % 200 AS interface FROM numbers(${RECORDS + 1}))
      SETTINGS max_threads = 1`,
  })
}

async function knowInterfaces({ clickhouse }: Bench): Promise<void> {
  await clickhouse.command({
    query: `INSERT INTO network_interfaces (aws_region, interface_id, aws_account_id, vpc_id, az_id, addresses, observed_at)
      SELECT 'us-east-1', concat('eni-', lpad(hex(number), 17, '0')), '123456789010', 'vpc-1', concat('use1-az', toString(number % 4)),
        [toIPv6(concat('10.0.', toString(number % 4), '.', toString(number)))], now64(3) FROM numbers(200)`,
  })
}

/** The loader with all that it does besides: requests, leases, checks, counts, events. */
async function throughLoader({ clickhouse, directory }: Bench): Promise<number> {
  await clickhouse.insert({
    table: 'bulk_loads',
    values: [requestFile(directory, KEY)],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  const loader = createLoader({
    clickhouse,
    target: { kind: 'embedded' },
    kinds: loadKinds(CONFIG),
    sources: { cur: [], flow_logs: [] },
    directories: [directory],
    name: 'bench',
  })
  return await seconds(async () => {
    const summary = await loader.run()
    if (summary.loaded !== 1) throw new Error(`nothing was loaded: ${JSON.stringify(summary)}`)
  })
}

async function insertSelect({ clickhouse, directory }: Bench): Promise<number> {
  const path = join(directory, KEY)
  const format = textFormat(HEADER)
  const source = recordSource(format, (name, structure) => `file('${path}', '${name}', '${structure}')`)
  const { format: kind, ...name } = readFlowLogName(directory, KEY)
  const object = {
    ...name,
    key: KEY,
    location: path,
    path,
    source: '',
    kind,
    format,
    skipped: '',
    deliveredAt: new Date(),
  }
  const query = trafficSql({ source, target: 'flow_log_traffic', objects: [object] })
  return await seconds(() =>
    clickhouse.command({
      query,
      query_params: { header: HEADER, loaded_at: '2026-01-01 00:00:00.000' },
      clickhouse_settings: READ_SETTINGS,
    }),
  )
}

async function parseOnly({ clickhouse, directory }: Bench): Promise<number> {
  const query = `SELECT sum(length(splitByWhitespace(line))) FROM file('${join(directory, KEY)}', 'LineAsString', 'line String')`
  return await seconds(async () => (await clickhouse.query({ query })).text())
}

const directory = await mkdtemp(join(tmpdir(), 'polo-bench-'))
const server = await startClickHouse({ dataDir: join(directory, 'clickhouse') })
const connect = (database: string) => connectClickHouse({ url: server.url, database })
try {
  await migrate({
    connect,
    database: DATABASE,
    target: { kind: 'embedded' },
    directory: fileURLToPath(new URL('../schema', import.meta.url)),
    config: CONFIG,
  })
  const clickhouse = connect(DATABASE)
  const bench = { clickhouse, directory }
  await writeLog(bench)
  await knowInterfaces(bench)
  await parseOnly(bench)
  const times = await inTurns(
    {
      loader: () => throughLoader(bench),
      insert: () => insertSelect(bench),
      parse: () => parseOnly(bench),
    },
    ROUNDS,
  )
  const rate = (name: keyof typeof times) => RECORDS / median(times[name])
  const { size } = await stat(join(directory, KEY))
  printTable(`VPC flow logs, ${thousands(RECORDS)} records, ${thousands(size / 1e6)} MB compressed`, [
    ['the loader, records/s', thousands(rate('loader')), ''],
    ['INSERT SELECT FROM file of the same aggregation, records/s', thousands(rate('insert')), ''],
    ['the loader ÷ INSERT SELECT', (rate('loader') / rate('insert')).toFixed(2), `≥ ${TARGET}`],
    ['splitting the lines and nothing else, records/s', thousands(rate('parse')), ''],
  ])
  await clickhouse.close()
} finally {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
}
