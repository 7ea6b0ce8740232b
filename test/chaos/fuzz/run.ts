// Throws mutated messages at the ingester, over real ClickHouse and a real dead-letter queue.
//   node test/chaos/fuzz/run.ts [--messages 100000] [--seed 1] [--only INDEX]
import { parseArgs } from 'node:util'
import { startChild } from '@polo/local'
import { startPipeline } from '../../ingester/pipeline.ts'
import { MEBIBYTE, sampleMemory } from '../memory/process-memory.ts'
import { checkTables, readFixtures } from './check-tables.ts'
import { openDeadLetterBox } from './dead-letter-box.ts'
import { createTarget } from './deliver.ts'
import type { IngesterServerOptions } from './ingester-server.ts'
import { createMutant, createNeighbour, createOpening, type FuzzedMessage } from './mutant.ts'
import { checkRedrive } from './redrive.ts'
import { createTally } from './tally.ts'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})
const MESSAGES = values.only === undefined ? Number(values.messages) : 1
const SEED = Number(values.seed)
/** Of the messages of a batch, which are ten as on the event source mapping; the tenth is a good one. */
const MUTANTS_A_BATCH = 9
/** Invocations at a time, as the event source mapping has them on one machine. */
const CONCURRENCY = 2
const NEIGHBOURS_FROM = 100_000_000
/** Of the ingester. Whatever is thrown at it, it opens a few blocks of at most 64 MiB at a time. */
const MEMORY_LIMIT_BYTES = 1_024 * MEBIBYTE

const say = (line: string) => process.stdout.write(`${line}\n`)
const mebibytes = (bytes: number) => `${Math.round(bytes / MEBIBYTE)} MiB`
let isInterrupted = false
// What was sent until then is judged all the same.
process.once('SIGINT', () => {
  isInterrupted = true
})

const polo = await startPipeline()
const options: IngesterServerOptions = {
  clickhouseUrl: polo.url,
  database: polo.database,
  sqsEndpoint: new URL(polo.deadLetterQueueUrl).origin,
  deadLetterQueueUrl: polo.deadLetterQueueUrl,
  controlSenders: polo.controlSenders,
}
const entry = new URL('./ingester-server.ts', import.meta.url)
const ingester = await startChild({ name: 'ingester', entry, options })
const tally = createTally((complaint) => say(`NOT OK: ${complaint}`))
const box = openDeadLetterBox(polo.sqs, polo.deadLetterQueueUrl)
const target = createTarget({ port: ingester.port, tally, box })
let peak = 0
const sampler = sampleMemory(ingester.pid, 50, (memory) => {
  peak = Math.max(peak, memory?.peak ?? 0)
})

function* batches(): Generator<FuzzedMessage[]> {
  for (let first = 0; first < MESSAGES; first += MUTANTS_A_BATCH) {
    const count = Math.min(MUTANTS_A_BATCH, MESSAGES - first)
    const batch = Array.from({ length: count }, (_, index) =>
      createMutant(SEED, values.only === undefined ? first + index + 1 : Number(values.only)),
    )
    batch.splice(first % (count + 1), 0, createNeighbour(SEED, NEIGHBOURS_FROM + first))
    yield batch
  }
}

async function throwAll(): Promise<void> {
  const source = batches()
  const worker = async () => {
    for (const batch of source) {
      if (isInterrupted) return
      await target.deliver(batch)
      if (tally.sent % 5_000 < batch.length) say(`${tally.sent} sent, peak ${mebibytes(peak)}`)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

try {
  const fixtures = await readFixtures(polo.clickhouse)
  await target.deliver(createOpening(SEED))
  const startedAt = performance.now()
  const died = ingester.exited.then(({ code, signal }) => {
    throw new Error(`the ingester ended (${signal ?? code}) while it had ${target.underWay().join(', ')}`)
  })
  await Promise.race([throwAll(), died])
  const seconds = (performance.now() - startedAt) / 1_000
  const complaints = [
    ...(await box.close()),
    ...(await checkTables(polo.clickhouse, { fixtures, ...tally.stored })),
    ...(await checkRedrive(polo, target)),
    ...(peak <= MEMORY_LIMIT_BYTES ? [] : [`the ingester took ${mebibytes(peak)}`]),
  ]
  await sampler.stop()
  say(
    `seed ${SEED}: ${tally.sent} messages in ${seconds.toFixed(0)} s (${Math.round(tally.sent / seconds)}/s)`,
  )
  for (const line of tally.summary()) say(line)
  say(`${box.received} dead letters; the ingester's memory at its peak: ${mebibytes(peak)}`)
  for (const complaint of complaints.slice(0, 50)) say(`NOT OK: ${complaint}`)
  const total = complaints.length + tally.complaints.length
  say(total === 0 ? 'all is well' : `${total} complaints`)
  process.exitCode = total === 0 ? 0 : 1
} finally {
  await ingester.stop()
  await polo.stop()
}
