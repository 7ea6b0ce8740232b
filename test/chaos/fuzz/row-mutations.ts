import { findQueuedSchema } from '@polo/core'
import { NAMES, NUMBERS, OTHER_TYPES, SQL, TEXTS, TIMES, UUIDS } from './hostile-values.ts'
import type { Json, Mutation, Seed } from './message.ts'
import type { Random } from './random.ts'

/** Columns whose default the tables refuse. */
export const REQUIRED: Readonly<Record<Seed['schema'], readonly string[]>> = {
  'resource_event/1': [
    'event_id',
    'event_time',
    'collector',
    'aws_account_id',
    'resource_type',
    'resource_id',
    'event_type',
    'event_action',
    'observed_at',
  ],
  'collector_run/1': ['run_id', 'collector', 'aws_account_id', 'slot', 'deadline', 'status', 'observed_at'],
  'aws_account/1': ['aws_account_id', 'source', 'observed_at'],
}

const FREE_TEXT = ['resource_name', 'actor_name', 'marqo_customer', 'unit', 'resource_arn']

/** Changes one row of the message, which says nothing of the others. */
function inOneRow(
  change: (row: Json, random: Random, schema: Seed['schema']) => Json,
): Mutation<Seed>['mutate'] {
  return (seed, random) => {
    const chosen = random.below(seed.rows.length)
    const rows = seed.rows.map((row, index) => (index === chosen ? change(row, random, seed.schema) : row))
    return { ...seed, rows }
  }
}

/** Also for `__proto__`, which an assignment would not make a key of. */
function withKey(row: Json, key: string, value: unknown): Json {
  return Object.fromEntries([...Object.entries(row).filter(([name]) => name !== key), [key, value]])
}

const without = (row: Json, key: string): Json =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== key))

function columnsLike(schema: Seed['schema'], type: RegExp): string[] {
  const columns = findQueuedSchema(schema)?.columns ?? []
  return columns.filter((column) => type.test(column.type)).map(({ name }) => name)
}

const anyColumn = (row: Json, random: Random) => random.pick(Object.keys(row))

export const ROW_MUTATIONS: readonly Mutation<Seed>[] = [
  {
    name: 'required column missing',
    fate: 'not_whole',
    weight: 4,
    mutate: inOneRow((row, random, schema) => without(row, random.pick(REQUIRED[schema]))),
  },
  {
    name: 'any column missing',
    fate: 'any',
    mutate: inOneRow((row, random) => without(row, anyColumn(row, random))),
  },
  {
    name: 'required column at its default',
    fate: 'not_whole',
    weight: 2,
    mutate: inOneRow((row, random, schema) => {
      const column = random.pick(REQUIRED[schema])
      const isTime = columnsLike(schema, /^DateTime64/).includes(column)
      const isUuid = columnsLike(schema, /^UUID/).includes(column)
      return withKey(row, column, isTime ? TIMES[5] : isUuid ? UUIDS[1] : '')
    }),
  },
  {
    name: 'unknown column',
    fate: 'not_whole',
    weight: 2,
    mutate: inOneRow((row, random) => withKey(row, random.pick(NAMES), random.pick(TEXTS))),
  },
  {
    name: 'only columns that nobody knows',
    fate: 'not_whole',
    mutate: inOneRow((_row, random) => withKey({}, random.pick(NAMES), 1)),
  },
  {
    name: 'SQL in a free text',
    fate: 'any',
    weight: 2,
    mutate: inOneRow((row, random) => withKey(row, random.pick(FREE_TEXT), random.pick(SQL))),
  },
  {
    name: 'SQL in any column',
    fate: 'any',
    weight: 2,
    mutate: inOneRow((row, random) => withKey(row, anyColumn(row, random), random.pick(SQL))),
  },
  {
    name: 'hostile keys and values in a map',
    fate: 'any',
    weight: 2,
    mutate: inOneRow((row, random, schema) => {
      const column = random.pick(columnsLike(schema, /^Map\(String, String/))
      return withKey(row, column, withKey({}, random.pick(NAMES), random.pick(TEXTS)))
    }),
  },
  {
    name: 'hostile text in any column',
    fate: 'any',
    weight: 2,
    mutate: inOneRow((row, random) => withKey(row, anyColumn(row, random), random.pick(TEXTS))),
  },
  {
    name: 'another type in any column',
    fate: 'any',
    weight: 2,
    mutate: inOneRow((row, random) => withKey(row, anyColumn(row, random), random.pick(OTHER_TYPES))),
  },
  {
    name: 'an odd number in any column',
    fate: 'any',
    mutate: inOneRow((row, random) => withKey(row, anyColumn(row, random), random.pick(NUMBERS))),
  },
  {
    name: 'an odd time',
    fate: 'any',
    weight: 2,
    mutate: inOneRow((row, random, schema) =>
      withKey(row, random.pick(columnsLike(schema, /DateTime64/)), random.pick([...TIMES, ...NUMBERS])),
    ),
  },
  {
    name: 'an odd UUID',
    fate: 'any',
    mutate: inOneRow((row, random, schema) => {
      const columns = columnsLike(schema, /^UUID/)
      return withKey(row, columns[0] ?? anyColumn(row, random), random.pick(UUIDS))
    }),
  },
  {
    name: 'a map of 20,000 keys',
    fate: 'any',
    weight: 0.05,
    mutate: inOneRow((row, random, schema) => {
      const keys = Array.from({ length: 20_000 }, (_, index): [string, string] => [`key-${index}`, ''])
      return withKey(row, random.pick(columnsLike(schema, /^Map\(/)), Object.fromEntries(keys))
    }),
  },
  {
    name: 'a text of 2 MB',
    fate: 'any',
    weight: 0.05,
    mutate: inOneRow((row, random) => withKey(row, anyColumn(row, random), 'long '.repeat(400_000))),
  },
  {
    name: 'rows of another schema',
    fate: 'any',
    mutate: (seed, random) => ({
      ...seed,
      schema: random.pick(['resource_event/1', 'collector_run/1', 'aws_account/1']),
    }),
  },
  {
    name: 'the same row twice',
    fate: 'stored',
    mutate: (seed) => ({ ...seed, rows: [...seed.rows, ...seed.rows.slice(0, 1)] }),
  },
  {
    name: 'what is no row',
    fate: 'refused',
    mutate: (seed, random) => {
      // `encodeJson` takes anything; the types say what a seed has before this.
      const odd = encodeAsRow(random.pick([...OTHER_TYPES.filter((value) => !isPlain(value)), 1, 'text']))
      return { ...seed, rows: [...seed.rows, odd] }
    },
  },
]

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Written by `JSON.stringify` as the value itself, which need not be an object. */
function encodeAsRow(value: unknown): Json {
  return { toJSON: () => value }
}
