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

it('tells rows apart over many deliveries when there is little time, and buries none that it stored', async () => {
  // Not quite JSON, so that only ClickHouse can say which of them it takes.
  const rows = eventRows('slow', 64).map((row) => JSON.stringify(row).replace('"GiB"', '"\\x"'))
  const bad = [10, 20, 21, 50]
  for (const index of bad)
    rows[index] =
      rows[index]?.replace(/"event_time":"[^"]+"/, '"event_time":"2026-02-31T00:00:00.000Z"') ?? ''
  const body = await bodyOf(rows)
  const ingest = createIngester({ ...polo, clickhouse: slowClickHouse() })
  const invocation = { getRemainingTimeInMillis: () => INVOCATION_MS }
  let receives = 0
  let failures: readonly unknown[] = ['not tried']
  while (failures.length > 0 && receives < MAX_RECEIVES) {
    receives++
    const { batchItemFailures } = await ingest(batch(record(body, { receives })), invocation)
    failures = batchItemFailures
  }
  expect(failures).toEqual([])
  const letters = await polo.takeDeadLetters()
  const dead = letters.flatMap(({ Body = '' }) => parseEnvelope(Body).envelope.root?.indices ?? [])
  expect(dead).toEqual(bad)
  expect(await polo.countRaw('slow')).toBe(rows.length - bad.length)
  // Or there was time enough, and this has shown nothing.
  expect(receives).toBeGreaterThan(3)
})
