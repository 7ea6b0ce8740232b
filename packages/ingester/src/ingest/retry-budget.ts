/** Tries after the first that all inserts of an ingester may spend together. */
export interface RetryBudget {
  /** False when nothing is left: then whatever fails, fails. */
  spend(): boolean
  /** An insert succeeded. */
  earn(): void
}

/** Enough to ride out a hiccup; a store that is down is not asked again and again by every block of every batch. */
const FULL = 20
/** Under a lasting partial failure one retry for ten successes: the load grows by a tenth, not by the tries allowed. */
const EARNED_BY_SUCCESS = 0.1

/** A token bucket as in https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs */
export function createRetryBudget(): RetryBudget {
  let tokens = FULL
  return {
    spend() {
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    earn() {
      tokens = Math.min(FULL, tokens + EARNED_BY_SUCCESS)
    },
  }
}
