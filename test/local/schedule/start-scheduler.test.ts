import type { DispatchRequest } from '@polo/collectors'
import type { Schedule } from '@polo/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startScheduler } from '../../../packages/local/src/schedule/start-scheduler.ts'
import { stubCollector } from '../../collectors/run-stub.ts'

const MINUTE_MS = 60_000

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T10:07:30.000Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

function start(schedules: Record<string, Schedule>, dispatch?: (request: DispatchRequest) => Promise<void>) {
  const fired: string[] = []
  const errors: string[] = []
  const scheduler = startScheduler({
    collectors: Object.entries(schedules).map(([name, schedule]) => stubCollector({}, { name, schedule })),
    async dispatch(request) {
      fired.push(`${request.collector} ${request.scheduledTime.slice(0, 16)}`)
      await dispatch?.(request)
    },
    onError: ({ name }, error) => errors.push(`${name}: ${error}`),
  })
  return { scheduler, fired, errors }
}

const QUARTERLY = { every: '15 minutes', offset: '5 minutes' } as const

test('fires each collector by its own schedule, for the slot', async () => {
  const { fired, scheduler } = start({ one: QUARTERLY, two: { every: '5 minutes', offset: '0 minutes' } })
  await vi.advanceTimersByTimeAsync(15 * MINUTE_MS)
  expect(fired).toEqual([
    'two 2026-03-01T10:10',
    'two 2026-03-01T10:15',
    'one 2026-03-01T10:20',
    'two 2026-03-01T10:20',
  ])
  await scheduler.stop()
})

test('fires the slots that collectors are in when asked to, and none twice', async () => {
  const { fired, scheduler } = start({ one: QUARTERLY, daily: { dailyAt: '07:00' } })
  await scheduler.fireNow()
  await scheduler.fireNow()
  await vi.advanceTimersByTimeAsync(13 * MINUTE_MS)
  await scheduler.fireNow()
  expect(fired).toEqual(['one 2026-03-01T10:05', 'daily 2026-03-01T07:00', 'one 2026-03-01T10:20'])
  await scheduler.stop()
})

test('makes up for no slot that was slept through, but for the one that it wakes up in', async () => {
  const { fired, scheduler } = start({ one: QUARTERLY })
  await scheduler.fireNow()
  vi.setSystemTime(new Date('2026-03-01T13:42:10.000Z'))
  await vi.advanceTimersByTimeAsync(30_000)
  expect(fired).toEqual(['one 2026-03-01T10:05', 'one 2026-03-01T13:35'])
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
  expect(fired.at(-1)).toBe('one 2026-03-01T13:50')
  expect(fired).toHaveLength(3)
  await scheduler.stop()
})

test('tells what a dispatch throws, and goes on', async () => {
  const { fired, errors, scheduler } = start({ one: QUARTERLY }, () => Promise.reject(new Error('no list')))
  await vi.advanceTimersByTimeAsync(30 * MINUTE_MS)
  expect(errors).toEqual(['one: Error: no list', 'one: Error: no list'])
  expect(fired).toHaveLength(2)
  await scheduler.stop()
})

test('fires no more once it is stopped, and has waited for the dispatch that ran', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { fired, scheduler } = start({ one: QUARTERLY }, () => promise)
  void scheduler.fireNow()
  let isStopped = false
  const stopping = scheduler.stop().then(() => {
    isStopped = true
  })
  await vi.advanceTimersByTimeAsync(30 * MINUTE_MS)
  expect([fired.length, isStopped]).toEqual([1, false])
  resolve()
  await stopping
})
