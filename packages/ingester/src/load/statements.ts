import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import type { LoadContext, StatementOptions } from './load-kind.ts'

const SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  output_format_decimal_trailing_zeros: 0,
  // A load may name thousands of files.
  max_query_size: String(16 * 1024 * 1024),
  glob_expansion_max_elements: '100000',
  // A folder called column=value would take the place of the file's own column, and twice the same is an error.
  use_hive_partitioning: 0,
  // One sorts and writes while the other reads.
  max_insert_threads: '2',
  // Rows of one load, each to be counted as it came.
  insert_deduplicate: 0,
  max_partitions_per_insert_block: '0',
  // Balancers in front of a server close connections that are silent for minutes.
  send_progress_in_http_headers: 1,
  http_headers_progress_interval_ms: '20000',
}

/** Statements of a load: what its time limit ends, is over here; the server may work on a little, into staging. */
export function createStatements(
  clickhouse: ClickHouseClient,
  signal: AbortSignal,
): Pick<LoadContext, 'run' | 'select'> {
  const request = (query: string, { params = {}, settings = {} }: StatementOptions = {}) => ({
    query,
    query_params: { ...params },
    clickhouse_settings: { ...SETTINGS, ...settings },
    abort_signal: signal,
  })
  return {
    async run(query, options) {
      await clickhouse.command(request(query, options))
    },
    async select<Row>(query: string, options?: StatementOptions) {
      const result = await clickhouse.query({ ...request(query, options), format: 'JSONEachRow' })
      return await result.json<Row>()
    },
  }
}
