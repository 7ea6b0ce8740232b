import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GetQueueAttributesCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import { type BreakerState, connectClickHouse, type Ingester, migrate } from '@polo/ingester'
import {
  BACKFILL_QUEUE,
  type Drain,
  type DrainOptions,
  EVENTS_DEAD_LETTER_QUEUE,
  EVENTS_QUEUE,
  LOCAL_QUEUES,
  type LocalSqs,
  readLocalBreaker,
  schemaDirectory,
  sqsClient,
  startClickHouse,
  startDrain,
  startSqs,
} from '@polo/local'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { bodyOf, eventRows, KEEPING_SAMPLES } from '../../ingester/factories.ts'

const VISIBILITY_SECONDS = 4
const ROWS = 5
const TIMING = { firstProbeMs: 200, lastProbeMs: 1_000, halfOpenMs: 1_000 }

let directory: string
let server: Awaited<ReturnType<typeof startClickHouse>>
let queues: LocalSqs
let sqs: SQSClient
let clickhouse: ClickHouseClient
/** By message, the receives that its deliveries told of; and the queues of deliveries in the order of their ends. */
let receives: Map<string, number>
/** How often each was handed back because a busy machine had no time for it, which is no outage's cost. */
let handedBack: Map<string, number>
let ended: string[]
let states: BreakerState[]

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-drain-'))
  server = await startClickHouse({ dataDir: join(directory, 'clickhouse') })
  queues = await startSqs({
    dataDir: join(directory, 'sqs'),
    queues: LOCAL_QUEUES.map((queue) => ({ ...queue, visibilityTimeoutSeconds: VISIBILITY_SECONDS })),
  })
  sqs = sqsClient(queues.endpoint)
  const connect = (database: string) => connectClickHouse({ url: server.url, database })
  const target = { kind: 'embedded' } as const
  await migrate({ connect, database: 'polo', target, directory: schemaDirectory, config: KEEPING_SAMPLES })
  clickhouse = connect('polo')
})
afterAll(async () => {
  await clickhouse.close()
  sqs.destroy()
  await Promise.all([server.stop(), queues.stop()])
  await rm(directory, { recursive: true, force: true })
})
beforeEach(async () => {
  receives = new Map()
  handedBack = new Map()
  ended = []
  states = []
  await rm(join(directory, 'breaker.json'), { force: true })
})

const queueOf = (name: string) => ({
  queueUrl: queues.queueUrls[name] ?? '',
  queueArn: queues.queueArns[name] ?? '',
})

function drain(options: Partial<DrainOptions> = {}): Promise<Drain> {
  return startDrain({
    dataDir: directory,
    clickhouse,
    sqs,
    events: queueOf(EVENTS_QUEUE),
    backfill: queueOf(BACKFILL_QUEUE),
    deadLetterQueueUrl: queueOf(EVENTS_DEAD_LETTER_QUEUE).queueUrl,
    controlSenders: [],
    visibilityTimeoutSeconds: VISIBILITY_SECONDS,
    functionTimeoutMs: VISIBILITY_SECONDS * 1_000,
    breakerTiming: TIMING,
    onBreaker: (state) => states.push(state),
    wrapIngester: countReceives,
    ...options,
  })
}

function countReceives(ingester: Ingester): Ingester {
  return async (event, invocation) => {
    for (const { messageId, attributes } of event.Records) {
      const late = handedBack.get(messageId) ?? 0
      receives.set(messageId, Number(attributes.ApproximateReceiveCount) - late)
    }
    // An odd number of milliseconds that are left makes a time limit that is none.
    const left = Math.floor((invocation?.getRemainingTimeInMillis() ?? 0) / 4) * 4
    const answer = await ingester(event, { getRemainingTimeInMillis: () => left })
    for (const { itemIdentifier: id } of answer.batchItemFailures) {
      handedBack.set(id, (handedBack.get(id) ?? 0) + 1)
    }
    ended.push(...event.Records.map(({ eventSourceARN = '' }) => eventSourceARN.split(':').at(-1) ?? ''))
    return answer
  }
}

async function send(queue: string, prefix: string, blocks: number): Promise<void> {
  const { queueUrl: QueueUrl } = queueOf(queue)
  for (let index = 0; index < blocks; index++) {
    const MessageBody = await bodyOf(eventRows(`${prefix}-${index}`, ROWS))
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
  }
}

async function countLeft(queue: string): Promise<number> {
  const { queueUrl: QueueUrl } = queueOf(queue)
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
  const { Attributes: counts = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }),
  )
  return names.reduce((sum, name) => sum + Number(counts[name] ?? 0), 0)
}

async function countRows(prefix: string): Promise<number> {
  const result = await clickhouse.query({
    query: 'SELECT toUInt32(count()) AS n FROM resource_events WHERE startsWith(resource_id, {start:String})',
    query_params: { start: `vol-${prefix}-` },
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ n: number }>()
  return row?.n ?? 0
}

async function drained(): Promise<void> {
  const left = async () => (await countLeft(EVENTS_QUEUE)) + (await countLeft(BACKFILL_QUEUE))
  await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 60_000, interval: 200 })
}

const isOpen = async () => (await readLocalBreaker(directory)).state === 'open'
const until = (condition: () => Promise<boolean>) =>
  vi.waitUntil(condition, { timeout: 60_000, interval: 50 })

test('an outage costs each message three receives at most, over a restart, and everything is stored once', async () => {
  const { port } = server
  await server.stop()
  const before = await drain()
  await send(EVENTS_QUEUE, 'outage', 40)
  await send(BACKFILL_QUEUE, 'outage-backfill', 15)
  await until(isOpen)
  await sleep(2_000 * VISIBILITY_SECONDS)
  await before.stop()
  const deliveries = receives.size

  const after = await drain()
  expect(states.at(-1)).toMatchObject({ state: 'open', reason: expect.stringMatching(/ECONN/) })
  await sleep(1_000 * VISIBILITY_SECONDS)
  expect(receives.size).toBe(deliveries)
  expect(await countLeft(EVENTS_QUEUE)).toBe(40)

  server = await startClickHouse({ dataDir: join(directory, 'clickhouse'), port })
  await drained()
  await until(async () => (await readLocalBreaker(directory)).state === 'closed')
  await after.stop()
  expect(Math.max(...receives.values())).toBeLessThanOrEqual(3)
  expect(await countLeft(EVENTS_DEAD_LETTER_QUEUE)).toBe(0)
  expect(await countRows('outage')).toBe(55 * ROWS)
})

test('a table that begins to refuse every block costs each message three receives at most', async () => {
  const draining = await drain()
  await send(EVENTS_QUEUE, 'taken', 1)
  await drained()
  await clickhouse.command({ query: 'ALTER TABLE resource_events ADD CONSTRAINT refuses CHECK 0' })
  await send(EVENTS_QUEUE, 'refused', 12)
  await until(isOpen)
  await sleep(3_000 * VISIBILITY_SECONDS)
  expect(await isOpen()).toBe(true)
  await clickhouse.command({ query: 'ALTER TABLE resource_events DROP CONSTRAINT refuses' })
  await drained()
  await draining.stop()
  expect(Math.max(...receives.values())).toBeLessThanOrEqual(3)
  expect(await countLeft(EVENTS_DEAD_LETTER_QUEUE)).toBe(0)
  expect(await countRows('refused')).toBe(12 * ROWS)
})

test('stores what is new before a backfill that was there first is through', async () => {
  await send(BACKFILL_QUEUE, 'old', 80)
  const slowly = (ingester: Ingester) => {
    const counting = countReceives(ingester)
    return async (...args: Parameters<Ingester>) => {
      await sleep(200)
      return await counting(...args)
    }
  }
  const draining = await drain({ wrapIngester: slowly })
  await until(async () => ended.length > 0)
  await send(EVENTS_QUEUE, 'new', 1)
  await drained()
  await draining.stop()
  const position = ended.indexOf(EVENTS_QUEUE)
  expect(position).toBeGreaterThan(0)
  expect(position).toBeLessThan(79)
  expect(await countRows('old')).toBe(80 * ROWS)
})
