import { afterAll, beforeAll, expect, it } from 'vitest'
import { batch, bodyOf, eventRow, record } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

it.each([
  ['2089-12-31T23:59:59.999Z', 'stored'],
  ['2094-12-31T23:59:59.999Z', 'stored'],
  ['2095-01-01T00:00:00.000Z', 'dead'],
  ['2104-06-01T00:00:00.000Z', 'dead'],
  ['2200-01-01T00:00:00.000Z', 'dead'],
])(
  'a row of %s is %s, and not dropped in silence by a retention that ends beyond 2106',
  async (event_time, fate) => {
    const key = `of-${event_time.slice(0, 4)}`
    const body = await bodyOf([eventRow(`${key}-1`, { event_time })])
    expect(await polo.ingest(batch(record(body)))).toEqual({ batchItemFailures: [] })
    await polo.clickhouse.command({ query: 'OPTIMIZE TABLE resource_events FINAL' })
    expect({ stored: await polo.countRaw(key), dead: (await polo.takeDeadLetters()).length }).toEqual(
      fate === 'stored' ? { stored: 1, dead: 0 } : { stored: 0, dead: 1 },
    )
  },
)
