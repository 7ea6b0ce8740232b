import { createHash } from 'node:crypto'

/** Numbers that look random and are the same for the same seed and index. */
export interface Random {
  /** From 0 up to, and without, `end`. */
  below(end: number): number
  pick<Value>(values: readonly Value[]): Value
  chance(probability: number): boolean
  bytes(length: number): Buffer
}

/** A generator of its own for each index, so that one message can be made again without the ones before it. */
export function createRandom(seed: number, index: number): Random {
  const next = mulberry32(createHash('sha256').update(`${seed}/${index}`).digest().readUInt32LE())
  const below = (end: number) => Math.floor(next() * end)
  return {
    below,
    pick(values) {
      const [value] = values.slice(below(values.length))
      // Undefined may well be among the values.
      return value as (typeof values)[number]
    },
    chance: (probability) => next() < probability,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  }
}

/** https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32 */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
