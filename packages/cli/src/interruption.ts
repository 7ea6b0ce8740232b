import { InterruptedError } from './errors.ts'
import { EXIT } from './exit-code.ts'

/** Fires at Ctrl-C or SIGTERM; a second one ends the process at once. */
export function onInterruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted)
      controller.abort(new InterruptedError('interrupted'))
    })
  }
  return controller.signal
}

/**
 * What `work` comes to, unless the signal fires first.
 * @throws the signal's reason then; `work` goes on, and what it comes to is ignored
 */
export async function orInterrupted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  signal.throwIfAborted()
  const { promise: interrupted, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, interrupted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
