import { SQL } from './hostile-values.ts'
import { type Encoded, encodeJson, type Mutation } from './message.ts'
import type { Random } from './random.ts'

const NOT_UTF8 = [
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf5, 0x80, 0x80, 0x80]),
  Buffer.from([0xe2, 0x82]),
  Buffer.from([0]),
  Buffer.from([0xef, 0xbb, 0xbf]),
]

/** Put before, after or between rows. */
const FORMAT_TRICKS = [
  '/* comment */',
  '-- comment',
  '# comment',
  ',',
  ';',
  '[',
  ']',
  '{}',
  'null',
  '\\N',
  '{"event_id":',
  '}{',
  'FORMAT CSV',
  'SETTINGS async_insert=0',
  '"}\n{"',
  ...SQL,
]

/** Texts of numbers that JSON.stringify never writes. */
const ODD_NUMBERS = [
  '1e999',
  '-1e999',
  '9'.repeat(400),
  '0x10',
  '1_000',
  'NaN',
  'Infinity',
  '-inf',
  '1.',
  '.5',
  '01',
]

const ODD_STRINGS = [
  '"\\x41"',
  "'single'",
  '"unfinished',
  '"\\u12"',
  '"\\ud800\\u0041"',
  '"raw\nnewline"',
  '"\u0000"',
]

/** Changes the bytes; the envelope's count is made right again, so that the rows themselves are looked at. */
function recounted(change: (raw: Buffer, random: Random) => Buffer): Mutation<Encoded>['mutate'] {
  return ({ seed, raw }, random) => {
    const changed = change(raw, random)
    return { seed, raw: changed, rows: Math.max(1, countLines(changed)) }
  }
}

function countLines(raw: Buffer): number {
  return raw
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '').length
}

function insert(raw: Buffer, at: number, added: Buffer): Buffer {
  return Buffer.concat([raw.subarray(0, at), added, raw.subarray(at)])
}

/** Rewrites the JSON after one key, which is text and so may become what no object can be. */
function withValue(raw: Buffer, random: Random, value: string): Buffer {
  const text = raw.toString()
  const keys = [...text.matchAll(/"(?:value|resource_name|unit|event_time|api_cost_usd|name|events)":/g)]
  if (keys.length === 0) return insert(raw, 1, Buffer.from(`"value":${value},`))
  const key = random.pick(keys)
  const end = key.index + key[0].length
  return Buffer.from(text.slice(0, end) + text.slice(end).replace(/^(?:"[^"]*"|[^,}]*)/, () => value))
}

function deep(random: Random): string {
  const depth = random.pick([100, 1_000, 10_000, 100_000])
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ])
  return `${open.repeat(depth)}1${close.repeat(depth)}`
}

export const ENCODED_MUTATIONS: readonly Mutation<Encoded>[] = [
  {
    name: 'bytes of the rows changed',
    fate: 'any',
    weight: 5,
    mutate: recounted((raw, random) => {
      const changed = Buffer.from(raw)
      for (let left = 1 + random.below(4); left > 0; left--) {
        changed[random.below(changed.length)] = random.below(256)
      }
      return changed
    }),
  },
  {
    name: 'bytes of the rows added',
    fate: 'any',
    weight: 2,
    mutate: recounted((raw, random) =>
      insert(raw, random.below(raw.length + 1), random.bytes(1 + random.below(8))),
    ),
  },
  {
    name: 'rows cut short',
    fate: 'any',
    weight: 2,
    mutate: recounted((raw, random) => raw.subarray(0, 1 + random.below(raw.length - 1))),
  },
  {
    name: 'a slice of the rows taken out',
    fate: 'any',
    mutate: recounted((raw, random) => {
      const from = random.below(raw.length)
      return Buffer.concat([raw.subarray(0, from), raw.subarray(from + 1 + random.below(40))])
    }),
  },
  {
    name: 'not UTF-8',
    fate: 'any',
    weight: 2,
    mutate: recounted((raw, random) => insert(raw, random.below(raw.length), random.pick(NOT_UTF8))),
  },
  {
    name: 'a trick of the format between rows',
    fate: 'any',
    weight: 3,
    mutate: recounted((raw, random) => {
      const newlines = [...raw.toString('latin1').matchAll(/\n/g)].map(({ index }) => index)
      const at = random.pick([0, ...newlines, ...newlines.map((index) => index + 1)])
      return insert(raw, at, Buffer.from(random.pick(FORMAT_TRICKS)))
    }),
  },
  {
    name: 'rows on one line',
    fate: 'any',
    mutate: recounted((raw, random) =>
      Buffer.from(raw.toString().replaceAll('\n', random.pick(['', ' ', ',', '\r', '\t']))),
    ),
  },
  {
    name: 'rows over several lines',
    fate: 'any',
    mutate: recounted((raw) => Buffer.from(raw.toString().replaceAll('","', '",\n"'))),
  },
  {
    name: 'rows as an array',
    fate: 'refused',
    mutate: ({ seed, raw, rows }) => ({
      seed,
      raw: Buffer.from(`[${raw.toString().trim().replaceAll('\n', ',')}]\n`),
      rows,
    }),
  },
  {
    name: 'empty lines and white space',
    fate: 'any',
    mutate: recounted((raw, random) =>
      Buffer.from(raw.toString().replaceAll('\n', random.pick(['\n\n', '\r\n', ' \n', '\n\n\n\n', '\n \n']))),
    ),
  },
  {
    name: 'a key twice',
    fate: 'any',
    weight: 2,
    mutate: recounted((raw, random) => {
      const key = random.pick(['event_id', 'aws_account_id', 'observed_at', 'properties', 'resource_id'])
      const value = random.pick(['""', '"00000000-0000-0000-0000-000000000000"', '{}', 'null', '0'])
      const text = raw.toString()
      return Buffer.from(
        random.chance(0.5)
          ? text.replace('{', `{"${key}":${value},`)
          : text.replace(/\}\n/, `,"${key}":${value}}\n`),
      )
    }),
  },
  {
    name: 'an odd number or string in the JSON',
    fate: 'any',
    weight: 3,
    mutate: recounted((raw, random) => withValue(raw, random, random.pick([...ODD_NUMBERS, ...ODD_STRINGS]))),
  },
  {
    name: 'deep JSON in a row',
    fate: 'not_whole',
    weight: 0.5,
    mutate: recounted((raw, random) => withValue(raw, random, deep(random))),
  },
  {
    name: 'a text of 60 MB',
    fate: 'any',
    weight: 0.02,
    mutate: recounted((raw, random) => withValue(raw, random, `"${'long '.repeat(12_000_000)}"`)),
  },
  {
    name: 'a prototype in the JSON',
    fate: 'any',
    mutate: recounted((raw) => Buffer.from(raw.toString().replace('{', '{"__proto__":{"event_id":"x"},'))),
  },
  {
    name: 'a count that is wrong',
    fate: 'refused',
    weight: 2,
    mutate: ({ seed, raw, rows }, random) => ({
      seed,
      raw,
      rows: rows + random.pick([1, 2, 1_000, 199_000]),
    }),
  },
  {
    name: 'no rows',
    fate: 'refused',
    mutate: ({ seed }, random) => ({ seed, raw: Buffer.from(random.pick(['', '\n', '\n\n', ' '])), rows: 1 }),
  },
  {
    name: 'thousands of empty rows',
    fate: 'refused',
    weight: 0.05,
    mutate: ({ seed }, random) => {
      const rows = random.pick([5_000, 50_000, 200_000])
      return { seed, raw: Buffer.from(`${random.pick(['{}', '{"v":1}'])}\n`.repeat(rows)), rows }
    },
  },
  {
    name: 'thousands of rows of nothing but a nonsense column',
    fate: 'refused',
    weight: 0.02,
    mutate: ({ seed }, random) =>
      encodeJson({
        ...seed,
        rows: Array.from({ length: 20_000 }, (_, index) => ({ [`c${index}`]: random.below(1e9) })),
      }),
  },
]
