import { freezeEncodedRows, QUEUED_SCHEMAS, type QueuedSchema } from '@polo/core'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { countRows } from '../../packages/core/src/count-json-rows.ts'
import { insertBlock } from '../../packages/ingester/src/ingest/insert.ts'
import { eventRow } from '../ingester/factories.ts'
import { type Pipeline, startPipeline } from '../ingester/pipeline.ts'

const SCHEMA: QueuedSchema = QUEUED_SCHEMAS['resource_event/1']
const TARGET = { table: 'counted', columns: SCHEMA.columns.map(({ name }) => name) }
/** What rows are made of, and what joins and parts them. */
const PIECES = [
  '{',
  '}',
  '"',
  '\\',
  ',',
  ':',
  ';',
  '[',
  ']',
  ' ',
  '\n',
  '\r',
  'x',
  '"}',
  '"}\n{"',
  '},{',
  '":{',
]

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
  await polo.clickhouse.command({ query: 'CREATE TABLE counted AS resource_events ENGINE = Memory' })
})
afterAll(async () => {
  await polo?.stop()
})

/** Rows that ClickHouse reads from the text; undefined when it refuses it. */
async function rowsRead(text: string): Promise<number | undefined> {
  await polo.clickhouse.command({ query: 'TRUNCATE TABLE counted' })
  const context = { clickhouse: polo.clickhouse, deadline: Date.now() + 60_000 }
  const rejection = await insertBlock(freezeEncodedRows(Buffer.from(text), 1), TARGET, context)
  if (rejection) return undefined
  const [row] = await polo.select('SELECT count() AS n FROM counted')
  return Number(row?.n)
}

function rowsCounted(text: string): number | undefined {
  try {
    return countRows(Buffer.from(text))
  } catch {
    return undefined
  }
}

it('counts what ClickHouse reads, or ClickHouse refuses it', async () => {
  const lines = fc.array(fc.constantFrom('plain', 'a "quoted" one', 'with {braces}', ''), {
    minLength: 1,
    maxLength: 3,
  })
  const edit = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.constantFrom('', ...PIECES) })
  let counted = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(lines, fc.array(edit, { maxLength: 2 }), async (names, edits) => {
      const rows = names.map((name) => ({
        ...eventRow('counted'),
        resource_name: name,
        properties: { a: name },
      }))
      let text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      for (const { at, remove, insert } of edits) {
        const places = [...text.matchAll(/["{}:,\n]/g)].map(({ index }) => index)
        const from = places[at % places.length] ?? 0
        text = text.slice(0, from) + insert + text.slice(from + remove)
      }
      const count = rowsCounted(text)
      if (count === undefined) return
      const read = await rowsRead(text)
      expect([count, undefined]).toContain(read)
      if (read === undefined) refused++
      else counted++
    }),
    { numRuns: 150 },
  )
  expect(Math.min(counted, refused)).toBeGreaterThan(10)
})
