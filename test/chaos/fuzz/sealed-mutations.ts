import { QUEUED_SCHEMAS } from '@polo/core'
import { NAMES, NUMBERS, OTHER_TYPES, SQL, TEXTS, TIMES, UUIDS } from './hostile-values.ts'
import { CONTROL_SENDER, type Json, type Mutation, type Sealed } from './message.ts'
import type { Random } from './random.ts'

const HASH = 'a'.repeat(64)

/** Of each schema the version after the one that there is. */
const LATER_SCHEMAS = Object.keys(QUEUED_SCHEMAS).map((name) =>
  name.replace(/\d+$/, (version) => `${Number(version) + 1}`),
)

/** Who must not pass for a sender of control records. */
export const FORGERS = [
  undefined,
  '',
  ':',
  'AROACOLLECTOR:config_ebs',
  `${CONTROL_SENDER}X`,
  `X${CONTROL_SENDER}`,
  CONTROL_SENDER.toLowerCase(),
  ` ${CONTROL_SENDER}`,
  `${CONTROL_SENDER} `,
  `:${CONTROL_SENDER}`,
  `AROACOLLECTOR:${CONTROL_SENDER}`,
  '__proto__',
  '*',
]

function onEnvelope(change: (envelope: Json, random: Random) => Json): Mutation<Sealed>['mutate'] {
  return (sealed, random) => ({ ...sealed, envelope: change(sealed.envelope, random) })
}

/** Also for `__proto__`, which an assignment would not make a key of. */
function withField(envelope: Json, name: string, value: unknown): Json {
  return Object.fromEntries([...Object.entries(envelope).filter(([key]) => key !== name), [name, value]])
}

const anyField = (envelope: Json, random: Random) => random.pick(Object.keys(envelope))

function forgedRoot(envelope: Json, random: Random): unknown {
  const rows = Number(envelope.rows)
  const indices = Array.from({ length: rows }, (_, index) => index)
  return random.pick<unknown>([
    { block_id: HASH, rows, indices },
    { block_id: random.pick(TEXTS), rows: rows + 5, indices },
    { block_id: HASH, rows: random.pick(NUMBERS), indices },
    { block_id: HASH, rows: 0xffff_ffff, indices: indices.map((index) => 0xffff_fffe - index) },
    { block_id: HASH, rows: 2 ** 53, indices: indices.map((index) => 2 ** 40 + index) },
    { block_id: HASH, rows: rows + 1, indices: indices.map(() => 0) },
    { block_id: HASH, rows, indices: [] },
    { block_id: HASH, rows: 1, indices: Array.from({ length: 100_000 }, () => 0) },
    { block_id: HASH, rows: rows + 9, indices: indices.map((index) => index + 0.5) },
    { block_id: HASH, rows, indices, extra: 1 },
    random.pick(OTHER_TYPES),
  ])
}

function forgedErrors(random: Random): unknown {
  const error = { row: 0, rows: 1, column: 'value', code: 469, message: random.pick(TEXTS) }
  return random.pick<unknown>([
    [],
    [error],
    [{ ...error, row: -1 }],
    [{ ...error, code: 1e300 }],
    [{ ...error, column: random.pick(TEXTS) }],
    Array.from({ length: 5_000 }, () => error),
    [random.pick(OTHER_TYPES)],
    random.pick(OTHER_TYPES),
  ])
}

const set = (name: string, values: readonly unknown[]) =>
  onEnvelope((envelope, random) => withField(envelope, name, random.pick(values)))

export const SEALED_MUTATIONS: readonly Mutation<Sealed>[] = [
  {
    name: 'a field missing',
    fate: 'refused',
    weight: 2,
    mutate: onEnvelope((envelope, random) => {
      const missing = anyField(envelope, random)
      return Object.fromEntries(Object.entries(envelope).filter(([key]) => key !== missing))
    }),
  },
  {
    name: 'another type in a field',
    fate: 'refused',
    weight: 3,
    mutate: onEnvelope((envelope, random) =>
      withField(envelope, anyField(envelope, random), random.pick(OTHER_TYPES)),
    ),
  },
  {
    name: 'a hostile text in a field',
    fate: 'any',
    weight: 3,
    mutate: onEnvelope((envelope, random) =>
      withField(envelope, anyField(envelope, random), random.pick(TEXTS)),
    ),
  },
  {
    name: 'SQL in a field',
    fate: 'any',
    weight: 3,
    mutate: onEnvelope((envelope, random) =>
      withField(envelope, anyField(envelope, random), random.pick(SQL)),
    ),
  },
  {
    name: 'an odd number in a field',
    fate: 'any',
    mutate: onEnvelope((envelope, random) =>
      withField(envelope, random.pick(['v', 'rows', 'created_at', 'collector']), random.pick(NUMBERS)),
    ),
  },
  {
    name: 'a field that nobody knows',
    fate: 'refused',
    weight: 2,
    mutate: onEnvelope((envelope, random) => withField(envelope, random.pick(NAMES), random.pick(TEXTS))),
  },
  {
    name: 'a count that is wrong',
    fate: 'refused',
    mutate: set('rows', [0, -1, 7, 1.5, '1', 200_001, 2 ** 32]),
  },
  { name: 'a later version', fate: 'deferred', mutate: set('v', [2, 3, 99, 2 ** 31]) },
  {
    name: 'a later schema',
    fate: 'deferred',
    mutate: set('schema', [...LATER_SCHEMAS, 'resource_events', ...NAMES]),
  },
  {
    name: 'a later format',
    fate: 'deferred',
    mutate: set('format', ['CSV', 'Values', 'SQLInsert', 'TSV', 'RowBinary', 'jsoneachrow', ...NAMES]),
  },
  { name: 'a later encoding', fate: 'deferred', mutate: set('encoding', ['gzip', 'lz4', 'none', ...NAMES]) },
  { name: 'a name too long for any release', fate: 'refused', mutate: set('schema', ['x'.repeat(101)]) },
  {
    name: 'an odd hash',
    fate: 'refused',
    mutate: set('block_id', [HASH, HASH.toUpperCase(), `${HASH}a`, ...SQL]),
  },
  { name: 'an odd run', fate: 'any', mutate: set('run_id', UUIDS) },
  { name: 'an odd time of creation', fate: 'any', weight: 2, mutate: set('created_at', TIMES) },
  { name: 'an odd collector', fate: 'any', mutate: set('collector', TEXTS) },
  { name: 'data that is no base64', fate: 'refused', mutate: set('data', ['%', 'a', '....', '=', ...SQL]) },
  {
    name: 'a forged origin',
    fate: 'any',
    weight: 3,
    mutate: onEnvelope((envelope, random) => withField(envelope, 'root', forgedRoot(envelope, random))),
  },
  {
    name: 'forged errors',
    fate: 'any',
    weight: 2,
    mutate: onEnvelope((envelope, random) => withField(envelope, 'errors', forgedErrors(random))),
  },
  {
    name: 'a forged parent',
    fate: 'any',
    mutate: onEnvelope((envelope, random) =>
      withField(envelope, 'parent_block_id', random.pick([...TEXTS, ...OTHER_TYPES])),
    ),
  },
]
