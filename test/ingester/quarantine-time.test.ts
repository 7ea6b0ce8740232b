import type { ClickHouseClient } from '@clickhouse/client'
import { parseEnvelope } from '@polo/core'
import { createIngester } from '@polo/ingester'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { batch, bodyOf, eventRows, record } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

/** What an invocation has, and an insert takes: the half that a search may use is over after a few of them. */
const INVOCATION_MS = 60_000
const INSERT_MS = 7_000
const MAX_RECEIVES = 50

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterEach(() => {
  vi.useRealTimers()
})
afterAll(async () => {
  await polo?.stop()
})

/** The clock goes on by the time that an insert takes, and only then. */
function slowClickHouse(): ClickHouseClient {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  return new Proxy(polo.clickhouse, {
    get(client, name) {
      const member = Reflect.get(client, name)
      if (typeof member !== 'function') return member
      if (name !== 'exec') return member.bind(client)
      return async (...args: unknown[]) => {
        const response = await Reflect.apply(member, client, args)
        vi.setSystemTime(Date.now() + INSERT_MS)
        return response
      }
    },
  })
}

/** Rows that are not quite JSON, so that only ClickHouse can say which of them it takes; it refuses those of `bad`. */
function oddRows(prefix: string, bad: readonly number[]): string[] {
  return eventRows(prefix, 64).map((row, index) => {
    const time = bad.includes(index) ? { event_time: '2026-02-31T00:00:00.000Z' } : {}
    return JSON.stringify({ ...row, ...time }).replace('"GiB"', '"\\x"')
  })
}

const invocation = { getRemainingTimeInMillis: () => INVOCATION_MS }

async function takeDeadRows(): Promise<number[]> {
  const letters = await polo.takeDeadLetters()
  return letters.flatMap(({ Body = '' }) => parseEnvelope(Body).envelope.root?.indices ?? [])
}

it('tells rows apart over many deliveries when there is little time, and buries none that it stored', async () => {
  const bad = [10, 20, 21, 50]
  const rows = oddRows('slow', bad)
  const body = await bodyOf(rows)
  const ingest = createIngester({ ...polo, clickhouse: slowClickHouse() })
  let receives = 0
  let failures: readonly unknown[] = ['not tried']
  while (failures.length > 0 && receives < MAX_RECEIVES) {
    receives++
    const { batchItemFailures } = await ingest(batch(record(body, { receives })), invocation)
    failures = batchItemFailures
  }
  expect(failures).toEqual([])
  expect(await takeDeadRows()).toEqual(bad)
  expect(await polo.countRaw('slow')).toBe(rows.length - bad.length)
  // Or there was time enough, and this has shown nothing.
  expect(receives).toBeGreaterThan(3)
})

it('lets a block come back that there was not time enough for, rather than bury rows that may be good', async () => {
  const body = await bodyOf(oddRows('hurried', [40]))
  const hurried = record(body)
  const ingest = createIngester({ ...polo, clickhouse: slowClickHouse() })
  expect(await ingest(batch(hurried), invocation)).toEqual({
    batchItemFailures: [{ itemIdentifier: hurried.messageId }],
  })
  expect(await takeDeadRows()).toEqual([])
  expect(await polo.ingest(batch(record(body, { receives: 2 })))).toEqual({ batchItemFailures: [] })
  expect(await polo.countRaw('hurried')).toBe(63)
  expect(await takeDeadRows()).toEqual([40])
})
