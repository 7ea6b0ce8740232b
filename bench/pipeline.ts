// From a collector's events to stored rows on one machine, beside the engine alone and the naive way, in one run.
//   node bench/pipeline.ts [rows]
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { zstdCompressSync } from 'node:zlib'
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import { createPublisher, createSqsSink } from '@polo/collectors'
import { parseConfig, parseEnvelope } from '@polo/core'
import { connectClickHouse } from '@polo/ingester'
import { type Runtime, sqsClient, startRuntime } from '@polo/local'
import pLimit from 'p-limit'
import { sampleEvent } from './sample-events.ts'

const ROWS = Number(process.argv[2] ?? 300_000)
const NAIVE_ROWS = Math.min(ROWS, 10_000)
const ENGINE_CONCURRENCY = 4
const OBSERVED_AT = '2026-01-15T00:00:01.000Z'
const RUN_ID = '2d8a3a52-6a4c-4d0e-9a45-0c3f5a0f6f11'

interface Bench {
  readonly runtime: Runtime
  readonly clickhouse: ClickHouseClient
}

interface EncodedBlock {
  readonly data: Buffer
  readonly format: 'JSONEachRow' | 'Native'
}

/** A slot of its own per way, so that no way finds its rows already there. */
const slotOf = (minute: number) => new Date(Date.UTC(2026, 0, 15, 0, minute)).toISOString()

async function* events(rows: number, slot: string) {
  for (let index = 0; index < rows; index++) yield sampleEvent(index, slot, OBSERVED_AT)
}

async function countRows(clickhouse: ClickHouseClient, slot: string): Promise<number> {
  const result = await clickhouse.query({
    query: `SELECT count() AS rows FROM resource_events WHERE event_time = {slot: DateTime64(3, 'UTC')}`,
    query_params: { slot: new Date(slot) },
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ rows: string }>()
  return Number(row?.rows ?? 0)
}

async function untilStored(clickhouse: ClickHouseClient, slot: string, rows: number): Promise<void> {
  while ((await countRows(clickhouse, slot)) < rows) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** Rows per second of wall-clock time. */
async function rate(rows: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return rows / ((performance.now() - started) / 1_000)
}

async function freezeEvents(slot: string): Promise<EncodedBlock[]> {
  const blocks: EncodedBlock[] = []
  const publisher = createPublisher({
    sink: {
      send: async (body) => void blocks.push({ data: parseEnvelope(body).block.data, format: 'JSONEachRow' }),
    },
    schema: 'resource_event/1',
    runId: RUN_ID,
    collector: 'config_ec2',
    onTooLarge: fail,
  })
  for await (const event of events(ROWS, slot)) await publisher.publish(event)
  await publisher.finish()
  return blocks
}

async function asNative({ clickhouse }: Bench, blocks: readonly EncodedBlock[]): Promise<EncodedBlock[]> {
  await clickhouse.command({ query: 'CREATE TABLE bench_conversion AS resource_events ENGINE = Memory' })
  const native: EncodedBlock[] = []
  for (const block of blocks) {
    await insertEncoded(clickhouse, 'bench_conversion', block)
    const { stream } = await clickhouse.exec({ query: 'SELECT * FROM bench_conversion FORMAT Native' })
    native.push({ data: zstdCompressSync(await buffer(stream)), format: 'Native' })
    await clickhouse.command({ query: 'TRUNCATE TABLE bench_conversion' })
  }
  return native
}

async function insertEncoded(clickhouse: ClickHouseClient, table: string, { data, format }: EncodedBlock) {
  const { stream } = await clickhouse.exec({
    query: `INSERT INTO ${table} FORMAT ${format}`,
    values: Readable.from(data, { objectMode: false }),
    http_headers: { 'Content-Encoding': 'zstd' },
    clickhouse_settings: { date_time_input_format: 'best_effort', async_insert: 0, insert_deduplicate: 0 },
  })
  await text(stream)
}

function engineAlone({ clickhouse }: Bench, blocks: readonly EncodedBlock[]): Promise<number> {
  const limit = pLimit(ENGINE_CONCURRENCY)
  return rate(ROWS, async () => {
    await Promise.all(blocks.map((block) => limit(insertEncoded, clickhouse, 'resource_events', block)))
  })
}

function throughPolo({ runtime, clickhouse }: Bench, slot: string): Promise<number> {
  const client = sqsClient(runtime.addresses.sqsEndpoint)
  return rate(ROWS, async () => {
    const publisher = createPublisher({
      sink: createSqsSink({ client, queueUrl: runtime.addresses.queueUrl }),
      schema: 'resource_event/1',
      runId: RUN_ID,
      collector: 'config_ec2',
      onTooLarge: fail,
    })
    for await (const event of events(ROWS, slot)) await publisher.publish(event)
    const { error } = await publisher.finish()
    if (error) throw error
    await untilStored(clickhouse, slot, ROWS)
  })
}

/** One message an event, sent in tens; each batch of ten is parsed and inserted as objects. */
async function theNaiveWay({ runtime, clickhouse }: Bench, slot: string): Promise<number> {
  const client = sqsClient(runtime.addresses.sqsEndpoint)
  const QueueUrl = runtime.addresses.deadLetterQueueUrl
  const send = async () => {
    const batch: string[] = []
    const flush = async () => {
      const Entries = batch.splice(0).map((MessageBody, index) => ({ Id: String(index), MessageBody }))
      if (Entries.length > 0) await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
    }
    for await (const event of events(NAIVE_ROWS, slot)) {
      batch.push(JSON.stringify(event))
      if (batch.length === 10) await flush()
    }
    await flush()
  }
  let stored = 0
  const consume = async () => {
    while (stored < NAIVE_ROWS) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      )
      if (Messages.length === 0) continue
      const values = Messages.map(({ Body = '{}' }): unknown => JSON.parse(Body))
      await clickhouse.insert({
        table: 'resource_events',
        values,
        format: 'JSONEachRow',
        clickhouse_settings: { date_time_input_format: 'best_effort' },
      })
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
      stored += values.length
    }
  }
  return rate(NAIVE_ROWS, async () => {
    await Promise.all([send(), consume(), consume()])
  })
}

function fail(error: Error): never {
  throw error
}

const dataDir = await mkdtemp(join(tmpdir(), 'polo-bench-'))
const runtime = await startRuntime({ dataDir, config: parseConfig({}) })
const clickhouse = connectClickHouse({
  url: runtime.addresses.clickhouseUrl,
  database: runtime.addresses.database,
})
try {
  const bench = { runtime, clickhouse }
  const polo = await throughPolo(bench, slotOf(1))
  const json = await engineAlone(bench, await freezeEvents(slotOf(2)))
  const native = await engineAlone(bench, await asNative(bench, await freezeEvents(slotOf(3))))
  const naive = await theNaiveWay(bench, slotOf(4))
  const line = (name: string, rows: number) =>
    console.log(`${name.padEnd(58)} ${Math.round(rows).toLocaleString('en-US').padStart(9)} rows/s`)
  console.log(`${ROWS.toLocaleString('en-US')} rows (the naive way: ${NAIVE_ROWS.toLocaleString('en-US')})`)
  line('Polo: events → blocks → SQS → ingester → stored', polo)
  line(`engine alone, the same blocks (JSON), ${ENGINE_CONCURRENCY} at a time`, json)
  line(`engine alone, the same rows as Native blocks, ${ENGINE_CONCURRENCY} at a time`, native)
  line('the naive way: a message an event, parsed, inserted as objects', naive)
  console.log(`Polo ÷ engine alone (JSON)    ${(polo / json).toFixed(2)}`)
  console.log(`Polo ÷ engine alone (Native)  ${(polo / native).toFixed(2)}`)
  console.log(`Polo ÷ the naive way          ${(polo / naive).toFixed(1)}`)
} finally {
  await clickhouse.close()
  await runtime.stop()
  await rm(dataDir, { recursive: true, force: true })
}
