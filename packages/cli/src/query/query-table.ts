import { z } from 'zod'
import { type Output, renderTable } from '../output/output.ts'
import { escapeUnprintable } from '../output/printable.ts'
import { type Answer, readLines } from './ask-clickhouse.ts'

/** Names, types and rows, a JSON array a line. */
export const TABLE_FORMAT = 'JSONCompactEachRowWithNamesAndTypes'
const MAX_TABLE_ROWS = 1_000
const NUMERIC = /^(?:LowCardinality\()?(?:Nullable\()?(?:U?Int|Float|Decimal|BFloat)/

const Names = z.array(z.string())
const Row = z.array(z.unknown())

/** Prints an answer in `TABLE_FORMAT` as a table that a terminal shows and does not obey; of a long one the beginning. */
export async function printTable(answer: Answer, output: Output): Promise<void> {
  let head: { names: string[]; types: string[] } | undefined
  let names: string[] | undefined
  const rows: string[][] = []
  let more = 0
  for await (const line of readLines(answer)) {
    if (!names) names = Names.parse(JSON.parse(line))
    else if (!head) head = { names, types: Names.parse(JSON.parse(line)) }
    else if (rows.length < MAX_TABLE_ROWS) rows.push(Row.parse(JSON.parse(line)).map(toCell))
    else more++
  }
  if (!head) return
  output.data(
    renderTable(head.names.map(escapeUnprintable), rows, {
      isNumeric: head.types.map((type) => NUMERIC.test(type)),
    }),
  )
  if (more > 0) output.data(`(${more} more rows; add a LIMIT, or --json for all)`)
}

function toCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  return escapeUnprintable(typeof value === 'object' ? JSON.stringify(value) : String(value))
}
