import { hash, randomBytes } from 'node:crypto'
import { type BlockSink, BODY_BYTES, createPublisher, PublishError } from '@polo/collectors'
import { parseEnvelope } from '@polo/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleEvent } from '../../bench/sample-events.ts'
import { readRows } from '../core/read-rows.ts'

const SLOT = '2026-01-15T00:00:00.000Z'

function createSink({ send }: Partial<BlockSink> = {}) {
  const bodies: string[] = []
  const tooLarge: string[] = []
  const publisher = createPublisher({
    sink: { send: send ?? (async (body) => void bodies.push(body)) },
    schema: 'resource_event/1',
    runId: '2d8a3a52-6a4c-4d0e-9a45-0c3f5a0f6f11',
    collector: 'config_ec2',
    onTooLarge: (error) => tooLarge.push(error.message),
  })
  return { bodies, tooLarge, publisher }
}

/** Text that zstd shrinks by a quarter at most. */
function incompressible(bytes: number): string {
  return randomBytes(bytes).toString('base64').slice(0, bytes)
}

test('publishes every row once and names the blocks that hold them', async () => {
  const { bodies, publisher } = createSink()
  const events = Array.from({ length: 20_000 }, (_, index) => sampleEvent(index, SLOT, SLOT))
  for (const event of events) await publisher.publish(event)
  const { blocks, error } = await publisher.finish()
  expect(error).toBeUndefined()
  const envelopes = bodies.map((body) => parseEnvelope(body).envelope)
  expect(blocks.map(({ blockId, rows }) => [blockId, rows])).toEqual(
    envelopes.map(({ block_id, rows }) => [block_id, rows]),
  )
  const rows = await readRows(bodies)
  expect(rows).toHaveLength(events.length)
  expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(
    new Set(events.map((event) => JSON.stringify(event))),
  )
})

test('aims its bodies at the target and never exceeds the maximum', async () => {
  const { bodies, publisher } = createSink()
  for (let index = 0; index < 60_000; index++) await publisher.publish(sampleEvent(index, SLOT, SLOT))
  await publisher.finish()
  const sizes = bodies.map((body) => Buffer.byteLength(body))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(BODY_BYTES.max)
  const settled = sizes.slice(1, -1)
  expect(settled.length).toBeGreaterThan(0)
  expect(Math.min(...settled)).toBeGreaterThan(256 * 1024)
})

test('splits what would not fit into one message', async () => {
  const { bodies, publisher } = createSink()
  const rows = Array.from({ length: 12 }, (_, index) => ({
    ...sampleEvent(index, SLOT, SLOT),
    properties: { blob: incompressible(400_000) },
  }))
  for (const row of rows) await publisher.publish(row)
  await publisher.finish()
  const published = await readRows(bodies)
  expect(new Set(published.map((row) => hash('md5', JSON.stringify(row))))).toEqual(
    new Set(rows.map((row) => hash('md5', JSON.stringify(row)))),
  )
  expect(Math.max(...bodies.map((body) => body.length))).toBeLessThanOrEqual(BODY_BYTES.max)
})

test('names an event that no message can carry, and publishes its neighbours', async () => {
  const { bodies, tooLarge, publisher } = createSink()
  const [before, big, after] = [1, 2, 3].map((index) => sampleEvent(index, SLOT, SLOT))
  await publisher.publish({ ...before })
  await publisher.publish({ ...big, resource_arn: 'arn:big', actor_name: incompressible(2_000_000) })
  await publisher.publish({ ...after })
  const { error } = await publisher.finish()
  expect(error).toBeUndefined()
  expect(tooLarge).toEqual([expect.stringContaining('the event of arn:big has')])
  expect(await readRows(bodies)).toEqual([before, after])
})

test('carries a megabyte of tags when it compresses', async () => {
  const { bodies, tooLarge, publisher } = createSink()
  await publisher.publish({ resource_id: 'i-1', properties: { tag: 'x'.repeat(1_000_000) } })
  await publisher.finish()
  expect(tooLarge).toEqual([])
  expect(bodies).toHaveLength(1)
})

test('publishes nothing for no rows', async () => {
  const { bodies, publisher } = createSink()
  expect(await publisher.finish()).toEqual({ blocks: [], error: undefined })
  expect(bodies).toEqual([])
})

test('names only the blocks that were taken when the queue refuses one', async () => {
  let sent = 0
  const { publisher } = createSink({
    async send() {
      if (++sent === 2) throw new PublishError('SQS is full')
    },
  })
  for (let index = 0; index < 30_000; index++) {
    const refused = await publisher.publish(sampleEvent(index, SLOT, SLOT))?.catch((error: unknown) => error)
    if (refused) break
  }
  const { blocks, error } = await publisher.finish()
  expect(error?.message).toBe('SQS is full')
  expect(blocks.length).toBe(sent - 1)
})

test('waits while too many blocks are under way', async () => {
  const gates: (() => void)[] = []
  const { publisher } = createSink({ send: () => new Promise((resolve) => gates.push(resolve)) })
  let published = 0
  const publishing = (async () => {
    for (; published < 100_000; published++) await publisher.publish(sampleEvent(published, SLOT, SLOT))
  })()
  await expect.poll(() => gates.length).toBe(3)
  const stoppedAt = published
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(published).toBe(stoppedAt)
  const opener = setInterval(() => gates.shift()?.(), 1)
  await publishing
  await publisher.finish()
  clearInterval(opener)
})

test('refuses a row that does not fit, and publishes its neighbours', async () => {
  const { bodies, publisher } = createSink()
  const event = sampleEvent(1, SLOT, SLOT)
  await publisher.publish(event)
  await expect(publisher.publish({ ...event, oops: 1 })).rejects.toThrow('resource_event/1, oops')
  await publisher.publish(event)
  await publisher.finish()
  expect(await readRows(bodies)).toEqual([event, event])
})

test('keeps any text, whatever rows come', async () => {
  const text = fc.string({ unit: 'binary' })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(text, fc.dictionary(text, text))), async (values) => {
      const { bodies, publisher } = createSink()
      const rows = values.map(([resource_name, properties], index) => {
        return { ...sampleEvent(index, SLOT, SLOT), resource_name, properties: { ...properties } }
      })
      for (const row of rows) await publisher.publish(row)
      await publisher.finish()
      expect(await readRows(bodies)).toEqual(rows)
    }),
    { numRuns: 50 },
  )
})
