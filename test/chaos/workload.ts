import { type BlockSink, createPublisher, type PublishedBlock } from '@polo/collectors'
import {
  deterministicId,
  type EnvelopeFields,
  type EnvelopeHead,
  formatEnvelope,
  freezeBlock,
  openBlock,
  parseEnvelope,
  readBlockRows,
} from '@polo/core'
import { type Garbage, makeGarbage, type Row, spoilRow } from './poison.ts'
import type { Random } from './random.ts'

/** When one copy of a message is sent, and how long the queue then hides it. */
export interface Sending {
  readonly body: string
  readonly atMs: number
  readonly delaySeconds: number
  readonly queue: 'events' | 'backfill'
}

/** A run whose rows the production publisher packs while the storm lasts. */
export interface StreamedRun {
  readonly runId: string
  readonly rows: readonly Row[]
}

/** What one schedule sends. */
export interface Workload {
  readonly sendings: readonly Sending[]
  readonly streamed: readonly StreamedRun[]
  readonly garbage: readonly Garbage[]
  /** By resource id: what the poison rows would be without their fault. */
  readonly mended: ReadonlyMap<string, Row>
  /** Bodies of all blocks made by hand. */
  readonly bodies: readonly string[]
}

const COLLECTOR = 'config_ebs'
/** Three that are refused in a row would be taken for the table's fault while no good block is known. */
const MAX_WHOLLY_POISON = 2
const RESOURCE_TYPES = ['ebs:volume', 'ec2:instance', 'ec2:eni'] as const

export async function makeWorkload(seed: number, random: Random, stormMs: number): Promise<Workload> {
  const mended = new Map<string, Row>()
  const rowsOf = (label: string, count: number, { poison, asText }: Spoiling) => {
    const own = random.fork(label)
    // ClickHouse commits the partitions of a block one after the other.
    const isSpread = own.chance(0.3)
    const spoiled = new Set(
      poison === count ? range(count) : own.shuffle(range(count).slice(1)).slice(0, poison),
    )
    return range(count).map((index) => {
      const row = eventRow(`${seed}-${label}-${index}`, own, isSpread && own.chance(0.2))
      if (!spoiled.has(index)) return row
      mended.set(String(row.resource_id), row)
      return spoilRow(row, own, { asText })
    })
  }
  const bodies = await Promise.all(
    Array.from({ length: random.int(12, 28) }, (_, block) => {
      const own = random.fork(`block-${block}`)
      const all = block < MAX_WHOLLY_POISON && own.chance(0.3)
      const count = all ? own.int(1, 8) : own.pick([1, 3, 20, 80, own.int(100, 500)])
      const poison = all ? count : own.pick([0, 0, 0, 1, 2])
      const rows = rowsOf(`b${block}`, count, { poison, asText: true })
      return bodyOf(rows, { run_id: runIdOf(seed, `hand-${block % 2}`) })
    }),
  )
  const streamed = Array.from({ length: random.int(1, 2) }, (_, run) => ({
    runId: runIdOf(seed, `streamed-${run}`),
    rows: rowsOf(`s${run}`, random.int(800, 3_000), { poison: random.int(0, 2), asText: false }),
  }))
  const garbage = await makeGarbage(bodies[MAX_WHOLLY_POISON] ?? '', forgedRun(seed))
  const sendings = planSendings([...bodies, ...garbage.map(({ body }) => body)], random, stormMs)
  return { sendings, streamed, garbage, mended, bodies }
}

interface Spoiling {
  /** Rows to spoil. Unless it is all of them, the first stays good. */
  readonly poison: number
  readonly asText: boolean
}

/** Every body at least once: some twice or three times, some late, in no order. */
function planSendings(bodies: readonly string[], random: Random, stormMs: number): Sending[] {
  return random.shuffle(bodies).flatMap((body) =>
    Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => ({
      body,
      atMs: random.int(0, stormMs * 0.8),
      delaySeconds: random.chance(0.2) ? random.int(1, 6) : 0,
      queue: random.chance(0.3) ? 'backfill' : 'events',
    })),
  )
}

/** Packs the rows of a run as collectors do, and returns the blocks that the queue took. */
export async function streamRun(run: StreamedRun, sink: BlockSink): Promise<readonly PublishedBlock[]> {
  const publisher = createPublisher({
    sink,
    schema: 'resource_event/1',
    runId: run.runId,
    collector: COLLECTOR,
    onTooLarge: (error) => {
      throw error
    },
  })
  for (const row of run.rows) await publisher.publish(row)
  const { blocks, error } = await publisher.finish()
  if (error) throw error
  return blocks
}

/** The body of a message with a JSON block of these rows. */
export async function bodyOf(
  rows: readonly Row[],
  head: Pick<EnvelopeHead, 'run_id'> & Partial<EnvelopeHead>,
): Promise<string> {
  const block = await freezeBlock(rows.map((row) => Buffer.from(`${JSON.stringify(row)}\n`)))
  const created_at = new Date().toISOString()
  return formatEnvelope({ schema: 'resource_event/1', collector: COLLECTOR, created_at, ...head }, block)
}

/** The rows that a body's block holds, whatever its format. */
export async function rowsOfBody(body: string): Promise<{ envelope: EnvelopeFields; rows: Row[] }> {
  const { envelope, schema, block } = parseEnvelope(body)
  const rows = readBlockRows(await openBlock(block, schema), block.format)
  const parsed = Array.from({ length: rows.length }, (_, index): Row => JSON.parse(rows.json(index)))
  return { envelope, rows: parsed }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function eventRow(key: string, random: Random, isOlder: boolean): Row {
  const type = random.pick(RESOURCE_TYPES)
  return {
    event_id: deterministicId('chaos', key),
    event_time: startOfMonth(isOlder ? -1 : 0),
    collector: COLLECTOR,
    aws_account_id: '111122223333',
    aws_region: 'eu-west-1',
    resource_arn: `arn:aws:ec2:eu-west-1:111122223333:${type}/${key}`,
    resource_type: type,
    resource_id: key,
    event_type: 'config',
    event_action: 'observed',
    value: random.int(1, 1_000),
    unit: 'GiB',
    // Does not compress, so that blocks need not have many rows to be large.
    properties: {
      fingerprint: Array.from({ length: 20 }, () => random.next().toString(36).slice(2)).join(''),
    },
    observed_at: startOfMonth(0),
  }
}

function forgedRun(seed: number): Row {
  const time = startOfMonth(0)
  return {
    run_id: runIdOf(seed, 'forged'),
    collector: 'forged',
    scope: 'account',
    aws_account_id: '111122223333',
    slot: time,
    status: 'complete',
    started_at: time,
    finished_at: time,
    deadline: time,
    observed_at: time,
  }
}

/** Of this month or another, so that retention never reaches the rows. */
function startOfMonth(offset: number): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset)).toISOString()
}

function runIdOf(seed: number, label: string): string {
  return deterministicId('chaos-run', String(seed), label)
}
