import { parseConfig } from '@polo/core'
import type { LoadSummary } from '@polo/ingester'
import { hasLoadSources, type LocalLoader, startLoading } from '@polo/local'
import { expect, it } from 'vitest'

const NOTHING: LoadSummary = { loaded: 0, failed: 0, given_up: 0, superseded: 0 }

/** Counts passes, and closes. */
function fakeLoader(pass: (n: number, signal: AbortSignal) => Promise<void>) {
  const seen = { passes: 0, closed: false }
  const loader: LocalLoader = {
    async run({ signal }) {
      await pass(++seen.passes, signal)
      return NOTHING
    },
    async close() {
      seen.closed = true
    },
  }
  return { loader, seen }
}

it('makes a pass after the other, and goes on after one that failed', async () => {
  const errors: unknown[] = []
  const { loader, seen } = fakeLoader(async (n) => {
    if (n === 1) throw new Error('the database is away')
  })
  const loading = startLoading({ loader, everyMs: 1, onError: (error) => errors.push(error) })
  await expect.poll(() => seen.passes).toBeGreaterThan(2)
  await loading.stop()

  expect(errors).toEqual([new Error('the database is away')])
  expect(seen.closed).toBe(true)
  const { passes } = seen
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(seen.passes).toBe(passes)
})

it('ends a pass that is under way when it is stopped', async () => {
  const { loader, seen } = fakeLoader(
    (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  )
  const loading = startLoading({ loader, onError: () => {} })
  await expect.poll(() => seen.passes).toBe(1)
  await loading.stop()
  expect(seen).toEqual({ passes: 1, closed: true })
})

it('has something to do only where the configuration names a bucket', () => {
  const costExports = [{ name: 'org', bucket: 'billing', region: 'us-east-1' }]
  expect(hasLoadSources(parseConfig({}))).toBe(false)
  expect(hasLoadSources(parseConfig({ costExports }))).toBe(true)
})
