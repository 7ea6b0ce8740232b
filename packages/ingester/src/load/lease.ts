import type { LoadResult } from './load-results.ts'

export interface LeaseOptions {
  readonly leaseMs: number
  /** Writes the rows of attempts that are under way. */
  record(results: readonly LoadResult[]): Promise<void>
}

/** Says of attempts that somebody is at them. */
export interface Lease {
  /** To be waited for before an attempt's last row is written, which nothing may follow. */
  release(results: readonly LoadResult[]): Promise<void>
}

/** Moves the leases of attempts on, until each is released. */
export function keepLease(began: readonly LoadResult[], { leaseMs, record }: LeaseOptions): Lease {
  const held = new Map(began.map((result) => [result.load_id, result]))
  let writing = Promise.resolve()
  const renew = () => {
    const lease_until = new Date(Date.now() + leaseMs).toISOString()
    // A lease that is not moved on may let another loader do the same, which changes nothing.
    writing = record([...held.values()].map((result) => ({ ...result, lease_until }))).catch(() => {})
  }
  const timer = setInterval(renew, leaseMs / 4).unref()
  return {
    async release(results) {
      for (const { load_id } of results) held.delete(load_id)
      if (held.size === 0) clearInterval(timer)
      await writing
    },
  }
}
