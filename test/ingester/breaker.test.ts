import {
  type BreakerOptions,
  type BreakerState,
  createBreaker,
  type EventSources,
  type Ingester,
  NEVER_OPENED,
  OutageError,
  type SqsRecord,
} from '@polo/ingester'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batch, record } from './factories.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const START = Date.parse('2026-03-01T10:00:00.000Z')
const TIMING = { firstProbeMs: 1_000, lastProbeMs: 60_000, halfOpenMs: 10_000 }

const outage = (code = '242') => new OutageError({ clickhouseCode: Number(code) || 0, code }, 'no store')

/** A breaker at a clock that stands still, over mappings that remember what was applied. */
function setUp(options: Partial<BreakerOptions> = {}) {
  const world = { now: START, storeWorks: false, sourcesWork: true }
  const applied: BreakerState[] = []
  const shown: (readonly SqsRecord[])[] = []
  const problems: unknown[] = []
  const sources: EventSources = {
    read: async () => {
      if (!world.sourcesWork) throw new Error('AccessDeniedException')
      return applied.at(-1) ?? NEVER_OPENED
    },
    apply: async (state) => void applied.push(state),
  }
  const changes: string[] = []
  const breaker = createBreaker({
    sources,
    check: async (refused) => {
      shown.push(refused)
      if (!world.storeWorks) throw outage()
    },
    timing: TIMING,
    onChange: ({ state }) => changes.push(state),
    onProblem: (problem) => problems.push(problem),
    now: () => world.now,
    random: () => 1,
    ...options,
  })
  const failing = breaker.guard(async () => {
    throw outage()
  })
  return {
    ...{ world, applied, shown, problems, changes, breaker },
    state: () => applied.at(-1) ?? NEVER_OPENED,
    /** Of a message that failed before, unless it says otherwise. */
    failBatch: (receives = 2) => failing(batch(record('a', { receives }))).catch(() => {}),
    /** Probes when the next one is due. */
    async probeWhenDue() {
      world.now = Math.max(world.now, Date.parse((applied.at(-1) ?? NEVER_OPENED).next_probe_at))
      return await breaker.probe()
    },
    pass: (ms: number) => {
      world.now += ms
    },
  }
}

test('opens on an outage, and throws it on', async () => {
  const { breaker, state } = setUp()
  const error = outage('ECONNREFUSED')
  const guarded = breaker.guard(() => Promise.reject(error))
  await expect(guarded(batch(record('a')))).rejects.toBe(error)
  expect(state()).toEqual({
    state: 'open',
    since: '2026-03-01T10:00:00.000Z',
    reason: 'ECONNREFUSED',
    failed_probes: 0,
    relapses: 0,
    next_probe_at: '2026-03-01T10:00:01.000Z',
  })
})

test('lets answers and other errors through without opening', async () => {
  const { breaker, applied } = setUp()
  const answer = { batchItemFailures: [{ itemIdentifier: 'm' }] }
  const answering: Ingester = async () => answer
  expect(await breaker.guard(answering)(batch())).toBe(answer)
  await expect(breaker.guard(() => Promise.reject(new TypeError('bug')))(batch())).rejects.toThrow('bug')
  expect(applied).toEqual([])
})

test('opens once for many batches that fail at once', async () => {
  const { failBatch, applied } = setUp()
  await Promise.all(Array.from({ length: 20 }, () => failBatch()))
  expect(applied.map(({ state }) => state)).toEqual(['open'])
})

test('does not hide an outage because it cannot open, and tells so', async () => {
  const { breaker, world, problems } = setUp()
  world.sourcesWork = false
  await expect(breaker.guard(() => Promise.reject(outage()))(batch())).rejects.toThrow(OutageError)
  expect(problems).toEqual([expect.objectContaining({ message: 'AccessDeniedException' })])
})

test('throws in time though opening never ends', async () => {
  const sources = { read: () => new Promise<never>(() => {}), apply: async () => {} }
  const { breaker } = setUp({ sources })
  const guarded = breaker.guard(() => Promise.reject(outage()))
  await expect(guarded(batch(), { getRemainingTimeInMillis: () => 600 })).rejects.toThrow(OutageError)
})

test('half-opens when a probe that is due passes, and closes when one does later', async () => {
  const { failBatch, breaker, world, state, pass, changes } = setUp()
  await failBatch()
  world.storeWorks = true
  expect((await breaker.probe()).state).toBe('open')
  pass(1_000)
  expect((await breaker.probe()).state).toBe('half_open')
  pass(9_999)
  expect((await breaker.probe()).state).toBe('half_open')
  pass(1)
  expect((await breaker.probe()).state).toBe('closed')
  expect(state()).toMatchObject({ state: 'closed', reason: '', since: '2026-03-01T10:00:11.000Z' })
  expect(changes).toEqual(['open', 'half_open', 'closed'])
})

test('waits twice as long after each probe that fails, up to a limit', async () => {
  const { failBatch, probeWhenDue, world, state } = setUp()
  await failBatch()
  const waits: number[] = []
  for (let probes = 0; probes < 8; probes++) {
    await probeWhenDue()
    waits.push(Date.parse(state().next_probe_at) - world.now)
  }
  expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  expect(state()).toMatchObject({ state: 'open', reason: '242', failed_probes: 8 })
})

test('spreads probes by full jitter', async () => {
  const { failBatch, state } = setUp({ random: () => 0.25 })
  await failBatch()
  expect(state().next_probe_at).toBe('2026-03-01T10:00:00.250Z')
})

test('opens again when it fails half-open, and goes on waiting where it was', async () => {
  const { failBatch, probeWhenDue, world, state, pass } = setUp()
  await failBatch()
  await probeWhenDue()
  await probeWhenDue()
  world.storeWorks = true
  await probeWhenDue()
  pass(10)
  await failBatch()
  expect(state()).toMatchObject({ state: 'open', failed_probes: 3, relapses: 1 })
})

test('does not count a relapse when something was stored in between', async () => {
  const { breaker, failBatch, probeWhenDue, world, state, pass } = setUp()
  await failBatch()
  world.storeWorks = true
  await probeWhenDue()
  pass(10)
  await breaker.guard(async () => ({ batchItemFailures: [] }))(batch(record('b')))
  await probeWhenDue()
  pass(10)
  await failBatch()
  expect(state()).toMatchObject({ state: 'open', failed_probes: 1, relapses: 0 })
})

test('does not count a relapse when what fails is new', async () => {
  const { failBatch, probeWhenDue, world, state, pass } = setUp()
  await failBatch()
  world.storeWorks = true
  await probeWhenDue()
  await probeWhenDue()
  pass(10)
  await failBatch(1)
  expect(state()).toMatchObject({ state: 'open', failed_probes: 1, relapses: 0 })
})

test('takes an outage long after the last for a new one', async () => {
  const { failBatch, probeWhenDue, world, state, pass } = setUp()
  await failBatch()
  world.storeWorks = true
  await probeWhenDue()
  await probeWhenDue()
  pass(10 * MINUTE_MS)
  await failBatch()
  expect(state()).toMatchObject({ state: 'open', failed_probes: 0, relapses: 0 })
})

test('is not opened again by a batch that began before it half-opened', async () => {
  const { failBatch, breaker, probeWhenDue, world, state } = setUp()
  const late = Promise.withResolvers<never>()
  const lateBatch = breaker
    .guard(() => late.promise)(batch())
    .catch(() => {})
  await failBatch()
  world.storeWorks = true
  await probeWhenDue()
  late.reject(outage())
  await lateBatch
  expect(state().state).toBe('half_open')
})

test('is not closed by a probe that an outage overtook', async () => {
  const passing = Promise.withResolvers<void>()
  const checks = [async () => {}, () => passing.promise]
  const { breaker, failBatch, probeWhenDue, state, pass } = setUp({
    check: async () => await checks.shift()?.(),
  })
  await failBatch()
  await probeWhenDue()
  pass(10_000)
  const probe = breaker.probe()
  pass(1)
  await failBatch()
  passing.resolve()
  expect((await probe).state).toBe('open')
  expect(state()).toMatchObject({ state: 'open', relapses: 1 })
})

test('applies an open state again at each probe that is not due: it may have been applied in part', async () => {
  const { failBatch, breaker, applied } = setUp()
  await failBatch()
  await breaker.probe()
  expect(applied).toHaveLength(2)
  expect(applied[1]).toEqual(applied[0])
})

test('does not touch mappings while it is closed', async () => {
  const { breaker, applied, shown } = setUp()
  expect(await breaker.probe({ evenIfNotDue: true })).toEqual(NEVER_OPENED)
  expect([applied, shown]).toEqual([[], []])
})

test('shows the check what was refused, a few messages of it, until it closes', async () => {
  const { breaker, probeWhenDue, world, shown, failBatch } = setUp()
  const failing = breaker.guard(() => Promise.reject(outage()))
  const records = Array.from({ length: 12 }, (_, index) => record(`${index}`))
  await failing(batch(...records)).catch(() => {})
  await probeWhenDue()
  expect(shown).toEqual([records.slice(0, 10)])
  world.storeWorks = true
  await probeWhenDue()
  await probeWhenDue()
  await failBatch()
  await probeWhenDue()
  expect(shown.at(-1)).toHaveLength(1)
})

test('asks the check without them in the end: they may be what is wrong', async () => {
  const { failBatch, probeWhenDue, shown } = setUp()
  await failBatch()
  for (let probes = 0; probes < 102; probes++) await probeWhenDue()
  expect(shown.slice(99, 101).map((refused) => refused.length)).toEqual([1, 0])
})

test('a store that refuses whatever is let through costs three receives, and then ever fewer', async () => {
  const { failBatch, probeWhenDue, world, state } = setUp()
  world.storeWorks = true
  const receivedAt: number[] = []
  while (world.now < START + 7 * 24 * HOUR_MS) {
    if (state().state !== 'open') {
      receivedAt.push(world.now - START)
      await failBatch()
    }
    await probeWhenDue()
  }
  expect(receivedAt.filter((at) => at < 5 * MINUTE_MS)).toHaveLength(3)
  expect(receivedAt.filter((at) => at < HOUR_MS)).toHaveLength(5)
  expect(receivedAt.length).toBeLessThan(40)
})

test('whatever happens, nothing is drained while it is open, and it closes only by way of half-open', async () => {
  const Event = fc.constantFrom('fail batch', 'probe', 'store breaks', 'store mends', 'time passes')
  await fc.assert(
    fc.asyncProperty(fc.array(Event, { maxLength: 60 }), async (events) => {
      const { failBatch, probeWhenDue, world, pass, changes } = setUp()
      for (const event of events) {
        if (event === 'fail batch') await failBatch()
        if (event === 'probe') await probeWhenDue()
        if (event === 'store breaks') world.storeWorks = false
        if (event === 'store mends') world.storeWorks = true
        if (event === 'time passes') pass(MINUTE_MS)
      }
      const steps = ['closed', ...changes].slice(0, -1).map((from, index) => `${from} > ${changes[index]}`)
      const allowed = ['closed > open', 'open > half_open', 'half_open > open', 'half_open > closed']
      expect(steps.filter((step) => !allowed.includes(step))).toEqual([])
    }),
    { numRuns: 200 },
  )
})
