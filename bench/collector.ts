// From what a collector observes to blocks that are ready for the queue, with Native and with JSON blocks, in one run.
//   node bench/collector.ts [events]
import { createPublisher, type Observation } from '@polo/collectors'
import {
  type Block,
  formatEnvelope,
  formatRow,
  freezeEncodedRows,
  NativeEncoder,
  parseConfig,
  QUEUED_SCHEMAS,
  type ResourceEvent,
} from '@polo/core'
import { createEventMaker } from '../packages/collectors/src/run/observation-to-event.ts'
import { sampleEvent } from './sample-events.ts'

const EVENTS = Number(process.argv[2] ?? 500_000)
const OBSERVED = 20_000
const ROUNDS = Math.max(1, Math.round(EVENTS / OBSERVED))
/** What the publisher comes to on such events. */
const ROWS_PER_BLOCK = 10_000
const RUN_ID = '2d8a3a52-6a4c-4d0e-9a45-0c3f5a0f6f11'
const HEAD = {
  schema: 'resource_event/1',
  run_id: RUN_ID,
  collector: 'config_ec2',
  created_at: '2026-01-15T00:00:02.000Z',
} as const

interface Cost {
  readonly cpuMs: number
  readonly wallMs: number
}

/** What `sampleEvent` would have been observed as. */
function observe(index: number): Observation {
  const event = sampleEvent(index, '2026-01-15T00:00:00.000Z', '2026-01-15T00:00:01.000Z')
  const { resource_type, resource_id, resource_arn, resource_name, properties } = event
  const tags = { team: event.marqo_customer, env: event.marqo_env, Name: resource_name }
  return { resource_type, resource_id, resource_arn, resource_name, tags, properties }
}

/** A new slot is a new event of the same resource. */
function eventMaker(round: number): (observation: Observation) => ResourceEvent {
  return createEventMaker({
    collector: {
      name: 'config_ec2',
      resourceTypes: { 'ec2:instance': { description: '', properties: {}, isParent: true } },
    },
    account: { id: '100000000001', role: 'production', tagDefaults: {} },
    region: 'us-east-1',
    slot: new Date(Date.UTC(2026, 0, 15, 0, 15 * round)),
    observedAt: new Date(Date.UTC(2026, 0, 15, 0, 15 * round, 1)),
    config: parseConfig({}),
  })
}

async function measure(work: () => Promise<void> | void): Promise<Cost> {
  const cpu = process.cpuUsage()
  const wall = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - wall }
}

/** The collector side as it is: observation, event, block, and a queue that takes everything. */
async function publishAll(observations: readonly Observation[]): Promise<void> {
  const publisher = createPublisher({
    sink: { send: async () => {} },
    schema: HEAD.schema,
    runId: RUN_ID,
    collector: HEAD.collector,
    onTooLarge(error) {
      throw error
    },
  })
  for (let round = 0; round < ROUNDS; round++) {
    const toEvent = eventMaker(round)
    for (const observation of observations) await publisher.publish(toEvent(observation))
  }
  const { error } = await publisher.finish()
  if (error) throw error
}

function makeAll(observations: readonly Observation[]): void {
  for (let round = 0; round < ROUNDS; round++) observations.forEach(eventMaker(round))
}

function blocksOf(events: readonly ResourceEvent[]): ResourceEvent[][] {
  return Array.from({ length: Math.ceil(events.length / ROWS_PER_BLOCK) }, (_, index) =>
    events.slice(index * ROWS_PER_BLOCK, (index + 1) * ROWS_PER_BLOCK),
  )
}

const encoder = new NativeEncoder(QUEUED_SCHEMAS[HEAD.schema])
const ENCODERS = {
  Native(events: readonly ResourceEvent[]): Buffer {
    encoder.clear()
    for (const event of events) encoder.append(event)
    return encoder.body()
  },
  JSONEachRow: (events: readonly ResourceEvent[]) => Buffer.from(events.map(formatRow).join('')),
} as const

/** What encoding and packing cost per event in a format, and what the queue then carries. */
async function measureFormat(format: keyof typeof ENCODERS, events: readonly ResourceEvent[]) {
  const blocks = blocksOf(events)
  const rounds = Array.from({ length: ROUNDS }, () => blocks).flat()
  const raws = blocks.map((block) => ({ raw: Buffer.from(ENCODERS[format](block)), rows: block.length }))
  let base64Bytes = 0
  const pack = ({ raw, rows }: { raw: Buffer; rows: number }): Block => {
    const block = freezeEncodedRows(raw, rows, format)
    base64Bytes += formatEnvelope(HEAD, block).length
    return block
  }
  const encoding = await measure(() => rounds.forEach((block) => void ENCODERS[format](block)))
  const packing = await measure(() => {
    for (let round = 0; round < ROUNDS; round++) raws.forEach(pack)
  })
  const rawBytes = raws.reduce((bytes, { raw }) => bytes + raw.length, 0)
  const count = ROUNDS * events.length
  return { encoding, packing, rawBytes: rawBytes / events.length, queueBytes: base64Bytes / count }
}

const observations = Array.from({ length: OBSERVED }, (_, index) => observe(index))
const events = observations.map(eventMaker(0))
const count = ROUNDS * OBSERVED

// A first round of everything, so that what follows is compiled.
makeAll(observations.slice(0, 2_000))
ENCODERS.Native(events)
ENCODERS.JSONEachRow(events)

const whole = await measure(() => publishAll(observations))
const making = await measure(() => makeAll(observations))
const native = await measureFormat('Native', events)
const json = await measureFormat('JSONEachRow', events)

const perSecond = (ms: number) => Math.round(count / (ms / 1_000)).toLocaleString('en-US')
const microseconds = ({ cpuMs }: Cost) => ((cpuMs * 1_000) / count).toFixed(2)
const line = (name: string, figure: string, unit: string) =>
  console.log(`${name.padEnd(58)} ${figure.padStart(9)} ${unit}`)
const jsonWhole = making.cpuMs + json.encoding.cpuMs + json.packing.cpuMs
const nativeWhole = making.cpuMs + native.encoding.cpuMs + native.packing.cpuMs

console.log(`${count.toLocaleString('en-US')} events`)
line('observation → event → block → sink, per core (CPU time)', perSecond(whole.cpuMs), 'events/s')
line('the same by the clock', perSecond(whole.wallMs), 'events/s')
line('  making, validating and identifying an event', microseconds(making), 'µs')
for (const [name, format] of Object.entries({ Native: native, JSON: json })) {
  line(`  ${name}: encoding`, microseconds(format.encoding), 'µs')
  line(`  ${name}: compression, hash and base64`, microseconds(format.packing), 'µs')
  line(`  ${name}: bytes per event before compression`, format.rawBytes.toFixed(1), 'B')
  line(`  ${name}: bytes per event in the queue, after base64`, format.queueBytes.toFixed(1), 'B')
}
console.log(`Native ÷ JSON, events/s                ${(jsonWhole / nativeWhole).toFixed(2)}`)
console.log(`Native ÷ JSON, bytes in the queue      ${(native.queueBytes / json.queueBytes).toFixed(2)}`)
