import * as z from 'zod'
import type { Database } from '../connect-clickhouse.ts'

/**
 * The rows of a query, checked. 64-bit integers are counts, far below 2^53; times come as ISO 8601.
 * @throws what ClickHouse answers, and ZodError for rows of another shape
 */
export async function selectRows<Shape extends z.ZodRawShape>(
  clickhouse: Database,
  row: z.ZodObject<Shape>,
  { query, parameters = {} }: { readonly query: string; readonly parameters?: Record<string, unknown> },
): Promise<z.infer<z.ZodObject<Shape>>[]> {
  const result = await clickhouse.query({
    query,
    query_params: parameters,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, date_time_output_format: 'iso' },
  })
  return z.array(row).parse(await result.json())
}

/** The number in the one row `value` of a query. */
export async function selectNumber(
  clickhouse: Database,
  query: string,
  parameters: Record<string, unknown> = {},
): Promise<number> {
  const [row] = await selectRows(clickhouse, z.object({ value: z.number() }), { query, parameters })
  return z.object({ value: z.number() }).parse(row).value
}

/**
 * The end of a query on views that shall see only these rows of `collector_runs`: their joins would otherwise account
 * for every run there ever was. The condition must hold for all rows of a job or for none.
 */
export function onlyRuns(condition: string): string {
  return `SETTINGS additional_table_filters = {'collector_runs': '${condition.replaceAll("'", "\\'")}'}`
}

/** A time as a literal of SQL. */
export function timeLiteral(time: Date): string {
  return `parseDateTime64BestEffort('${time.toISOString()}', 3, 'UTC')`
}
