import type { ClickHouseClient } from '@clickhouse/client'

/** Rows of a query whose 64-bit integers are counts, far below 2^53. */
export async function selectRows<Row>(
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
  return result.json<Row>()
}

/** `2026-01-15 00:00:00.000`, as ClickHouse writes a time in UTC, as ISO 8601 says it. */
export function toIsoTime(text: string): string {
  return `${text.replace(' ', 'T')}Z`
}
