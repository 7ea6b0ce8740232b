import { InterruptedError } from '../errors.ts'
import { EXIT } from '../exit-code.ts'

/** One Ctrl-C comes several times: from the terminal, from npm and from whoever started this process. */
const ONE_PRESS_MS = 1_000

/** Fires at Ctrl-C or SIGTERM; a second one ends the process at once. */
export function onInterruption(): AbortSignal {
  const controller = new AbortController()
  const interrupt = countPresses((presses) => {
    if (presses > 1) process.exit(EXIT.interrupted)
    controller.abort(new InterruptedError('interrupted'))
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt(performance.now()))
  return controller.signal
}

/** Takes when each signal came, in milliseconds, and tells how often somebody has pressed Ctrl-C so far. */
export function countPresses(onPress: (presses: number) => void): (atMs: number) => void {
  let presses = 0
  let pressedAt = Number.NEGATIVE_INFINITY
  return (atMs) => {
    if (atMs - pressedAt < ONE_PRESS_MS) return
    pressedAt = atMs
    onPress(++presses)
  }
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
