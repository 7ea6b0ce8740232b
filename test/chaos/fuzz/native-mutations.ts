import { type Column, findQueuedSchema, NativeEncoder } from '@polo/core'
import { NAMES } from './hostile-values.ts'
import { type Encoded, encodeNative, type Mutation, type Seed } from './message.ts'
import type { Random } from './random.ts'
import { REQUIRED } from './row-mutations.ts'

/** What Native columns may be elsewhere, and must not be here. */
const TYPES = [
  'LowCardinality(String)',
  'Nullable(String)',
  'Array(String)',
  'Tuple()',
  'Nothing',
  'JSON',
  'Dynamic',
  'Object(Nullable(JSON))',
  'AggregateFunction(sum, Float64)',
  'AggregateFunction(groupArray, String)',
  'FixedString(4294967295)',
  'SimpleAggregateFunction(max, String)',
  'String)',
  '',
  'x'.repeat(100_000),
]

const INT64S = [
  0n,
  -1n,
  1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  -62_135_596_800_000n,
]

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

const text = (value: string) => Buffer.concat([varint(BigInt(Buffer.byteLength(value))), Buffer.from(value)])

function onRaw(change: (raw: Buffer, random: Random) => Buffer): Mutation<Encoded>['mutate'] {
  return (encoded, random) => ({ ...encoded, raw: change(encoded.raw, random) })
}

/** Encodes the rows as if the schema had these columns. */
function withColumns(
  { schema, rows }: Seed,
  change: (columns: readonly Column[]) => readonly Column[],
): Buffer {
  const original = findQueuedSchema(schema)
  if (!original) throw new Error(`no schema ${schema}`)
  const columns = change(original.columns)
  const names = new Set(columns.map(({ name }) => name))
  const encoder = new NativeEncoder({ ...original, columns })
  for (const row of rows) {
    const known = Object.entries(row).filter(([name]) => names.has(name))
    // A column may be called as something that every object has.
    encoder.append(Object.setPrototypeOf(Object.fromEntries(known), null))
  }
  return Buffer.from(encoder.body())
}

/** Overwrites the eight bytes of a row's value, or of its offset, in a column of fixed width. */
function overwrite(encoded: Encoded, column: RegExp, bytes: Buffer, random: Random): Encoded {
  const raw = Buffer.from(encoded.raw)
  const header = column.exec(raw.toString('latin1'))
  if (!header) return { ...encoded, raw: raw.subarray(1) }
  bytes.copy(raw, header.index + header[0].length + 8 * random.below(encoded.rows))
  return { ...encoded, raw }
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

/** The header's two numbers are small, so each is one byte. */
const withHeader = (raw: Buffer, columns: bigint, rows: bigint) =>
  Buffer.concat([varint(columns), varint(rows), raw.subarray(2)])

/** Puts another name, of a column or a type, in the place of one of these. */
function renamed(raw: Buffer, random: Random, names: readonly string[], to: string): Buffer {
  const places = names.flatMap((name) => placesOf(raw, text(name)))
  const { start, end } = random.pick(places)
  return Buffer.concat([raw.subarray(0, start), text(to), raw.subarray(end)])
}

function placesOf(raw: Buffer, bytes: Buffer): { start: number; end: number }[] {
  const start = raw.indexOf(bytes)
  if (start === -1) return []
  const end = start + bytes.length
  const others = placesOf(raw.subarray(end), bytes)
  return [{ start, end }, ...others.map((place) => ({ start: end + place.start, end: end + place.end }))]
}

export const NATIVE_MUTATIONS: readonly Mutation<Encoded>[] = [
  {
    name: 'Native: bytes changed',
    fate: 'any',
    weight: 5,
    mutate: onRaw((raw, random) => {
      const changed = Buffer.from(raw)
      for (let left = 1 + random.below(4); left > 0; left--) {
        changed[random.below(changed.length)] = random.below(256)
      }
      return changed
    }),
  },
  {
    name: 'Native: cut short',
    fate: 'refused',
    weight: 2,
    mutate: onRaw((raw, random) => raw.subarray(0, random.below(raw.length))),
  },
  {
    name: 'Native: bytes added',
    fate: 'any',
    weight: 2,
    mutate: onRaw((raw, random) => {
      const at = random.pick([0, random.below(raw.length), raw.length])
      return Buffer.concat([raw.subarray(0, at), random.bytes(1 + random.below(9)), raw.subarray(at)])
    }),
  },
  {
    name: 'Native: a header that claims too many rows',
    fate: 'refused',
    weight: 3,
    mutate: ({ seed, raw, rows }, random) => {
      const claimed = random.pick([200_000n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])
      const header = withHeader(raw, BigInt(raw[0] ?? 0), claimed)
      return { seed, raw: header, rows: random.chance(0.5) ? rows : Math.min(Number(claimed), 200_000) }
    },
  },
  {
    name: 'Native: a header that claims other columns',
    fate: 'refused',
    mutate: onRaw((raw, random) => {
      const claimed = random.pick([0n, 1n, 22n, 24n, 2n ** 32n, 2n ** 64n - 1n])
      return claimed === BigInt(raw[0] ?? 0) ? raw.subarray(1) : withHeader(raw, claimed, 1n)
    }),
  },
  {
    name: 'Native: a column missing',
    fate: 'refused',
    weight: 2,
    mutate: (encoded, random) => {
      const drop = random.below(8)
      return {
        ...encoded,
        raw: withColumns(encoded.seed, (columns) => columns.filter((_, at) => at !== drop)),
      }
    },
  },
  {
    name: 'Native: columns in another order',
    fate: 'refused',
    mutate: (encoded) => ({ ...encoded, raw: withColumns(encoded.seed, (columns) => columns.toReversed()) }),
  },
  {
    name: 'Native: a column too many',
    fate: 'refused',
    mutate: (encoded, random) => {
      const extra = { name: random.pick(NAMES), type: 'String' }
      return { ...encoded, raw: withColumns(encoded.seed, (columns) => [...columns, extra]) }
    },
  },
  {
    name: 'Native: a column of another type',
    fate: 'refused',
    weight: 2,
    mutate: onRaw((raw, random) => renamed(raw, random, ['String'], random.pick(TYPES))),
  },
  {
    name: 'Native: a column of another name',
    fate: 'refused',
    mutate: onRaw((raw, random) =>
      renamed(raw, random, ['aws_account_id', 'observed_at'], random.pick(NAMES)),
    ),
  },
  {
    name: 'Native: offsets out of order',
    fate: 'any',
    weight: 3,
    mutate: (encoded, random) =>
      overwrite(
        encoded,
        /Map\(String, (?:String|UInt64)\)|Array\(String\)/,
        int64(random.pick(INT64S)),
        random,
      ),
  },
  {
    name: 'Native: a number that is none',
    fate: 'not_whole',
    mutate: (encoded, random) =>
      overwrite(encoded, /Float64/, double(random.pick([NaN, Infinity, -Infinity])), random),
  },
  {
    name: 'Native: an odd time',
    fate: 'any',
    weight: 2,
    mutate: (encoded, random) =>
      overwrite(encoded, /DateTime64\(3, 'UTC'\)/, int64(random.pick(INT64S)), random),
  },
  {
    name: 'Native: a required column at its default',
    fate: 'not_whole',
    weight: 2,
    mutate: ({ seed }, random) => {
      const column = random.pick(REQUIRED[seed.schema])
      const [first = {}, ...others] = seed.rows
      const without = Object.fromEntries(Object.entries(first).filter(([name]) => name !== column))
      return encodeNative({ ...seed, rows: [without, ...others] })
    },
  },
  {
    name: 'Native: several blocks',
    fate: 'stored',
    mutate: ({ seed, raw, rows }) => ({ seed, raw: Buffer.concat([raw, raw]), rows: 2 * rows }),
  },
  {
    name: 'Native: a block without rows',
    fate: 'refused',
    mutate: onRaw((raw, random) => {
      const empty = random.pick([Buffer.from([0, 0]), withHeader(raw.subarray(0, 2), 23n, 0n)])
      return random.chance(0.5) ? Buffer.concat([empty, raw]) : Buffer.concat([raw, empty])
    }),
  },
  {
    name: 'Native: JSON in its place',
    fate: 'refused',
    mutate: onRaw((_raw, random) => Buffer.from(random.pick(['{}\n', '{"event_id":"x"}\n', '[]', '']))),
  },
]
