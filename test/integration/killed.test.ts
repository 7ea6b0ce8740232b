import { setTimeout as sleep } from 'node:timers/promises'
import { sampleEstateDirectory } from '@polo/local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect, INVENTORY, query, SLOT } from './polo-answers.ts'
import { cleanUp, isGroupAlive, makeDirectory, startPolo, waitFor } from './polo-process.ts'

const RECORDED = ['--recording', sampleEstateDirectory, '--slot', SLOT]
const SAMPLE = [...INVENTORY, ...RECORDED]
const CONTENT = 'SELECT * EXCEPT observed_at FROM resource_events FINAL ORDER BY event_id'
const KILLS = 2
/** From the start of the process past the last acknowledged message. */
const KILLED_WITHIN_MS = { first: 300, last: 4_000 }

/** Set POLO_TEST_SEED to what a failed test names, and it kills at the same points. */
const seed = Number(process.env.POLO_TEST_SEED ?? Date.now() % 1_000_000)

afterAll(cleanUp)

describe('a collection that was killed half-way', () => {
  let undisturbed: Record<string, unknown>[]

  beforeAll(async () => {
    const options = { dataDir: await makeDirectory() }
    await collect(SAMPLE, options)
    undisturbed = await query(CONTENT, options)
  })

  test.each([
    ['through the queue', seed, []],
    ['with --direct', seed + 1, ['--direct']],
  ])(
    'and again, %s, and then run to its end stores what an undisturbed one does (seed %i)',
    async (_, own, flags) => {
      const options = { dataDir: await makeDirectory() }
      for (const delay of killingPoints(own)) {
        const killed = startPolo(['collect', ...SAMPLE, ...flags], options)
        await sleep(delay)
        killed.signalGroup('SIGKILL')
        await waitFor('the killed group to be gone', () => !isGroupAlive(killed.pid))
      }
      const { runs } = await collect([...SAMPLE, ...flags], options)
      expect(await query(CONTENT, options)).toEqual(undisturbed)
      expect(runs.map((run) => run.reconciliation)).toEqual(runs.map(() => 'reconciled'))
    },
  )
})

function killingPoints(ownSeed: number): number[] {
  const random = mulberry32(ownSeed)
  const { first, last } = KILLED_WITHIN_MS
  return Array.from({ length: KILLS }, () => Math.round(first + random() * (last - first)))
}

/** https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function mulberry32(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
