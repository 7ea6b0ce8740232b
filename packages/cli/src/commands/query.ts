import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Command } from 'commander'
import { z } from 'zod'
import { renderTable } from '../output.ts'
import type { GlobalOptions } from '../settings.ts'
import { withExistingSession } from '../with-session.ts'

/** 2: reads only, but a query may still bring settings of its own. */
const READ_ONLY = { readonly: '2' } as const
const MAX_TABLE_ROWS = 1_000

export function addQuery(program: Command): void {
  program
    .command('query')
    .description('ask the database; it only reads')
    .argument('<sql>', 'a ClickHouse query')
    .addHelpText('after', EXAMPLES)
    .action((sql: string, options: GlobalOptions) =>
      withExistingSession(options, async ({ clickhouse }, { output }) => {
        if (output.isJson) await writeJson(clickhouse, sql)
        else output.data(await queryTable(clickhouse, sql))
      }),
    )
}

/** Rows go through as ClickHouse wrote them: parsing would round integers over 2^53. */
async function writeJson(clickhouse: ClickHouseClient, sql: string): Promise<void> {
  const { stream } = await clickhouse.exec({
    query: withFormat(sql, 'JSONEachRow'),
    clickhouse_settings: { ...READ_ONLY, output_format_json_quote_64bit_integers: 0 },
  })
  let separator = '['
  for await (const row of lines(stream)) {
    process.stdout.write(`${separator}${row}`)
    separator = ',\n'
  }
  process.stdout.write(separator === '[' ? '[]\n' : ']\n')
}

const Cell = z.unknown()
const CompactRows = z.object({
  meta: z.array(z.object({ name: z.string(), type: z.string() })),
  data: z.array(z.array(Cell)),
})

async function queryTable(clickhouse: ClickHouseClient, sql: string): Promise<string> {
  const result = await clickhouse.query({
    query: sql,
    format: 'JSONCompact',
    clickhouse_settings: { ...READ_ONLY, output_format_json_quote_64bit_integers: 0 },
  })
  const { meta, data } = CompactRows.parse(await result.json())
  const rows = data.slice(0, MAX_TABLE_ROWS).map((row) => row.map(toCell))
  const table = renderTable(
    meta.map(({ name }) => name),
    rows,
  )
  const rest = data.length - rows.length
  return rest > 0 ? `${table}\n(${rest} more rows; add a LIMIT, or --json for all)` : table
}

function toCell(value: unknown): string | number {
  if (typeof value === 'number') return value
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A query may end in a semicolon; it must not name a format of its own. */
function withFormat(sql: string, format: string): string {
  return `${sql.replace(/[\s;]+$/, '')}\nFORMAT ${format}`
}

async function* lines(stream: Readable): AsyncGenerator<string> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line !== '') yield line
  }
}

const EXAMPLES = `
Examples:
  polo query "SELECT resource_type, count() AS resources FROM resource_events FINAL GROUP BY 1 ORDER BY 2 DESC"
  polo query "SELECT resource_id, properties['instance_type'] FROM resource_events FINAL WHERE resource_type = 'ec2:instance'"
  polo query "SELECT * FROM collector_jobs WHERE outcome != 'complete'" --json
`
