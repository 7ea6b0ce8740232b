// How soon an event can be queried, through the whole pipeline on one machine, at a steady rate and without a window.
//   node bench/freshness.ts [seconds] [events a second] [events a run]
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BlockSink, createPublisher, createSqsSink } from '@polo/collectors'
import { parseConfig } from '@polo/core'
import { connectClickHouse } from '@polo/ingester'
import { sqsClient, startRuntime } from '@polo/local'
import { percentile, printTable, thousands } from './measure.ts'
import { COLLECTOR, SCHEMA, sampleEvents, slotOf } from './sample-blocks.ts'

const SECONDS = Number(process.argv[2] ?? 60)
const EVENTS_PER_SECOND = Number(process.argv[3] ?? 5_000)
const EVENTS_PER_RUN = Number(process.argv[4] ?? 1_000)
const RUNS = Math.round((SECONDS * EVENTS_PER_SECOND) / EVENTS_PER_RUN)
const WARM_UP_RUNS = 10
const RUN_MS = (1_000 * EVENTS_PER_RUN) / EVENTS_PER_SECOND
/** Events are handed over in steps of this many. */
const STEP_EVENTS = 50
const POLL_MS = 50
const PATIENCE_MS = 60_000
const TARGET_P99_MS = 2_000

/** One run's events, and when they passed each place, in milliseconds. */
interface Run {
  readonly slot: string
  readonly handedOver: number[]
  takenBySqs: number
  queryable: number
}

const directory = await mkdtemp(join(tmpdir(), 'polo-bench-'))
const runtime = await startRuntime({ dataDir: directory, config: parseConfig({}) })
const { clickhouseUrl: url, database, sqsEndpoint, queueUrl } = runtime.addresses
const clickhouse = connectClickHouse({ url, database })
const sink = createSqsSink({ client: sqsClient(sqsEndpoint), queueUrl })
const waiting = new Map<string, Run>()
/** Made ahead, so that making them takes no time from what is measured. */
const templates = sampleEvents(EVENTS_PER_RUN, slotOf(0))

async function publishRun(run: Run, startsAt: number): Promise<void> {
  const timed: BlockSink = {
    async send(body) {
      await sink.send(body)
      run.takenBySqs = performance.now()
    },
  }
  const publisher = createPublisher({
    sink: timed,
    schema: SCHEMA,
    runId: randomUUID(),
    collector: COLLECTOR,
    onTooLarge(error) {
      throw error
    },
  })
  for (let index = 0; index < EVENTS_PER_RUN; index++) {
    if (index % STEP_EVENTS === 0) {
      await sleep(Math.max(startsAt + (RUN_MS * index) / EVENTS_PER_RUN - performance.now(), 0))
    }
    run.handedOver.push(performance.now())
    await publisher.publish({ ...templates[index], event_id: randomUUID(), event_time: run.slot })
  }
  const { error } = await publisher.finish()
  if (error) throw error
  waiting.set(run.slot, run)
}

/** Marks the runs whose events are all there. */
async function lookForRuns(): Promise<void> {
  const slots = [...waiting.keys()]
  if (slots.length === 0) return
  const result = await clickhouse.query({
    query: `SELECT toString(event_time) AS time FROM resource_events
            WHERE event_time IN ({slots: Array(DateTime64(3, 'UTC'))})
            GROUP BY event_time HAVING count() >= {rows: UInt32}`,
    query_params: {
      slots: slots.map((slot) => slot.replace('T', ' ').replace('Z', '')),
      rows: EVENTS_PER_RUN,
    },
    format: 'JSONEachRow',
  })
  const now = performance.now()
  for (const { time } of await result.json<{ time: string }>()) {
    const slot = `${time.replace(' ', 'T')}Z`
    const run = waiting.get(slot)
    if (run) run.queryable = now
    waiting.delete(slot)
  }
}

async function poll(until: () => boolean): Promise<void> {
  while (!until()) {
    await lookForRuns()
    await sleep(POLL_MS)
  }
}

function line(name: string, latencies: readonly number[], target: string): [string, string, string] {
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)]
  return [name, `p50 ${thousands(p50)} ms, p99 ${thousands(p99)} ms`, target]
}

try {
  const runs: Run[] = []
  let published = 0
  const start = performance.now()
  const end = start + (RUNS + WARM_UP_RUNS) * RUN_MS + PATIENCE_MS
  const allSeen = () => performance.now() > end || (published === RUNS + WARM_UP_RUNS && waiting.size === 0)
  const polling = poll(allSeen)
  const publishing: Promise<void>[] = []
  for (let index = 0; index < RUNS + WARM_UP_RUNS; index++) {
    const startsAt = start + index * RUN_MS
    await sleep(Math.max(startsAt - performance.now(), 0))
    const run: Run = { slot: slotOf(index), handedOver: [], takenBySqs: Number.NaN, queryable: Number.NaN }
    if (index >= WARM_UP_RUNS) runs.push(run)
    publishing.push(publishRun(run, startsAt).then(() => void published++))
  }
  await Promise.all(publishing)
  const took = (performance.now() - start) / 1_000
  await polling
  const seen = runs.filter(({ queryable }) => !Number.isNaN(queryable))
  const target = `p99 under ${thousands(TARGET_P99_MS)} ms`
  const rate = ((RUNS + WARM_UP_RUNS) * EVENTS_PER_RUN) / took
  printTable(`Freshness: ${RUNS} runs of ${thousands(EVENTS_PER_RUN)} events`, [
    ['events a second', thousands(rate), thousands(EVENTS_PER_SECOND)],
    line(
      'handed to the publisher → queryable',
      seen.flatMap(({ handedOver, queryable }) => handedOver.map((time) => queryable - time)),
      target,
    ),
    line(
      "run's last block taken by SQS → queryable",
      seen.map(({ takenBySqs, queryable }) => queryable - takenBySqs),
      target,
    ),
    ['runs not seen within a minute', String(runs.length - seen.length), '0'],
  ])
} finally {
  await clickhouse.close()
  await runtime.stop()
  await rm(directory, { recursive: true, force: true })
}
