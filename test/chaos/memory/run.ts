// The ingester's memory at full speed: as in production, fed by the production publisher.
//   node test/chaos/memory/run.ts [--events 6000000]
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ClickHouseClient } from '@clickhouse/client'
import { connectClickHouse } from '@polo/ingester'
import { type Runtime, startRuntime } from '@polo/local'
import { KEEPING_SAMPLES } from '../../ingester/factories.ts'
import { feed } from './feed.ts'
import { judgeMemory, type MemorySample } from './judge-memory.ts'
import { MEBIBYTE, sampleMemory } from './process-memory.ts'

const { values } = parseArgs({ options: { events: { type: 'string', default: '6000000' } } })
const EVENTS = Number(values.events)
const SAMPLE_MS = 100

const say = (line: string) => process.stdout.write(`${line}\n`)
const mebibytes = (bytes: number) => `${(bytes / MEBIBYTE).toFixed(1)} MiB`

/** How many events are stored, kept up to date until `stop`. */
function countStored(clickhouse: ClickHouseClient) {
  let stored = 0
  let isOver = false
  const count = async () => {
    const result = await clickhouse.query({
      query: 'SELECT count() AS rows FROM resource_events',
      format: 'JSONEachRow',
    })
    const [row] = await result.json<{ rows: string }>()
    stored = Number(row?.rows ?? 0)
  }
  const loop = async () => {
    // A count that fails is made again: what is measured here is another process.
    while (!isOver) await Promise.all([count().catch(() => {}), sleep(SAMPLE_MS)])
  }
  const ended = loop()
  return {
    stored: () => stored,
    async stop() {
      isOver = true
      await ended
    },
  }
}

interface Measured {
  readonly samples: readonly MemorySample[]
  readonly events: number
}

async function measure(pid: number, { addresses }: Runtime, stored: () => number): Promise<Measured> {
  const samples: MemorySample[] = []
  let told = 0
  const sampler = sampleMemory(pid, SAMPLE_MS, (memory) => {
    if (!memory) return
    samples.push({ rows: stored(), memory })
    if (stored() - told < EVENTS / 10) return
    told = stored()
    say(`${told.toLocaleString('en-US').padStart(10)} events: ${mebibytes(memory.resident)}`)
  })
  const events = await feed(addresses, EVENTS, stored)
  while (stored() < events) await sleep(SAMPLE_MS)
  await sampler.stop()
  return { samples, events }
}

const dataDir = await mkdtemp(join(tmpdir(), 'polo-memory-'))
const runtime = await startRuntime({ dataDir, config: KEEPING_SAMPLES })
const clickhouse = connectClickHouse({
  url: runtime.addresses.clickhouseUrl,
  database: runtime.addresses.database,
})
const counter = countStored(clickhouse)
try {
  const { ingester } = runtime.pids()
  if (ingester === undefined) throw new Error('there is no ingester to measure')
  const ended = runtime.failed.then((part) => {
    throw new Error(`ended by itself: ${part}`)
  })
  const startedAt = performance.now()
  const { samples, events } = await Promise.race([measure(ingester, runtime, counter.stored), ended])
  if (runtime.pids().ingester !== ingester) throw new Error('the ingester ended and was replaced')
  const seconds = (performance.now() - startedAt) / 1_000
  const { peak, firstThird, lastThird, growth, complaints } = judgeMemory(samples, events)
  say(
    `${events.toLocaleString('en-US')} events in ${seconds.toFixed(0)} s: ${Math.round(events / seconds)}/s`,
  )
  say(`ingester's memory: peak ${mebibytes(peak)}`)
  say(`first third ${mebibytes(firstThird)}, last third ${mebibytes(lastThird)} (medians)`)
  say(`growth ${mebibytes(growth)}`)
  for (const complaint of complaints) say(`NOT OK: ${complaint}`)
  process.exitCode = complaints.length === 0 ? 0 : 1
} finally {
  await counter.stop()
  await clickhouse.close()
  await runtime.stop()
  await rm(dataDir, { recursive: true, force: true })
}
