import { SQL } from './hostile-values.ts'
import type { Mutation, Posted } from './message.ts'
import type { Random } from './random.ts'

export const SQS_MAX_BYTES = 1_048_576

function onBody(change: (body: string, random: Random) => string): Mutation<Posted>['mutate'] {
  return (posted, random) => ({ ...posted, body: change(posted.body, random) })
}

/** Characters that SQS takes. */
function character(random: Random): string {
  return String.fromCharCode(random.chance(0.9) ? 0x20 + random.below(0x5f) : 0xa0 + random.below(0xd000))
}

/** 1 MiB of `unit`, the most that SQS takes. */
const flood = (unit: string) => unit.repeat(Math.floor(SQS_MAX_BYTES / Buffer.byteLength(unit)))

const BODIES = [
  ' ',
  '\n',
  'null',
  'true',
  '0',
  '-',
  '"text"',
  '[]',
  '{}',
  '[{}]',
  '{"v":1}',
  '{"v":1,"schema":{},"format":[],"encoding":null}',
  '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  '\ufeff{}',
  '{"Type":"Notification","Message":"{}"}',
  '{"Records":[]}',
  'undefined',
  'NaN',
  ...SQL,
]

/** As large as a message may be. */
const FLOODS = [
  () => flood(' '),
  () => flood('['),
  () => flood('{"a":'),
  () => flood('[]'),
  () => flood('{"v":1}'),
  () => `{"v":1,"schema":"resource_event/1","data":"${flood('A').slice(100)}"}`,
  () => `{"v":${flood('9').slice(100)}}`,
  () => `{${Array.from({ length: 80_000 }, (_, index) => `"k${index}":1`).join()}}`,
  () => flood('\u00e9'),
]

/** What SQS would never deliver; its own dead-letter queue could not take it either. */
const UNDELIVERABLE = ['', '\u0000', '{"a":"\ud800"}', '\u0001 x', '\uffff']

export const POSTED_MUTATIONS: readonly Mutation<Posted>[] = [
  {
    name: 'characters of the body changed',
    fate: 'any',
    weight: 5,
    mutate: onBody((body, random) => {
      let changed = body
      for (let left = 1 + random.below(4); left > 0; left--) {
        const at = random.below(changed.length)
        changed = changed.slice(0, at) + character(random) + changed.slice(at + 1)
      }
      return changed
    }),
  },
  {
    name: 'body cut short',
    fate: 'refused',
    weight: 2,
    mutate: onBody((body, random) => body.slice(0, 1 + random.below(body.length - 1))),
  },
  {
    name: 'something after the body',
    fate: 'refused',
    mutate: onBody((body, random) => body + random.pick(['}', 'x', body, ';', ',{}', ...SQL])),
  },
  {
    name: 'a field twice',
    fate: 'any',
    weight: 2,
    mutate: onBody((body, random) => {
      const field = random.pick([
        '"rows":1',
        '"v":2',
        '"schema":"collector_run/1"',
        '"data":"AAAA"',
        '"__proto__":{"v":1}',
        '"format":"CSV"',
        '"rows":1e2',
      ])
      return random.chance(0.5) ? `{${field},${body.slice(1)}` : `${body.slice(0, -1)},${field}}`
    }),
  },
  {
    name: 'another body',
    fate: 'refused',
    weight: 2,
    mutate: onBody((_body, random) => random.pick(BODIES)),
  },
  {
    name: 'a body of 1 MiB',
    fate: 'refused',
    weight: 0.1,
    mutate: onBody((_body, random) => random.pick(FLOODS)()),
  },
  {
    name: 'deep JSON for a body',
    fate: 'refused',
    weight: 0.3,
    mutate: onBody((body, random) => {
      const depth = random.pick([10, 1_000, 100_000])
      return random.pick([
        `${'['.repeat(depth)}${']'.repeat(depth)}`,
        `${'{"v":'.repeat(depth)}1${'}'.repeat(depth)}`,
        `${body.slice(0, -1)},"root":${'['.repeat(depth)}${']'.repeat(depth)}}`,
      ])
    }),
  },
  {
    name: 'a body that SQS never delivers',
    fate: 'deferred',
    weight: 0.3,
    mutate: onBody((_body, random) => random.pick(UNDELIVERABLE)),
  },
]
