import { once } from 'node:events'
import { createServer } from 'node:http'
import {
  checkStore,
  connectClickHouse,
  createIngester,
  OutageError,
  type SqsRecord,
  type StoreCheck,
} from '@polo/ingester'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { batch, bodyOf, eventRow, eventRows, record } from './factories.ts'
import { usePipeline } from './use-pipeline.ts'

const stage = usePipeline({ empty: ['ingest_canary', 'resource_events'] })
let check: StoreCheck
const undo: string[] = []

beforeAll(() => {
  check = checkStore(stage.polo.clickhouse)
})
afterEach(async () => {
  for (const query of undo.splice(0).reverse()) await stage.polo.clickhouse.command({ query })
})

async function refusedRecords(prefix: string, count = 3): Promise<SqsRecord[]> {
  const keys = Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
  return await Promise.all(keys.map(async (key) => record(await bodyOf(eventRows(key, 2)))))
}

test('passes on a store that takes inserts, and leaves a row of its own each time', async () => {
  await check([], '')
  await check([], '')
  expect(await stage.polo.select('SELECT count() AS probes FROM ingest_canary')).toEqual([{ probes: 2 }])
  expect(await stage.polo.select('SELECT count() AS rows FROM resource_events')).toEqual([{ rows: 0 }])
})

test('fails on a store that is not there', async () => {
  const clickhouse = connectClickHouse({ url: 'http://127.0.0.1:1', database: stage.polo.database })
  await expect(checkStore(clickhouse)([], '')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await clickhouse.close()
})

test('fails in time on a store that does not answer', async () => {
  const server = createServer(() => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const clickhouse = connectClickHouse({ url: `http://127.0.0.1:${port}`, database: stage.polo.database })
  await expect(checkStore(clickhouse, { timeLimitMs: 200 })([], '')).rejects.toThrow('abort')
  await clickhouse.close()
  server.closeAllConnections()
  server.close()
})

test.each([
  {
    what: 'a table is missing',
    broken: ['RENAME TABLE accounts_discovered TO hidden'],
    mended: 'RENAME TABLE hidden TO accounts_discovered',
    code: '60',
  },
  {
    what: 'a column is missing',
    broken: ['ALTER TABLE resource_events RENAME COLUMN unit TO units'],
    mended: 'ALTER TABLE resource_events RENAME COLUMN units TO unit',
    code: '16',
  },
  {
    what: 'a view on a table has lost its target',
    broken: [
      'CREATE TABLE target (unit String) ENGINE = Memory',
      'CREATE MATERIALIZED VIEW broken TO target AS SELECT unit FROM resource_events',
      'DROP TABLE target',
    ],
    mended: 'DROP VIEW broken',
    code: '60',
  },
  {
    what: 'the canary is refused',
    broken: ['ALTER TABLE ingest_canary ADD CONSTRAINT refuses CHECK 0'],
    mended: 'ALTER TABLE ingest_canary DROP CONSTRAINT refuses',
    code: '469',
  },
])('fails when $what', async ({ broken, mended, code }) => {
  for (const query of broken) await stage.polo.clickhouse.command({ query })
  undo.push(mended)
  await expect(check([], '')).rejects.toMatchObject({ code })
})

test('fails when a table that takes no rows refuses each of three blocks, and passes when it takes one', async () => {
  const refused = await refusedRecords('refused')
  await stage.polo.clickhouse.command({ query: 'ALTER TABLE resource_events ADD CONSTRAINT refuses CHECK 0' })
  undo.push('ALTER TABLE resource_events DROP CONSTRAINT IF EXISTS refuses')
  await check([], '')
  await expect(check(refused, '469')).rejects.toBeInstanceOf(OutageError)
  await check(refused.slice(1), '469')
  await stage.polo.clickhouse.command({ query: 'ALTER TABLE resource_events DROP CONSTRAINT refuses' })
  await check(refused, '469')
  expect(await stage.polo.countRaw('refused-0')).toBe(2)
  expect(await stage.polo.countRaw('refused-1')).toBe(0)
})

test('stores nothing twice of messages that come back after it tried them', async () => {
  const refused = await refusedRecords('tried')
  await check(refused, '469')
  await createIngester(stage.polo)(batch(...refused))
  expect(await stage.polo.countRaw('tried')).toBe(6)
})

test('passes when one block of many is good, and looks at no message that is none', async () => {
  const bad = await Promise.all(
    ['a', 'b'].map(async (key) => record(await bodyOf([eventRow(key, { aws_account_id: '' })]))),
  )
  const [good] = await refusedRecords('good', 1)
  await check([record('hello'), ...bad, ...(good ? [good] : [])], '469')
  expect(await stage.polo.countRaw('good')).toBe(2)
})

test('passes when the store refuses blocks for what is in them, while the outage was another', async () => {
  const refused = await refusedRecords('content')
  const poison = await Promise.all(
    ['a', 'b', 'c'].map(async (key) => record(await bodyOf([eventRow(key, { aws_account_id: '' })]))),
  )
  await check(poison, 'HTTP_502')
  await expect(check(poison, '469')).rejects.toBeInstanceOf(OutageError)
  await check([...poison.slice(0, 2), ...refused], '469')
})
