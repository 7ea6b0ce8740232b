import type { ClickHouseClient } from '@clickhouse/client'
import { FORGED_COLLECTOR, NEIGHBOUR } from './mutant.ts'

/** Tables that messages may add rows to. */
const FED = ['resource_events', 'collector_runs', 'accounts_discovered']
/** What the ingester itself keeps account in. */
const OWN = 'ingest_'

/** What no message may change: which databases and tables there are, how they are made, and what others hold. */
export type Fixtures = string

export async function readFixtures(clickhouse: ClickHouseClient): Promise<Fixtures> {
  const databases = await read(clickhouse, 'SELECT name FROM system.databases ORDER BY name')
  const tables = await read<{ name: string; engine: string }>(
    clickhouse,
    `SELECT name, engine, create_table_query FROM system.tables WHERE database = currentDatabase()
     AND NOT startsWith(name, '.') ORDER BY name`,
  )
  const others = tables.filter(
    ({ name, engine }) => engine.endsWith('MergeTree') && !FED.includes(name) && !name.startsWith(OWN),
  )
  const counts = await Promise.all(
    others.map(({ name }) => read(clickhouse, `SELECT '${name}' AS name, count() AS rows FROM ${name}`)),
  )
  return JSON.stringify({ databases, tables, counts })
}

export interface ExpectedRows {
  readonly fixtures: Fixtures
  readonly neighbourRows: number
  /** Rows of `resource_event/1` that the ingester says it stored. */
  readonly eventRows: number
}

/** What is not as it should be after all messages; nothing when all is well. */
export async function checkTables(clickhouse: ClickHouseClient, expected: ExpectedRows): Promise<string[]> {
  const count = async (table: string, where: string, what = 'count()') => {
    const [row] = await read<{ n: number }>(
      clickhouse,
      `SELECT toUInt32(${what}) AS n FROM ${table} WHERE ${where}`,
    )
    return row?.n
  }
  const complaints: string[] = []
  const demand = (isTrue: boolean, complaint: string) => {
    if (!isTrue) complaints.push(complaint)
  }
  demand((await readFixtures(clickhouse)) === expected.fixtures, 'tables or what other tables hold changed')
  const isNeighbour = `resource_name = '${NEIGHBOUR}'`
  for (const what of ['count()', 'uniqExact(event_id)']) {
    const rows = await count('resource_events', isNeighbour, what)
    demand(
      rows === expected.neighbourRows,
      `${what} of neighbours is ${rows} where ${expected.neighbourRows} were sent`,
    )
  }
  const events = (await count('resource_events', '1')) ?? 0
  demand(events <= expected.eventRows, `${events} events where ${expected.eventRows} were said to be stored`)
  for (const [table, column] of [
    ['collector_runs', 'collector'],
    ['accounts_discovered', 'source'],
  ]) {
    const forged = await count(`${table}`, `${column} = '${FORGED_COLLECTOR}'`)
    demand(forged === 0, `${forged} forged rows in ${table}`)
  }
  for (const [table, where] of NONSENSE) {
    const rows = await count(table, where)
    demand(rows === 0, `${rows} rows of nonsense in ${table}`)
  }
  for (const [table, where] of CANARIES) {
    demand(((await count(`${table} FINAL`, where)) ?? 0) > 0, `the first row of ${table} is gone`)
  }
  return complaints
}

const NIL = "toUUID('00000000-0000-0000-0000-000000000000')"

const NONSENSE: readonly [string, string][] = [
  [
    'resource_events',
    `event_id = ${NIL} OR aws_account_id = '' OR collector = '' OR resource_type = '' OR resource_id = ''
     OR event_action = '' OR NOT isFinite(value) OR toYear(observed_at) < 2020 OR toYear(event_time) < 2006
     OR event_type NOT IN ('lifecycle', 'cost', 'metric', 'config', 'tag_change')`,
  ],
  ['collector_runs', `run_id = ${NIL} OR aws_account_id = '' OR collector = '' OR toYear(deadline) < 2020`],
  ['accounts_discovered', "aws_account_id = '' OR source = ''"],
]

const CANARIES: readonly [string, string][] = [
  ['resource_events', "resource_id = 'i-00000000000000000'"],
  ['collector_runs', "collector = 'config_ebs'"],
  ['accounts_discovered', "aws_account_id = '0'"],
]

async function read<Row>(clickhouse: ClickHouseClient, query: string): Promise<Row[]> {
  const result = await clickhouse.query({ query, format: 'JSONEachRow' })
  return await result.json<Row>()
}
