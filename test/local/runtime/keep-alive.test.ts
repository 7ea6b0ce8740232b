import type { Child } from '@polo/local'
import { expect, test } from 'vitest'
import { keepAlive } from '../../../packages/local/src/runtime/keep-alive.ts'

/** A child that has ended already. */
function endedChild(): Child {
  return { pid: 1, port: 0, exited: Promise.resolve({ code: 3, signal: null }), stop: async () => {} }
}

test('says why it could not start a process again', async () => {
  const starts = [async () => endedChild()]
  const kept = await keepAlive(() => {
    const start = starts.shift()
    return start ? start() : Promise.reject(new Error('no memory left'))
  })
  expect(await kept.gaveUp).toBe('could not be started again: Error: no memory left')
})

test('says what a process ended by that ends again and again', async () => {
  const kept = await keepAlive(async () => endedChild())
  expect(await kept.gaveUp).toBe('ended 6 times, at last by exit code 3')
})
