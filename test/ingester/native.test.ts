import { zstdCompressSync } from 'node:zlib'
import {
  blockIdOf,
  formatEnvelope,
  freezeEncodedRows,
  NativeEncoder,
  openBlock,
  parseEnvelope,
  QUEUED_SCHEMAS,
  readBlockRows,
} from '@polo/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { batch, bodyOf, eventRow, eventRows, head, type Row, record } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const ACKNOWLEDGED = { batchItemFailures: [] }

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

function encode(rows: readonly Row[]): Buffer {
  const encoder = new NativeEncoder(QUEUED_SCHEMAS['resource_event/1'])
  for (const row of rows) encoder.append(row)
  return Buffer.from(encoder.body())
}

function nativeBody(rows: readonly Row[]): string {
  return formatEnvelope(head(), freezeEncodedRows(encode(rows), rows.length, 'Native'))
}

/** The body of a message whose envelope is true to `raw`, whatever that is. */
function bodyOfRaw(raw: Buffer, rows: number): string {
  const data = zstdCompressSync(raw)
  return formatEnvelope(head(), { blockId: blockIdOf(data), rows, format: 'Native', data })
}

async function takeLetters() {
  const letters = await polo.takeDeadLetters()
  return letters.map(({ Body: body = '', MessageAttributes: about }) => ({
    body,
    reason: about?.reason?.StringValue,
    code: about?.code?.StringValue,
  }))
}

it('stores a Native block once, however often and beside whatever it is delivered', async () => {
  const message = record(nativeBody(eventRows('native', 500)))
  const json = record(await bodyOf(eventRows('native-json', 20)))
  expect(await polo.ingest(batch(message, json))).toEqual(ACKNOWLEDGED)
  expect(await polo.ingest(batch(message, message))).toEqual(ACKNOWLEDGED)
  expect(await polo.countRaw('native')).toBe(520)
})

it('stores all but the bad rows of a Native block, and buries those with their columns, in Native again', async () => {
  const rows = eventRows('nativebad', 2_000)
  rows[7] = eventRow('nativebad-7', { aws_account_id: '' })
  rows[1_234] = eventRow('nativebad-1234', { value: Number.NaN })
  const body = nativeBody(rows)
  expect(await polo.ingest(batch(record(body)))).toEqual(ACKNOWLEDGED)
  expect(await polo.countRaw('nativebad')).toBe(1_998)
  const [letter, ...others] = await takeLetters()
  expect(others).toEqual([])
  expect(letter?.reason).toBe('rejected_rows')
  const { envelope, block, schema } = parseEnvelope(letter?.body ?? '')
  expect(envelope).toMatchObject({
    format: 'Native',
    root: { block_id: JSON.parse(body).block_id, rows: 2_000, indices: [7, 1_234] },
    errors: [
      { row: 0, code: 469, column: 'aws_account_id' },
      { row: 1, code: 469, column: 'value' },
    ],
  })
  const dead = readBlockRows(await openBlock(block, schema), 'Native')
  expect(JSON.parse(dead.json(0))).toMatchObject({ resource_id: 'vol-nativebad-7', aws_account_id: '' })
  expect(
    await polo.select(`
      SELECT countIf(entry = 'block' AND outcome = 'stored') AS blocks, countIf(entry = 'row' AND outcome = 'dead') AS dead
      FROM ingest_ledger FINAL WHERE root_block_id = '${JSON.parse(body).block_id}'`),
  ).toEqual([{ blocks: 1, dead: 2 }])
})

it('buries a Native block whose header claims 2³² rows, and stores its neighbours', async () => {
  const honest = encode(eventRows('claims', 1))
  const claimed = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x10])
  const raw = Buffer.concat([honest.subarray(0, 1), claimed, honest.subarray(2)])
  const neighbours = await Promise.all(['a', 'b'].map((key) => bodyOf(eventRows(`claims-${key}`, 10))))
  const event = batch(...[...neighbours, bodyOfRaw(raw, 100)].map((body) => record(body)))
  expect(await polo.ingest(event)).toEqual(ACKNOWLEDGED)
  expect(await polo.countRaw('claims')).toBe(20)
  expect((await takeLetters()).map(({ reason }) => reason)).toEqual(['malformed_rows'])
})

it('does not let a Native block leave out a column, which ClickHouse would fill in', async () => {
  const columns = QUEUED_SCHEMAS['resource_event/1'].columns.filter(({ name }) => name !== 'actor_arn')
  const encoder = new NativeEncoder({ ...QUEUED_SCHEMAS['resource_event/1'], columns })
  encoder.append(eventRow('lacking'))
  expect(await polo.ingest(batch(record(bodyOfRaw(Buffer.from(encoder.body()), 1))))).toEqual(ACKNOWLEDGED)
  expect(await polo.countRaw('lacking')).toBe(0)
  expect((await takeLetters()).map(({ reason }) => reason)).toEqual(['column_mismatch'])
})
