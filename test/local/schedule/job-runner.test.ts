import type { JobMessage } from '@polo/collectors'
import { createJobRunner, type GivenUp, type JobRunnerOptions } from '@polo/local'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

// Stalls and time limits are told apart by the clock, which no other work on the machine may delay here.
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function jobOf(id: string, overrides: Partial<JobMessage> = {}): JobMessage {
  return {
    v: 1,
    collector: 'config_ec2',
    slot: '2026-03-01T10:00:00.000Z',
    account: { id, role: '', tagDefaults: {} },
    access: { roleArn: `arn:aws:iam::${id}:role/polo-read`, externalId: 'polo-999988887777' },
    ...overrides,
  }
}

/** A runner whose jobs go on until they are told to end. */
function setUp(options: Partial<JobRunnerOptions> = {}) {
  const begun: string[] = []
  const ended: string[] = []
  const givenUp: (GivenUp & { id: string })[] = []
  const jobs = new Map<string, { progress: () => void; end: () => void; fail: (error: Error) => void }>()
  const runner = createJobRunner({
    concurrency: 2,
    maxStalled: 2,
    stallAfterMs: 30,
    retryDelayMs: 5,
    maxAgeMs: () => 60_000,
    async attempt({ account: { id } }, progress) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      begun.push(id)
      jobs.set(id, { progress, end: resolve, fail: reject })
      await promise
      ended.push(id)
    },
    giveUp: async ({ account: { id } }, why) => void givenUp.push({ ...why, id }),
    ...options,
  })
  const add = (...ids: string[]) => {
    for (const id of ids) runner.add(jobOf(id))
  }
  return { runner, add, begun, ended, givenUp, jobs, job: (id: string) => jobs.get(id) }
}

/** Reports progress for as long as the test goes on. */
function keepGoing(progress: (() => void) | undefined) {
  progress?.()
  const timer = setInterval(() => progress?.(), 5)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

describe('the job runner', () => {
  test('runs so many side by side, and the next one when one has ended', async () => {
    const { add, begun, job } = setUp({ stallAfterMs: 60_000 })
    add('a', 'b', 'c', 'd')
    expect(begun).toEqual(['a', 'b'])
    job('b')?.end()
    await pass(5)
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  test('lets jobs that have no answer make room for others, up to a bound', async () => {
    const { add, begun, runner } = setUp()
    add('a', 'b', 'c', 'd', 'e', 'f')
    await pass(29)
    expect(begun).toHaveLength(2)
    await pass(1)
    expect(begun).toHaveLength(4)
    await pass(1_000)
    expect(begun).toHaveLength(4)
    expect(runner.counts()).toEqual({ waiting: 2, running: 4, stalled: 4 })
  })

  test('makes no room for a job that gets on, however long it takes', async () => {
    const { add, begun, job } = setUp()
    add('a', 'b', 'c')
    using _a = keepGoing(job('a')?.progress)
    using _b = keepGoing(job('b')?.progress)
    await pass(120)
    expect(begun).toEqual(['a', 'b'])
  })

  test('counts a job again that gets on again', async () => {
    const { add, begun, job, runner } = setUp({ concurrency: 1, stallAfterMs: 200 })
    add('a', 'b', 'c')
    await pass(200)
    expect(begun).toEqual(['a', 'b'])
    using _b = keepGoing(job('b')?.progress)
    using _a = keepGoing(job('a')?.progress)
    expect(runner.counts()).toMatchObject({ running: 2, stalled: 0 })
    job('a')?.end()
    await pass(250)
    expect(begun).toEqual(['a', 'b'])
    job('b')?.end()
    await pass(5)
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  test('never delays healthy accounts by more than a stall while no more are sick than may stall', async () => {
    const sick = new Set(['s1', 's2', 's3'])
    const healthy = Array.from({ length: 20 }, (_, index) => `h${index}`)
    const ended: string[] = []
    const { add } = setUp({
      maxStalled: 4,
      async attempt({ account: { id } }) {
        await sleep(sick.has(id) ? 60_000 : 2)
        ended.push(id)
      },
    })
    add(...sick, ...healthy)
    // Three stall in two places, one after the other; the healthy ones then have both for themselves.
    await pass(2 * 30 + 10 * 2)
    expect(ended.toSorted()).toEqual(healthy.toSorted())
  })

  test('delays healthy accounts by the time limit of sick ones, and once, where more are sick than may stall', async () => {
    const timeLimitMs = 300
    const sick = Array.from({ length: 8 }, (_, index) => `s${index}`)
    const healthy = Array.from({ length: 20 }, (_, index) => `h${index}`)
    const endedAfterMs = new Map<string, number>()
    const startedAt = Date.now()
    const { add } = setUp({
      maxStalled: 4,
      async attempt({ account: { id } }) {
        await sleep(sick.includes(id) ? timeLimitMs : 2)
        endedAfterMs.set(id, Date.now() - startedAt)
      },
    })
    add(...sick, ...healthy)
    await pass(2 * timeLimitMs + 30)
    expect(endedAfterMs.size).toBe(28)
    const delays = healthy.map((id) => endedAfterMs.get(id) ?? Number.NaN)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(timeLimitMs)
    // The last two sick ones take the places of those that have ended, and stall in their turn.
    expect(Math.max(...delays)).toBeLessThan(2 * timeLimitMs)
  })

  test('takes the same job once while it waits or runs, and again when it has ended', async () => {
    const { add, begun, job, ended } = setUp({ concurrency: 1, stallAfterMs: 60_000 })
    add('a', 'b', 'b', 'a')
    job('a')?.end()
    await pass(5)
    expect(begun).toEqual(['a', 'b'])
    job('b')?.end()
    await pass(5)
    expect(ended).toEqual(['a', 'b'])
    add('a')
    await pass(5)
    expect(begun).toEqual(['a', 'b', 'a'])
  })

  test('tells jobs of one account apart by collector and slot', () => {
    const { runner, begun } = setUp({ concurrency: 9, stallAfterMs: 60_000 })
    runner.add(jobOf('a'))
    runner.add(jobOf('a', { collector: 'config_ebs' }))
    runner.add(jobOf('a', { slot: '2026-03-01T10:15:00.000Z' }))
    expect(begun).toHaveLength(3)
  })

  test('tries what fails once more, behind the others', async () => {
    const { add, begun, ended, givenUp, job } = setUp({ concurrency: 1 })
    add('a', 'b')
    job('a')?.fail(new Error('throttled'))
    await pass(5)
    expect(begun).toEqual(['a', 'b'])
    job('b')?.end()
    await pass(5)
    expect(begun).toEqual(['a', 'b', 'a'])
    job('a')?.end()
    await pass(5)
    expect(ended).toEqual(['b', 'a'])
    expect(givenUp).toEqual([])
  })

  test('gives up what fails twice, with why', async () => {
    const { add, begun, givenUp, job } = setUp()
    add('a')
    job('a')?.fail(new Error('the first time'))
    await pass(5)
    expect(begun).toEqual(['a', 'a'])
    const error = new Error('the second time')
    job('a')?.fail(error)
    await pass(5)
    expect(givenUp).toEqual([{ id: 'a', condition: 'RetriesExhausted', attempts: 2, error }])
  })

  test('gives up what has waited too long to be begun', async () => {
    const { add, begun, givenUp, job } = setUp({ concurrency: 1, stallAfterMs: 60_000, maxAgeMs: () => 20 })
    add('a', 'b')
    await pass(40)
    job('a')?.end()
    await pass(0)
    expect(givenUp).toEqual([{ id: 'b', condition: 'EventAgeExceeded', attempts: 0, error: undefined }])
    expect(begun).toEqual(['a'])
  })

  test('begins no more when it is stopped, waits for those that run, and says how many it leaves', async () => {
    const { add, begun, ended, givenUp, job, runner } = setUp({ stallAfterMs: 60_000, retryDelayMs: 60_000 })
    add('a', 'b', 'c', 'd')
    job('a')?.fail(new Error('throttled'))
    await pass(5)
    expect(begun).toEqual(['a', 'b', 'c'])
    const stopped = runner.stop()
    job('c')?.end()
    await pass(10)
    expect(ended).toEqual(['c'])
    job('b')?.end()
    expect(await stopped).toEqual({ undone: 2 })
    add('e')
    expect(begun).toEqual(['a', 'b', 'c'])
    expect(givenUp).toEqual([])
  })
})
