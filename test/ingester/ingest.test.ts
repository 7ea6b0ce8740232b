import { afterAll, beforeAll, expect, it } from 'vitest'
import { batch, bodyOf, eventRow, eventRows, record } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

async function countOf(prefix: string): Promise<number> {
  const [row] = await polo.select(
    `SELECT count() AS n FROM resource_events WHERE startsWith(resource_id, 'vol-${prefix}-')`,
  )
  return Number(row?.n)
}

it('stores a block once, however often it is delivered', async () => {
  const message = record(await bodyOf(eventRows('redelivered', 500)))
  for (let delivery = 0; delivery < 3; delivery++) {
    expect(await polo.ingest(batch(message))).toEqual({ batchItemFailures: [] })
  }
  expect(await countOf('redelivered')).toBe(500)
})

it('stores a block once when a batch holds it several times', async () => {
  const body = await bodyOf(eventRows('duplicated', 300))
  await polo.ingest(batch(...Array.from({ length: 8 }, () => record(body))))
  expect(await countOf('duplicated')).toBe(300)
})

it('stores all but the one bad row among thousands, and buries that with its column and code', async () => {
  const rows = eventRows('onebad', 3_000)
  rows[1_234] = eventRow('onebad-1234', { properties: { secret: { nested: 'hunter2' } } })
  await polo.ingest(batch(record(await bodyOf(rows))))
  expect(await countOf('onebad')).toBe(2_999)
  const letters = await polo.takeDeadLetters()
  expect(letters).toHaveLength(1)
  const body = JSON.parse(letters[0]?.Body ?? '')
  expect(body).toMatchObject({
    rows: 1,
    root: { rows: 3_000, indices: [1_234] },
    errors: [{ row: 0, rows: 1, column: 'properties', code: 53 }],
  })
  expect(letters[0]?.MessageAttributes).toMatchObject({
    reason: { StringValue: 'rejected_rows' },
    code: { StringValue: '53' },
    schema: { StringValue: 'resource_event/1' },
    collector: { StringValue: 'config_ebs' },
  })
})
