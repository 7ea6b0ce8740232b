import type { ClickHouseClient } from '@clickhouse/client'

/**
 * The rows of a query whose 64-bit integers are counts or times in milliseconds, far below 2^53.
 * @throws what ClickHouse does
 */
export async function readRows<Row>(
  clickhouse: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown> = {},
): Promise<Row[]> {
  const result = await clickhouse.query({
    query,
    query_params,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return await result.json<Row>()
}
