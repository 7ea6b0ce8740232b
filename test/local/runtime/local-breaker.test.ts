import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BreakerState, NEVER_OPENED } from '@polo/ingester'
import { BREAKER_FILE, type EventSourceMapping, readLocalBreaker } from '@polo/local'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localEventSources } from '../../../packages/local/src/runtime/local-breaker.ts'

const OPEN: BreakerState = {
  ...NEVER_OPENED,
  state: 'open',
  since: '2026-03-01T10:00:00.000Z',
  reason: '242',
}
let directory: string
let mappings: { state: string; concurrency: number }[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-breaker-'))
  mappings = []
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

function source(maximumConcurrency: number) {
  const seen = { state: 'Disabled' as 'Enabled' | 'Disabled', concurrency: maximumConcurrency }
  mappings.push(seen)
  const mapping: EventSourceMapping = {
    get state() {
      return seen.state
    },
    inFlight: 0,
    enable() {
      seen.state = 'Enabled'
    },
    disable() {
      seen.state = 'Disabled'
    },
    setMaximumConcurrency(invocations) {
      seen.concurrency = invocations
    },
    stop: async () => {},
  }
  return { mapping, maximumConcurrency }
}

const sourcesIn = (dataDir: string) => localEventSources(dataDir, [source(4), source(2)])

test('sets every mapping as the state says', async () => {
  const sources = sourcesIn(directory)
  const steps = []
  for (const state of ['open', 'half_open', 'closed'] as const) {
    await sources.apply({ ...OPEN, state })
    steps.push(mappings.map((mapping) => [mapping.state, mapping.concurrency]))
  }
  expect(steps).toEqual([
    [
      ['Disabled', 2],
      ['Disabled', 2],
    ],
    [
      ['Enabled', 2],
      ['Enabled', 2],
    ],
    [
      ['Enabled', 4],
      ['Enabled', 2],
    ],
  ])
})

test('leaves its state for the next process, and for others to read', async () => {
  await sourcesIn(directory).apply(OPEN)
  expect(await sourcesIn(directory).read()).toEqual(OPEN)
  expect(await readLocalBreaker(directory)).toEqual(OPEN)
  expect((await stat(join(directory, BREAKER_FILE))).mode & 0o777).toBe(0o600)
})

test('sets the mappings though the state cannot be written, and writes it when it can', async () => {
  const missing = join(directory, 'missing')
  const sources = sourcesIn(missing)
  await sources.apply(OPEN)
  expect(mappings.map(({ state }) => state)).toEqual(['Disabled', 'Disabled'])
  await mkdir(missing)
  expect(await sources.read()).toEqual(OPEN)
  expect(await readLocalBreaker(missing)).toEqual(OPEN)
})

test('writes only what changed', async () => {
  const sources = sourcesIn(directory)
  await sources.apply(NEVER_OPENED)
  await expect(readFile(join(directory, BREAKER_FILE))).rejects.toThrow('ENOENT')
  await sources.apply(OPEN)
  await rm(join(directory, BREAKER_FILE))
  await sources.apply({ ...OPEN })
  await expect(readFile(join(directory, BREAKER_FILE))).rejects.toThrow('ENOENT')
})

test.each(['', '{"state":"open"', '{"state":"ajar"}'])('takes a file that says %j for none', async (text) => {
  await writeFile(join(directory, BREAKER_FILE), text)
  expect(await readLocalBreaker(directory)).toEqual(NEVER_OPENED)
})
