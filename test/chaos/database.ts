import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { connectClickHouse, migrate } from '@polo/ingester'
import { schemaDirectory } from '@polo/local'
import { KEEPING_SAMPLES } from '../ingester/factories.ts'

/** The database of one schedule, reached directly, not through a proxy. */
export interface TestDatabase {
  select(query: string): Promise<Record<string, unknown>[]>
  insert(table: string, rows: readonly object[]): Promise<void>
  drop(): Promise<void>
}

export const ROLL_UP = 'rows_by_type'

/** Merges would hide rows that are stored twice. */
const NO_MERGES = 'ALTER TABLE resource_events MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1'

/** Counts rows as they come in, once for each insert that is not dropped as a redelivery. */
const ROLL_UP_DDL = [
  `CREATE TABLE ${ROLL_UP} (resource_type LowCardinality(String), rows UInt64)
   ENGINE = SummingMergeTree ORDER BY resource_type
   SETTINGS non_replicated_deduplication_window = 100000`,
  `CREATE MATERIALIZED VIEW ${ROLL_UP}_view TO ${ROLL_UP} AS
   SELECT resource_type, count() AS rows FROM resource_events GROUP BY resource_type`,
]

/** Makes a database with Polo's tables and a roll-up of the events. */
export async function createDatabase(url: () => string, database: string): Promise<TestDatabase> {
  const connect = (name: string) => connectClickHouse({ url: url(), database: name })
  await migrate({
    connect,
    database,
    target: { kind: 'embedded' },
    directory: schemaDirectory,
    config: KEEPING_SAMPLES,
  })
  // A client for each use: the server may have been killed since.
  const use = async <Result>(work: (client: ClickHouseClient) => Promise<Result>): Promise<Result> => {
    const client = createClient({ url: url(), database, keep_alive: { enabled: false }, log: { level: 127 } })
    try {
      return await work(client)
    } finally {
      await client.close()
    }
  }
  await use(async (client) => {
    for (const query of [NO_MERGES, ...ROLL_UP_DDL]) await client.command({ query })
  })
  return {
    select: (query) =>
      use(async (client) => {
        const result = await client.query({
          query,
          format: 'JSONEachRow',
          clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
        })
        return await result.json<Record<string, unknown>>()
      }),
    insert: (table, values) =>
      use(async (client) => {
        const clickhouse_settings = { date_time_input_format: 'best_effort' } as const
        await client.insert({ table, values: [...values], format: 'JSONEachRow', clickhouse_settings })
      }),
    drop: () =>
      use(async (client) => void (await client.command({ query: `DROP DATABASE ${database} SYNC` }))),
  }
}
