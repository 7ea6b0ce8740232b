/** When failed loads are tried again, and how often. */
export interface LoadTiming {
  /** Doubled after every attempt, up to the longest. */
  readonly firstRetryMs: number
  readonly longestRetryMs: number
  readonly maxTries: number
  /** How long a loader that says nothing is taken to be at work. */
  readonly leaseMs: number
}

const MINUTE = 60_000

/** Half a day of tries: longer than outages of S3, a missing policy over night, or a delivery that is under way. */
export const LOAD_TIMING: LoadTiming = {
  firstRetryMs: MINUTE,
  longestRetryMs: 120 * MINUTE,
  maxTries: 12,
  leaseMs: 2 * MINUTE,
}

/** What to wait after the `tries`-th attempt; null when that was the last. */
export function retryAfterMs(
  tries: number,
  { firstRetryMs, longestRetryMs, maxTries }: LoadTiming,
): number | null {
  return tries >= maxTries ? null : Math.min(longestRetryMs, firstRetryMs * 2 ** (tries - 1))
}
