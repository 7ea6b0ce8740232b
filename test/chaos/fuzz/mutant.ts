import { randomUUID } from 'node:crypto'
import { deterministicId } from '@polo/core'
import type { SqsRecord } from '@polo/ingester'
import { sampleEvent } from '../../../bench/sample-events.ts'
import { accountRow, runRow } from '../../ingester/factories.ts'
import { ENCODED_MUTATIONS } from './encoded-mutations.ts'
import { build, type Fate, type Mutation, type Mutations, type Seed } from './message.ts'
import { NATIVE_MUTATIONS } from './native-mutations.ts'
import { PACKED_MUTATIONS } from './packed-mutations.ts'
import { POSTED_MUTATIONS, SQS_MAX_BYTES } from './posted-mutations.ts'
import { createRandom, type Random } from './random.ts'
import { ROW_MUTATIONS } from './row-mutations.ts'
import { FORGERS, SEALED_MUTATIONS } from './sealed-mutations.ts'

/** A message that is not as it should be, or one that is (`neighbour`). */
export interface FuzzedMessage {
  /** With the seed of the run, all that it takes to make it again. */
  readonly index: number
  readonly mutations: readonly string[]
  readonly fate: Fate
  /** Rows before anything was changed. */
  readonly rows: number
  readonly record: SqsRecord
}

/** Collector (or source) of control rows whose sender may not send them. */
export const FORGED_COLLECTOR = 'forged'
/** Of the messages; the others are JSON, which has more ways to be wrong. */
const NATIVE = 0.3
/** Of the messages, have mutated rows in an envelope that is right: what costs most, since ClickHouse must judge it. */
const FOR_CLICKHOUSE = 0.2
const SLOT = '2026-03-01T10:00:00.000Z'
const OBSERVED_AT = '2026-03-01T10:00:02.000Z'
/** A neighbour's resources are told from a mutant's by their name. */
export const NEIGHBOUR = 'neighbour'

/** The message with this number; with the same seed it is always the same, its message id aside. */
export function createMutant(seed: number, index: number): FuzzedMessage {
  const random = createRandom(seed, index)
  if (random.chance(0.03)) return createForged(index, random)
  const mutations = chooseMutations(random)
  const { rows, encoded, packed, sealed, posted } = mutations
  const chosen = [rows, encoded, packed, sealed, posted].filter((mutation) => mutation !== undefined)
  const original = createSeed(index, random)
  const { body, sender } = build(original, mutations, random)
  const [only] = chosen
  return {
    index,
    mutations: chosen.map(({ name }) => name),
    fate: chosen.length === 1 && only ? only.fate : 'any',
    rows: original.rows.length,
    record: recordOf(body, sender),
  }
}

/** A message as a collector sends it, which must be stored whatever comes with it. */
export function createNeighbour(seed: number, index: number): FuzzedMessage {
  const random = createRandom(seed, index)
  const rows = eventRows(index, random).map((row) => ({ ...row, resource_name: NEIGHBOUR }))
  const { body, sender } = build({ schema: 'resource_event/1', rows }, { format: formatOf(random) }, random)
  return { index, mutations: [NEIGHBOUR], fate: 'stored', rows: rows.length, record: recordOf(body, sender) }
}

/** One good message of each schema, so that the ingester knows that its tables take rows. */
export function createOpening(seed: number): FuzzedMessage[] {
  const random = createRandom(seed, -1)
  const seeds = [eventSeed(0, random), runSeed(0), accountSeed(0)]
  return seeds.map((good) => {
    const { body, sender } = build(good, { format: formatOf(random) }, random)
    return {
      index: -1,
      mutations: [],
      fate: 'stored',
      rows: good.rows.length,
      record: recordOf(body, sender),
    }
  })
}

/** Good control rows from somebody who may not send them. */
function createForged(index: number, random: Random): FuzzedMessage {
  const forged = random.chance(0.5) ? runSeed(index, FORGED_COLLECTOR) : accountSeed(index, FORGED_COLLECTOR)
  const { body } = build(forged, { format: formatOf(random) }, random)
  const record = recordOf(body, random.pick(FORGERS))
  return { index, mutations: ['a forged control record'], fate: 'refused', rows: 1, record }
}

/** Mostly one mutation, so that what must come of it is known; now and then one at each step. */
function chooseMutations(random: Random): Mutations {
  const format = formatOf(random)
  const encoded = format === 'Native' ? NATIVE_MUTATIONS : ENCODED_MUTATIONS
  const ofRows =
    format === 'Native' || random.chance(0.5)
      ? () => ({ encoded: choose(encoded, random) })
      : () => ({ rows: choose(ROW_MUTATIONS, random) })
  const ofTheRest = [
    () => ({ packed: choose(PACKED_MUTATIONS, random) }),
    () => ({ sealed: choose(SEALED_MUTATIONS, random) }),
    () => ({ posted: choose(POSTED_MUTATIONS, random) }),
  ]
  if (random.chance(FOR_CLICKHOUSE)) return { format, ...ofRows() }
  if (random.chance(0.8)) return { format, ...random.pick(ofTheRest)() }
  return Object.assign(
    { format },
    ...[ofRows, ...ofTheRest].map((step) => (random.chance(0.5) ? step() : {})),
  )
}

const formatOf = (random: Random) => (random.chance(NATIVE) ? 'Native' : 'JSONEachRow')

function choose<Subject>(mutations: readonly Mutation<Subject>[], random: Random): Mutation<Subject> {
  const total = mutations.reduce((sum, { weight = 1 }) => sum + weight, 0)
  let left = (random.below(1_000_000) / 1_000_000) * total
  const chosen = mutations.find(({ weight = 1 }) => {
    left -= weight
    return left < 0
  })
  return chosen ?? random.pick(mutations)
}

function createSeed(index: number, random: Random): Seed {
  const kind = random.below(10)
  if (kind === 0) return runSeed(index)
  if (kind === 1) return accountSeed(index)
  return eventSeed(index, random)
}

const eventSeed = (index: number, random: Random): Seed => ({
  schema: 'resource_event/1',
  rows: eventRows(index, random),
})

/** Rows of their own for every message, however many each has. */
function eventRows(index: number, random: Random) {
  const count = random.pick([1, 1, 1, 1, 2, 2, 3, 4])
  return Array.from({ length: count }, (_, row) => sampleEvent(index * 4 + row, SLOT, OBSERVED_AT))
}

const runSeed = (index: number, collector = 'config_ebs'): Seed => ({
  schema: 'collector_run/1',
  rows: [runRow({ run_id: deterministicId('fuzz', String(index)), collector })],
})

const accountSeed = (index: number, source = 'organization'): Seed => ({
  schema: 'aws_account/1',
  rows: [accountRow({ aws_account_id: String(index), source })],
})

function recordOf(body: string, sender: string | undefined): SqsRecord {
  return {
    messageId: randomUUID(),
    // SQS takes no more; what is longer by accident of several mutations ends there.
    body: body.slice(0, SQS_MAX_BYTES),
    attributes: {
      ...(sender === undefined ? {} : { SenderId: sender }),
      ApproximateReceiveCount: '1',
    },
  }
}
