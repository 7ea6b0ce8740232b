import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Spaces what waits for it evenly.
 * @returns a function that resolves when it is the caller's turn, in the order of the calls
 */
export function createRateLimit(perSecond: number): (signal?: AbortSignal) => Promise<void> {
  const gapMs = 1000 / perSecond
  let next = 0
  return async (signal) => {
    const turn = Math.max(next, Date.now())
    next = turn + gapMs
    const waitMs = turn - Date.now()
    if (waitMs > 0) await sleep(waitMs, undefined, signal && { signal })
  }
}
