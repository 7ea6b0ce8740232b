import { openBlock, parseEnvelope } from '@polo/core'
import { createIngester } from '@polo/ingester'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { batch, bodyOf, eventRow, eventRows, type Row, record, runRow } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})
afterEach(async () => {
  await polo.takeDeadLetters()
})

/** Ingests a block and resolves to its dead letters, each opened. */
async function ingest(rows: readonly (Row | string)[], schema = 'resource_event/1') {
  const message = record(await bodyOf(rows, { schema }), { sender: 'AROACONTROL', receives: 2 })
  expect(await polo.ingest(batch(message))).toEqual({ batchItemFailures: [] })
  const letters = await polo.takeDeadLetters()
  return await Promise.all(
    letters.map(async ({ Body: body = '', MessageAttributes: about }) => {
      const { envelope, block } = parseEnvelope(body)
      return { body, about, envelope, lines: `${await openBlock(block)}`.trimEnd().split('\n') }
    }),
  )
}

it('stores all but the one bad row among thousands, and buries that with its column and code', async () => {
  const rows = eventRows('onebad', 3_000)
  const bad = eventRow('onebad-1234', { properties: { secret: { nested: 'hunter2' } } })
  rows[1_234] = bad
  const [letter, ...others] = await ingest(rows)
  expect(await polo.countRaw('onebad')).toBe(2_999)
  expect(others).toEqual([])
  expect(letter?.lines).toEqual([JSON.stringify(bad)])
  expect(letter?.envelope).toMatchObject({
    rows: 1,
    collector: 'config_ebs',
    created_at: '2026-03-01T10:00:05.000Z',
    root: { block_id: letter?.envelope.parent_block_id, rows: 3_000, indices: [1_234] },
    errors: [{ row: 0, rows: 1, column: 'properties', code: 53, message: expect.any(String) }],
  })
  expect(letter?.about).toMatchObject({
    reason: { StringValue: 'rejected_rows' },
    code: { StringValue: '53' },
    schema: { StringValue: 'resource_event/1' },
    collector: { StringValue: 'config_ebs' },
    message: { StringValue: expect.stringContaining('properties') },
  })
  expect(JSON.stringify([letter?.envelope.errors, letter?.about])).not.toContain('hunter2')
})

it('finds rows that only ClickHouse sees through', async () => {
  const rows: (Row | string)[] = eventRows('engine', 1_000)
  const time = { event_time: '2026-02-31T00:00:00.000Z' }
  rows[10] = eventRow('engine-10', time)
  rows[600] = eventRow('engine-600', time)
  rows[601] = JSON.stringify(eventRow('engine-601')).replace('"config"', '"config","unit":"twice"')
  const letters = await ingest(rows)
  expect(await polo.countRaw('engine')).toBe(997)
  expect(letters.flatMap(({ envelope }) => envelope.root?.indices)).toEqual([10, 600, 601])
  expect(letters.flatMap(({ envelope }) => envelope.errors)).toMatchObject([
    { row: 0, rows: 2, column: 'event_time', code: 41 },
    { row: 2, rows: 1, code: 117 },
  ])
})

it('stores what is not quite JSON but ClickHouse takes, beside what it does not', async () => {
  const odd = JSON.stringify(eventRow('odd-1')).replace('"GiB"', '"\\x"')
  const bad = JSON.stringify(eventRow('odd-2')).replace('"GiB"', 'GiB')
  const letters = await ingest([eventRow('odd-0'), odd, bad, eventRow('odd-3', { value: {} })])
  expect(await polo.countRaw('odd')).toBe(2)
  expect(letters.flatMap(({ envelope }) => envelope.root?.indices)).toEqual([2, 3])
})

it('stores the good rows once when the block is delivered again', async () => {
  const rows = eventRows('again', 400)
  rows[7] = eventRow('again-7', { aws_account_id: '' })
  rows[8] = eventRow('again-8', { event_time: '2026-02-31T00:00:00.000Z' })
  const [first] = await ingest(rows)
  const [second] = await ingest(rows)
  expect(await polo.countRaw('again')).toBe(398)
  expect(second?.body).toBe(first?.body)
})

it.each([
  ['a missing required field', { aws_account_id: undefined }, 'aws_account_id', 469],
  ['null for a text', { resource_name: null }, 'resource_name', 53],
  ['null for a number', { value: null }, 'value', 469],
  ['null for a time', { observed_at: null }, 'observed_at', 53],
  ['a number for a text', { unit: 7 }, 'unit', 53],
  ['a time in seconds', { event_time: 1_772_359_200 }, '', 469],
  ['a time before there was a cloud', { event_time: '1999-01-01T00:00:00.000Z' }, '', 469],
  ['a column that is not known', { colour: 'red' }, 'colour', 117],
  ['another case of a column', { Unit: 'GiB' }, 'Unit', 117],
  ['half of a surrogate pair', { resource_name: 'x\ud800' }, 'resource_name', 25],
  ['infinity', { value: 'inf' }, '', 469],
])('buries a row with %s, and stores its neighbours', async (name, override, column, code) => {
  const prefix = `kinds-${name.replaceAll(' ', '-')}`
  const [before, bad, after] = [0, 1, 2].map((key) => eventRow(`${prefix}-${key}`, key === 1 ? override : {}))
  const letters = await ingest([before ?? {}, bad ?? {}, after ?? {}])
  expect(await polo.countRaw(prefix)).toBe(2)
  expect(letters.map(({ envelope }) => envelope.errors)).toMatchObject([[{ row: 0, rows: 1, column, code }]])
})

describe('when most rows are bad', () => {
  it('buries a block whole when none is good, under one error', async () => {
    const rows = eventRows('none', 500).map((row) => ({ ...row, aws_account_id: '' }))
    const [letter, ...others] = await ingest(rows)
    expect(others).toEqual([])
    expect(letter?.envelope).toMatchObject({
      rows: 500,
      errors: [{ row: 0, rows: 500, column: 'aws_account_id' }],
    })
    expect(letter?.lines).toHaveLength(500)
  })

  it('gives up telling them apart after a bounded number of inserts, and loses none', async () => {
    const rows = eventRows('bounded', 512).map((row, index) =>
      index % 4 === 0 ? { ...row, event_time: '2026-02-31T00:00:00.000Z' } : row,
    )
    const letters = await ingest(rows)
    const stored = await polo.countRaw('bounded')
    const dead = letters.flatMap(({ envelope }) => envelope.root?.indices ?? [])
    expect(new Set(dead).size).toBe(dead.length)
    expect(stored + dead.length).toBe(512)
    expect(letters.map(({ about }) => about?.reason?.StringValue)).toEqual(['undecided_rows'])
  })

  it('splits what one message cannot hold', async () => {
    const noise = () => Array.from({ length: 120 }, () => Math.random().toString(36).slice(2)).join('')
    const rows = eventRows('split', 900).map((row) => ({ ...row, resource_name: noise(), observed_at: null }))
    const letters = await ingest(rows)
    expect(letters.length).toBeGreaterThan(1)
    for (const { body } of letters) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(900 * 1024)
    const dead = letters.flatMap(({ envelope }) => envelope.root?.indices ?? [])
    expect(dead.sort((a, b) => a - b)).toEqual(rows.keys().toArray())
  })
})

it('finds bad rows in control schemas too', async () => {
  const [good, bad] = [runRow(), runRow({ block_ids: ['a', 'b'], block_rows: [1] })]
  const letters = await ingest([good, bad], 'collector_run/1')
  expect(letters.map(({ envelope }) => envelope.root?.indices)).toEqual([[1]])
  const [count] = await polo.select('SELECT count() AS n FROM collector_runs')
  expect(count).toEqual({ n: 1 })
})

it('sends dead letters that SQS takes, whatever characters the rows and their names hold', async () => {
  const key = '\uffff\u0001\ud83d\ude00é'
  const [letter] = await ingest([eventRow('characters-1', { [key]: 1 })])
  expect(letter?.body).toMatch(/^[\x20-\x7e]*$/)
  expect(letter?.envelope.errors).toMatchObject([{ column: key, code: 117 }])
  expect(letter?.about?.message?.StringValue).toContain('no such column')
})

it('throws when a table refuses what it took before, rather than bury everything', async () => {
  const table = createIngester(polo)
  await table(batch(record(await bodyOf(eventRows('strict', 3)))))
  await polo.clickhouse.command({
    query: "ALTER TABLE resource_events ADD CONSTRAINT broken CHECK resource_name = 'never'",
  })
  try {
    await expect(table(batch(record(await bodyOf(eventRows('stricter', 3)))))).rejects.toThrow(
      'resource_events',
    )
    expect(await polo.takeDeadLetters()).toEqual([])
  } finally {
    await polo.clickhouse.command({ query: 'ALTER TABLE resource_events DROP CONSTRAINT broken' })
  }
})

it.each(['cold', 'warm'])(
  'a %s ingester throws when three blocks in a row are refused whole, as by a table that was not migrated yet',
  async (name) => {
    const ingester = createIngester(polo)
    if (name === 'warm') await ingester(batch(record(await bodyOf(eventRows('warm-up', 3)))))
    const change = "CHECK NOT mapContains(properties, 'new')"
    await polo.clickhouse.command({ query: `ALTER TABLE resource_events ADD CONSTRAINT behind ${change}` })
    const records = await Promise.all(
      ['a', 'b', 'c'].map(async (key) => {
        const rows = [1, 2].map((row) =>
          eventRow(`behind-${name}-${key}-${row}`, { properties: { new: '1' } }),
        )
        return record(await bodyOf(rows))
      }),
    )
    try {
      const [first, ...others] = records
      if (!first) throw new Error('no message')
      const failures = [{ itemIdentifier: first.messageId }]
      expect(await ingester(batch(first))).toEqual({ batchItemFailures: failures })
      await expect(ingester(batch(...others))).rejects.toThrow('3 blocks in a row')
      expect(await polo.takeDeadLetters()).toEqual([])
    } finally {
      await polo.clickhouse.command({ query: 'ALTER TABLE resource_events DROP CONSTRAINT behind' })
    }
    expect(await ingester(batch(...records))).toEqual({ batchItemFailures: [] })
    expect(await polo.countRaw(`behind-${name}`)).toBe(6)
    expect(await polo.takeDeadLetters()).toEqual([])
  },
)

it('buries a block that is refused for a reason unknown to this release, when it is delivered again and alone in that', async () => {
  const ingester = createIngester(polo)
  const body = await bodyOf([eventRow('unexplained', { shape: 'of a later release' })])
  const first = record(body)
  expect(await ingester(batch(first))).toEqual({ batchItemFailures: [{ itemIdentifier: first.messageId }] })
  expect(await ingester(batch(record(body, { receives: 2 })))).toEqual({ batchItemFailures: [] })
  expect(await polo.takeDeadLetters()).toHaveLength(1)
})

it('does not count the same refused block twice', async () => {
  const cold = createIngester(polo)
  const body = await bodyOf([eventRow('never', { collector: '' })])
  for (let delivery = 0; delivery < 4; delivery++) await cold(batch(record(body)))
  expect(await polo.takeDeadLetters()).toHaveLength(4)
})
