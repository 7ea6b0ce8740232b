// The ingester's memory at full speed: as in production, fed by the production publisher.
//   node test/chaos/memory/run.ts [--events 1000000]
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ClickHouseClient } from '@clickhouse/client'
import { createPublisher, createSqsSink } from '@polo/collectors'
import { parseConfig } from '@polo/core'
import { connectClickHouse } from '@polo/ingester'
import { type Runtime, sqsClient, startRuntime } from '@polo/local'
import { sampleEvent } from '../../../bench/sample-events.ts'
import { judgeMemory, type MemorySample } from './judge-memory.ts'
import { MEBIBYTE, sampleMemory } from './process-memory.ts'

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } })
const EVENTS = Number(values.events)
/** Enough for the ingester never to wait for messages, and little enough for the queue's own memory. */
const MAX_BACKLOG = 300_000
const SAMPLE_MS = 100
const SLOT = '2026-01-15T00:00:00.000Z'
const OBSERVED_AT = '2026-01-15T00:00:01.000Z'
const RUN_ID = '2d8a3a52-6a4c-4d0e-9a45-0c3f5a0f6f11'

const say = (line: string) => process.stdout.write(`${line}\n`)
const mebibytes = (bytes: number) => `${(bytes / MEBIBYTE).toFixed(1)} MiB`

/** How many rows are stored, kept up to date while `work` runs and until all are there. */
async function whileCounting(clickhouse: ClickHouseClient, work: (stored: () => number) => Promise<void>) {
  let stored = 0
  const count = async () => {
    const result = await clickhouse.query({
      query: 'SELECT count() AS rows FROM resource_events',
      format: 'JSONEachRow',
    })
    const [row] = await result.json<{ rows: string }>()
    stored = Number(row?.rows ?? 0)
  }
  const until = async () => {
    // A count that fails is made again: what is measured here is another process.
    while (stored < EVENTS) await Promise.all([count().catch(() => {}), sleep(SAMPLE_MS)])
  }
  await Promise.all([until(), work(() => stored)])
}

async function publishAll({ addresses }: Runtime, stored: () => number): Promise<void> {
  const client = sqsClient(addresses.sqsEndpoint)
  const publisher = createPublisher({
    sink: createSqsSink({ client, queueUrl: addresses.queueUrl }),
    schema: 'resource_event/1',
    runId: RUN_ID,
    collector: 'config_ec2',
    onTooLarge: (error) => {
      throw error
    },
  })
  for (let index = 0; index < EVENTS; index++) {
    while (index - stored() > MAX_BACKLOG) await sleep(SAMPLE_MS)
    await publisher.publish(sampleEvent(index, SLOT, OBSERVED_AT))
  }
  const { error } = await publisher.finish()
  client.destroy()
  if (error) throw error
}

async function measure(runtime: Runtime, clickhouse: ClickHouseClient): Promise<MemorySample[]> {
  const samples: MemorySample[] = []
  const { ingester } = runtime.pids()
  if (ingester === undefined) throw new Error('there is no ingester to measure')
  const ended = runtime.failed.then((part) => {
    throw new Error(`ended by itself: ${part}`)
  })
  const run = whileCounting(clickhouse, async (stored) => {
    let told = 0
    const sampler = sampleMemory(ingester, SAMPLE_MS, (memory) => {
      if (!memory) return
      samples.push({ rows: stored(), memory })
      if (stored() - told < EVENTS / 10) return
      told = stored()
      say(`${told.toLocaleString('en-US').padStart(10)} events: ${mebibytes(memory.resident)}`)
    })
    await publishAll(runtime, stored)
    while (stored() < EVENTS) await sleep(SAMPLE_MS)
    await sampler.stop()
  })
  await Promise.race([run, ended])
  if (runtime.pids().ingester !== ingester) throw new Error('the ingester ended and was replaced')
  return samples
}

const dataDir = await mkdtemp(join(tmpdir(), 'polo-memory-'))
const runtime = await startRuntime({ dataDir, config: parseConfig({}) })
const clickhouse = connectClickHouse({
  url: runtime.addresses.clickhouseUrl,
  database: runtime.addresses.database,
})
try {
  const startedAt = performance.now()
  const samples = await measure(runtime, clickhouse)
  const seconds = (performance.now() - startedAt) / 1_000
  const { peak, firstThird, lastThird, growth, complaints } = judgeMemory(samples, EVENTS)
  say(
    `${EVENTS.toLocaleString('en-US')} events in ${seconds.toFixed(0)} s: ${Math.round(EVENTS / seconds)}/s`,
  )
  say(`ingester's memory: peak ${mebibytes(peak)}`)
  say(`first third ${mebibytes(firstThird)}, last third ${mebibytes(lastThird)} (medians)`)
  say(`growth ${(growth * 100).toFixed(1)} %`)
  for (const complaint of complaints) say(`NOT OK: ${complaint}`)
  process.exitCode = complaints.length === 0 ? 0 : 1
} finally {
  await clickhouse.close()
  await runtime.stop()
  await rm(dataDir, { recursive: true, force: true })
}
