import { buffer } from 'node:stream/consumers'
import {
  type Block,
  encodeRow,
  formatEnvelope,
  freezeBlock,
  freezeEncodedRows,
  QUEUED_SCHEMAS,
  type QueuedSchema,
  type QueuedSchemaName,
  readBlockRows,
} from '@polo/core'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { batch, head, record } from '../../ingester/factories.ts'
import { type Pipeline, startPipeline } from '../../ingester/pipeline.ts'
import { minimalEvent } from '../factories.ts'
import { encodeNative, ROWS, type Row, SCHEMA_NAMES } from './arbitrary-rows.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(() => polo?.stop())

/** Within what the table keeps. */
const event = (overrides: Row) => ({
  ...minimalEvent(),
  event_time: '2050-03-01T00:00:00.000Z',
  ...overrides,
})

const nativeBlock = (rows: readonly Row[], schema: QueuedSchemaName) =>
  freezeEncodedRows(encodeNative(rows, schema), rows.length, 'Native')

/** Sends a block through the ingester into an empty table, and gives what is then there as ClickHouse writes it. */
async function storedBy(block: Block, schema: QueuedSchema): Promise<Buffer> {
  await polo.clickhouse.command({ query: `TRUNCATE TABLE ${schema.table}` })
  const body = formatEnvelope(head({ schema: schema.name }), block)
  const answer = await polo.ingest(batch(record(body, { sender: 'AROACONTROL' })))
  expect(answer).toEqual({ batchItemFailures: [] })
  return await selectNative(schema, schema.table)
}

/** Columns that tables keep in others. */
const STORED_AS: Readonly<Record<string, string>> = {
  'resource_relationships.from_arn': 'newest_from_arn.3',
  'resource_relationships.to_arn': 'newest_to_arn.3',
  'resource_relationships.properties': 'latest.2',
}

async function selectNative({ columns }: QueuedSchema, table: string): Promise<Buffer> {
  const plain = columns.map(({ name, type }) => {
    const sent = type.replace(/^LowCardinality\((.+)\)$/, '$1')
    return `CAST(${STORED_AS[`${table}.${name}`] ?? name}, '${escapeQuotes(sent)}') AS ${name}`
  })
  const query = `SELECT ${plain.join(', ')} FROM ${table} ORDER BY ALL FORMAT Native`
  const { stream } = await polo.clickhouse.exec({ query })
  return await buffer(stream)
}

function escapeQuotes(type: string): string {
  return type.replaceAll("'", "\\'")
}

function decoded(body: Buffer): string[] {
  const rows = readBlockRows(body, 'Native')
  return Array.from({ length: rows.length }, (_, index) => rows.json(index))
}

test.each(SCHEMA_NAMES)(
  'rows of %s are the same in ClickHouse, sent as Native or as JSON',
  async (name) => {
    const schema = QUEUED_SCHEMAS[name]
    await fc.assert(
      fc.asyncProperty(fc.array(ROWS[name], { minLength: 1, maxLength: 8 }), async (rows) => {
        const asNative = await storedBy(nativeBlock(rows, name), schema)
        const asJson = await storedBy(await freezeBlock(rows.map(encodeRow)), schema)
        expect(decoded(asNative)).toEqual(decoded(asJson))
        expect(asNative.length).toBeGreaterThan(0)
      }),
      { numRuns: 12 },
    )
  },
  120_000,
)

test.each(SCHEMA_NAMES)(
  'ClickHouse writes a row of %s in the very bytes in which it was sent',
  async (name) => {
    await fc.assert(
      fc.asyncProperty(ROWS[name], async (row) => {
        const body = encodeNative([row], name)
        const stored = await storedBy(nativeBlock([row], name), QUEUED_SCHEMAS[name])
        expect(stored.equals(body)).toBe(true)
      }),
      { numRuns: 12 },
    )
  },
  120_000,
)

test('several Native blocks in one body are all stored', async () => {
  const schema = QUEUED_SCHEMAS['resource_event/1']
  const [one, other] = [event({ resource_id: 'i-1' }), event({ resource_id: 'i-2' })]
  const body = Buffer.concat([encodeNative([one]), encodeNative([other])])
  expect(decoded(await storedBy(freezeEncodedRows(body, 2, 'Native'), schema))).toEqual(decoded(body))
})

test.each([
  ['event_id', { event_id: undefined }],
  ['event_time', { event_time: undefined }],
  ['collector', { collector: undefined }],
  ['value', { value: Number.NaN }],
  ['event_type', { event_type: 'rumour' }],
])('a row whose %s is nonsense is not stored, and its neighbours are', async (_, nonsense) => {
  const good = [event({ resource_id: 'i-1' }), event({ resource_id: 'i-3' })]
  const rows = [good[0] ?? {}, { ...event({ resource_id: 'i-2' }), ...nonsense }, good[1] ?? {}]
  const block = nativeBlock(rows, 'resource_event/1')
  const stored = await storedBy(block, QUEUED_SCHEMAS['resource_event/1'])
  expect(decoded(stored)).toEqual(decoded(encodeNative(good)))
  const [letter] = await polo.takeDeadLetters()
  expect(letter?.Body).toContain('"format":"Native"')
  expect(letter?.Body).toContain('"indices":[1]')
})
