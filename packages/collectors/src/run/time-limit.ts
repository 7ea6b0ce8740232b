import { describeError } from '../classify-failure.ts'
import { TimeIsUpError } from '../errors.ts'

/** The longest time that a timer of Node's can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Ends an attempt early; its signal's reason is always a TimeIsUpError. */
export interface TimeLimit {
  readonly signal: AbortSignal
  stop(reason: string): void
  /** To be called when the attempt is over: until then the timer keeps the process alive. */
  clear(): void
}

/**
 * Fires after `timeoutMs`, however the wall clock is set meanwhile, when `interrupted` fires, or by `stop`.
 * Not `AbortSignal.timeout`: it lets the process end before its time is up.
 */
export function createTimeLimit(timeoutMs: number, interrupted?: AbortSignal): TimeLimit {
  const controller = new AbortController()
  const stop = (reason: string) => controller.abort(new TimeIsUpError(`stopped early: ${reason}`))
  const interrupt = () => stop(describeError(interrupted?.reason))
  const timer = setTimeout(() => stop('the time was up'), Math.min(Math.max(timeoutMs, 0), MAX_TIMER_MS))
  interrupted?.addEventListener('abort', interrupt, { once: true })
  if (interrupted?.aborted) interrupt()
  return {
    signal: controller.signal,
    stop,
    clear() {
      clearTimeout(timer)
      interrupted?.removeEventListener('abort', interrupt)
    },
  }
}

/**
 * What `start` promises, unless the signal fires first: not every call of the SDK ends when it is aborted.
 * Not `Promise.race`, which would keep every value as long as the signal lives.
 * @throws the signal's reason; then `start` is not called if the signal had fired before
 */
export function orAborted<Value>(signal: AbortSignal, start: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    start()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}
