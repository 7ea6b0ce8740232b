import { findQueuedSchema } from '@polo/core'
import fc from 'fast-check'
import pLimit from 'p-limit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { insertBlock } from '../../packages/ingester/src/ingest/insert.ts'
import { checkRow } from '../../packages/ingester/src/ingest/row-check.ts'
import { targetOf } from '../../packages/ingester/src/ingest/targets.ts'
import {
  accountRow,
  blockOf,
  coverageRow,
  eventRow,
  priceRow,
  type Row,
  relationshipRow,
  runRow,
} from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const VALID: [string, () => Row][] = [
  ['resource_event/1', () => eventRow('engine')],
  ['collector_run/1', () => runRow()],
  ['aws_account/1', () => accountRow()],
  ['cost_coverage/1', () => coverageRow()],
  ['aws_price/1', () => priceRow()],
  ['resource_relationship/1', () => relationshipRow('engine')],
]

/** JSON as text, since some of it is not what JavaScript would write. */
const ODD_VALUES = [
  ...[
    'null',
    'true',
    'false',
    '""',
    '" "',
    '"x"',
    '[]',
    '{}',
    '[null]',
    '[1]',
    '["x"]',
    '[[]]',
    '[-1]',
    '[1.5]',
  ],
  ...['{"a":null}', '{"a":1}', '{"a":"b"}', '{"a":true}', '{"a":{}}', '{"a":[]}', '{"a":-1}', '{"a":"1"}'],
  ...['0', '-0', '1', '-1', '1.5', '-1.5', '1.0', '1e3', '1e400', '1e-400', '9'.repeat(400), '4294967296'],
  ...['"0"', '"-1"', '"1.5"', '"1x"', '"nan"', '"NaN"', '"inf"', '"-Infinity"', '"now"', '"Jan 5 2025"'],
  ...['"00000000000000000000000000000001"', '"{00000000-0000-0000-0000-000000000001}"'],
  ...['"00000000-0000-0000-0000-000000000000"', '"F0000000-0000-0000-0000-00000000000F"'],
  ...['"00000000-00000000-00000000-0000000001"', '" 00000000-0000-0000-0000-000000000001"'],
  ...[
    '"2026"',
    '"2026-03-01"',
    '"2026-03-01 00:00:00"',
    '"2026-02-31T00:00:00Z"',
    '"1700000000"',
    '"\\u0031"',
  ],
]

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

/** Lines that the check condemns although ClickHouse, asked for each alone, takes them. */
async function condemnedInError(lines: readonly string[], schemaName: string): Promise<string[]> {
  const schema = findQueuedSchema(schemaName)
  if (!schema) throw new Error(`no schema ${schemaName}`)
  const context = { clickhouse: polo.clickhouse, deadline: Date.now() + 60_000 }
  const limit = pLimit(8)
  const condemned = lines.filter((line) => checkRow(line, schema).kind === 'sure')
  expect(condemned).not.toEqual([])
  const verdicts = await Promise.all(
    condemned.map((line) => limit(async () => insertBlock(await blockOf([line]), targetOf(schema), context))),
  )
  return condemned.filter((_, index) => verdicts[index] === null)
}

function withText(row: Row, column: string, text: string): string {
  return JSON.stringify({ ...row, [column]: '@' }).replace('"@"', () => text)
}

it.each(VALID)(
  'never condemns a row of %s that ClickHouse takes, whatever one column holds',
  async (schema, valid) => {
    const row = valid()
    const odd = Object.keys(row).flatMap((column) => ODD_VALUES.map((text) => withText(row, column, text)))
    const missing = Object.keys(row).map((column) => JSON.stringify({ ...row, [column]: undefined }))
    const renamed = Object.keys(row).map((column) =>
      JSON.stringify({ ...row, [column.toUpperCase()]: row[column] }),
    )
    expect(await condemnedInError([...odd, ...missing, ...renamed], schema)).toEqual([])
  },
  120_000,
)

it('never condemns a row that ClickHouse takes, whatever JSON any column holds', async () => {
  const row = eventRow('random')
  const change = fc.record({
    column: fc.constantFrom(...Object.keys(row), 'other'),
    value: fc.jsonValue({ maxDepth: 2 }),
  })
  const lines = fc.sample(change, 400).map(({ column, value }) => JSON.stringify({ ...row, [column]: value }))
  expect(await condemnedInError(lines, 'resource_event/1')).toEqual([])
})
