// What a million inventory events cost on AWS in the queue and the ingester, by the sizes and times measured here.
//   node bench/cost.ts [events] [rounds]
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SQSClient } from '@aws-sdk/client-sqs'
import { COLLECTORS, createPublisher } from '@polo/collectors'
import { parseConfig, parseEnvelope } from '@polo/core'
import { connectClickHouse, createIngester, SqsEvent } from '@polo/ingester'
import {
  collect,
  recordedAws,
  sampleEstateCollectors,
  sampleEstateDirectory,
  samplePayerAccount,
  startRuntime,
} from '@polo/local'
import { cpuSecondsOf, median, printTable, thousands } from './measure.ts'
import { COLLECTOR, lambdaEventOf, RUN_ID, SCHEMA, sampleEvents, slotOf } from './sample-blocks.ts'

const EVENTS = Number(process.argv[2] ?? 100_000)
const ROUNDS = Number(process.argv[3] ?? 3)
const TARGETS = { bytes: 120, dollars: 0.002 } as const

/** us-east-1, beyond the free tier; https://aws.amazon.com/sqs/pricing and https://aws.amazon.com/lambda/pricing, 2025. */
const PRICES = {
  sqsRequest: 0.4 / 1e6,
  lambdaInvocation: 0.2 / 1e6,
  /** arm64. */
  lambdaGbSecond: 0.0000133334,
} as const
/** Of a message's body, each counts as a request of its own, when it is sent and when it is received. */
const SQS_CHUNK_BYTES = 64 * 1024
const DELETES_PER_REQUEST = 10
/** Serialized, under 6 MB with what Lambda adds. */
const EVENT_BYTES = 5_500_000
const LAMBDA_MEMORY_MB = 512
/** At this much memory a function has one CPU; with less, a share of it. */
const MEMORY_OF_ONE_CPU_MB = 1_769

interface Invocation {
  readonly wallSeconds: number
  readonly cpuSeconds: number
}

/** The bodies of one long run: what a large account's collector sends. */
async function publish(slot: string): Promise<string[]> {
  const bodies: string[] = []
  const publisher = createPublisher({
    sink: { send: async (body) => void bodies.push(body) },
    schema: SCHEMA,
    runId: RUN_ID,
    collector: COLLECTOR,
    onTooLarge(error) {
      throw error
    },
  })
  for (const event of sampleEvents(EVENTS, slot)) await publisher.publish(event)
  const { error } = await publisher.finish()
  if (error) throw error
  return bodies
}

/** The bodies of the recorded sample estate: real answers of AWS, in runs of a few events each. */
async function collectSampleEstate(): Promise<string[]> {
  const bodies: string[] = []
  await collect({
    collectors: COLLECTORS.filter(({ name }) => sampleEstateCollectors.includes(name)),
    aws: recordedAws({ directory: sampleEstateDirectory }),
    sink: { send: async (body) => void bodies.push(body) },
    config: parseConfig({ payerAccount: samplePayerAccount }),
    state: { read: async () => undefined, write: async () => {} },
    timeoutMs: 60_000,
    signal: new AbortController().signal,
  })
  return bodies.filter((body) => parseEnvelope(body).schema.name === SCHEMA)
}

function sizeOf(bodies: readonly string[]) {
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0)
  const events = bodies.reduce((sum, body) => sum + parseEnvelope(body).block.rows, 0)
  return { messages: bodies.length, events, bytesPerEvent: bytes / events }
}

/** Sent one by one, received and deleted in batches. */
function sqsRequests(bodies: readonly string[]): number {
  const sent = bodies.reduce((sum, body) => sum + Math.ceil(body.length / SQS_CHUNK_BYTES), 0)
  return sent * 2 + bodies.length / DELETES_PER_REQUEST
}

function batchesOf(bodies: readonly string[]): string[][] {
  const batches: string[][] = []
  let room = 0
  for (const body of bodies) {
    if (body.length > room) {
      batches.push([])
      room = EVENT_BYTES
    }
    batches.at(-1)?.push(body)
    room -= body.length
  }
  return batches
}

/** The ingester in this process, storing into the embedded engine, which works on the same cores. */
async function measureInvocations(rounds: readonly string[][]): Promise<Invocation[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'polo-bench-'))
  const runtime = await startRuntime({ dataDir, config: parseConfig({}) })
  const { clickhouseUrl: url, database, deadLetterQueueUrl } = runtime.addresses
  const clickhouse = connectClickHouse({ url, database })
  const ingest = createIngester({
    clickhouse,
    sqs: new SQSClient({ region: 'us-east-1' }),
    deadLetterQueueUrl,
    controlSenders: [],
  })
  try {
    const invocations: Invocation[] = []
    for (const bodies of rounds) {
      for (const batch of batchesOf(bodies)) {
        const event = lambdaEventOf(batch)
        const started = performance.now()
        const cpuSeconds = await cpuSecondsOf(async () => {
          const { batchItemFailures } = await ingest(SqsEvent.parse(JSON.parse(event)))
          if (batchItemFailures.length > 0) throw new Error('blocks were not stored')
        })
        invocations.push({ wallSeconds: (performance.now() - started) / 1_000, cpuSeconds })
      }
    }
    return invocations
  } finally {
    await clickhouse.close()
    await runtime.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const dollars = (value: number) => `$${value.toFixed(6)}`
const estate = sizeOf(await collectSampleEstate())
const rounds: string[][] = []
for (let round = 0; round <= ROUNDS; round++) rounds.push(await publish(slotOf(round)))
const [bodies = []] = rounds
const large = sizeOf(bodies)
const perMillion = 1e6 / large.events
const perRound = batchesOf(bodies).length
// The first round warms up.
const invocations = (await measureInvocations(rounds)).slice(perRound)
const wall = median(invocations.map(({ wallSeconds }) => wallSeconds))
const cpu = median(invocations.map(({ cpuSeconds }) => cpuSeconds))
// With a share of a CPU, what needs it takes longer; waiting for ClickHouse does not.
const billedSeconds = Math.max(wall - cpu, 0) + (cpu * MEMORY_OF_ONE_CPU_MB) / LAMBDA_MEMORY_MB
const costs = {
  sqs: sqsRequests(bodies) * perMillion * PRICES.sqsRequest,
  invocations: perRound * perMillion * PRICES.lambdaInvocation,
  duration: perRound * perMillion * billedSeconds * (LAMBDA_MEMORY_MB / 1_024) * PRICES.lambdaGbSecond,
}
const bytes = `at most ${TARGETS.bytes}`
printTable(
  `Cost of a million inventory events, ${LAMBDA_MEMORY_MB} MB of arm64 Lambda, prices of us-east-1`,
  [
    [
      `bytes an event in the queue, a run of ${thousands(large.events)}`,
      large.bytesPerEvent.toFixed(1),
      bytes,
    ],
    [
      `bytes an event in the queue, sample estate (${estate.events} in ${estate.messages} messages)`,
      estate.bytesPerEvent.toFixed(1),
      bytes,
    ],
    ['SQS requests', thousands(sqsRequests(bodies) * perMillion), ''],
    ['Lambda invocations', (perRound * perMillion).toFixed(1), ''],
    ['billed seconds an invocation', billedSeconds.toFixed(2), ''],
    ['SQS', dollars(costs.sqs), ''],
    ['Lambda, invocations', dollars(costs.invocations), ''],
    ['Lambda, duration', dollars(costs.duration), ''],
    [
      'together',
      dollars(costs.sqs + costs.invocations + costs.duration),
      `at most ${dollars(TARGETS.dollars)}`,
    ],
  ],
)
