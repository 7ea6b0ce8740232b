import type { JobMessage } from '@polo/collectors'
import { createStallWatch } from './stall-watch.ts'

/** Why a job is given up: as Lambda says it. */
export interface GivenUp {
  readonly condition: 'RetriesExhausted' | 'EventAgeExceeded'
  readonly attempts: number
  /** What the last attempt threw; undefined where there was none. */
  readonly error: unknown
}

export interface JobRunnerOptions {
  /** Makes one attempt; throws where another may help. `onProgress` is to be called whenever AWS has answered. */
  attempt(job: JobMessage, onProgress: () => void): Promise<void>
  /** Takes a job that is given up. Must not throw. */
  giveUp(job: JobMessage, why: GivenUp): Promise<void>
  /** How long a job may wait to be begun. */
  maxAgeMs(job: JobMessage): number
  /** Jobs that run side by side and get on. */
  readonly concurrency?: number
  /** Jobs that may run besides, because they do not get on. */
  readonly maxStalled?: number
  /** A job that has had no answer of AWS for so long does not get on. */
  readonly stallAfterMs?: number
  readonly retryDelayMs?: number
}

export interface JobRunner {
  /** Takes a job, unless the very same waits or runs already. */
  add(job: JobMessage): void
  counts(): { readonly waiting: number; readonly running: number; readonly stalled: number }
  /** Begins no more jobs and waits for those that run; says how many it leaves undone. */
  stop(): Promise<{ readonly undone: number }>
}

/** As Lambda by default; one retry is what the deployed collectors have. */
const MAX_ATTEMPTS = 2
const RETRY_DELAY_MS = 60_000
/** One process reads them all: more side by side would wait for its one thread. */
const CONCURRENCY = 8
const MAX_STALLED = 32
const STALL_AFTER_MS = 3_000

interface Entry {
  readonly job: JobMessage
  readonly addedAt: number
  attempts: number
  error: unknown
}

/**
 * Runs jobs in the order in which they came, a few at a time. One that waits for an AWS that does not answer, or
 * throttles it, makes room for another meanwhile, so that a sick account does not delay healthy ones. Where so many are
 * sick that they fill `concurrency` and `maxStalled` together, the others wait until one of them has ended, which its
 * time limit sees to. What throws is tried once more, and then given up, as is what waited too long.
 */
export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const { concurrency = CONCURRENCY, maxStalled = MAX_STALLED, stallAfterMs = STALL_AFTER_MS } = options
  const known = new Set<string>()
  const waiting: Entry[] = []
  const retries = new Map<NodeJS.Timeout, Entry>()
  const running = new Set<Promise<void>>()
  const stalls = createStallWatch(stallAfterMs, () => begin())
  let isStopping = false

  const begin = () => {
    while (
      !isStopping &&
      running.size - stalls.count() < concurrency &&
      running.size < concurrency + maxStalled
    ) {
      const entry = waiting.shift()
      if (!entry) return
      const ended = run(entry).finally(() => {
        running.delete(ended)
        begin()
      })
      running.add(ended)
    }
  }

  const run = async (entry: Entry) => {
    const { job } = entry
    if (Date.now() - entry.addedAt > options.maxAgeMs(job)) {
      return await giveUp(entry, 'EventAgeExceeded')
    }
    const watch = stalls.watch()
    try {
      entry.attempts++
      await options.attempt(job, watch.progress)
      known.delete(keyOf(job))
    } catch (error) {
      entry.error = error
      if (entry.attempts < MAX_ATTEMPTS) retryLater(entry)
      else await giveUp(entry, 'RetriesExhausted')
    } finally {
      watch.end()
    }
  }

  const retryLater = (entry: Entry) => {
    const timer = setTimeout(() => {
      retries.delete(timer)
      waiting.push(entry)
      begin()
    }, options.retryDelayMs ?? RETRY_DELAY_MS)
    retries.set(timer, entry)
  }

  const giveUp = async ({ job, attempts, error }: Entry, condition: GivenUp['condition']) => {
    await options.giveUp(job, { condition, attempts, error })
    known.delete(keyOf(job))
  }

  return {
    add(job) {
      const key = keyOf(job)
      if (isStopping || known.has(key)) return
      known.add(key)
      waiting.push({ job, addedAt: Date.now(), attempts: 0, error: undefined })
      begin()
    },
    counts: () => ({
      waiting: waiting.length + retries.size,
      running: running.size,
      stalled: stalls.count(),
    }),
    async stop() {
      isStopping = true
      await Promise.all(running)
      for (const timer of retries.keys()) clearTimeout(timer)
      return { undone: waiting.length + retries.size }
    },
  }
}

function keyOf({ collector, account, slot }: JobMessage): string {
  return `${collector} ${account.id} ${slot}`
}
