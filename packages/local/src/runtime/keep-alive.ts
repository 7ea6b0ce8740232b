import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from '../child.ts'

const RESTART_AFTER_MS = 500
const MAX_RESTARTS = 5
/** Who lived that long did not end of its start; what it died of may be one message, which the ingester finds out. */
const STABLE_MS = 60_000

/** A process that is replaced when it ends by itself. */
export interface KeptAlive {
  /** The one that runs now. */
  readonly pid: number
  /** Resolves when it has ended too often, or could not be started again, with a verb phrase that says which. */
  readonly gaveUp: Promise<string>
  stop(): Promise<void>
}

/**
 * Keeps a process running that holds nothing of its own, as Lambda does with a function.
 * @throws what `start` throws, the first time
 */
export async function keepAlive(start: () => Promise<Child>): Promise<KeptAlive> {
  let child = await start()
  let isStopping = false
  const gaveUp = Promise.withResolvers<string>()
  const replaceWhenEnded = async () => {
    for (let restarts = 0; restarts < MAX_RESTARTS; restarts++) {
      const startedAt = Date.now()
      await child.exited
      if (Date.now() - startedAt > STABLE_MS) restarts = 0
      if (!isStopping) await sleep(RESTART_AFTER_MS)
      if (isStopping) return ''
      child = await start()
      if (isStopping) await child.stop()
    }
    return `ended ${MAX_RESTARTS + 1} times, at last by ${describeEnd(await child.exited)}`
  }
  const watching = replaceWhenEnded()
    .catch((error: unknown) => `could not be started again: ${String(error)}`)
    .then((why) => {
      if (!isStopping) gaveUp.resolve(why)
    })
  return {
    get pid() {
      return child.pid
    },
    gaveUp: gaveUp.promise,
    async stop() {
      isStopping = true
      await child.stop()
      await watching
    },
  }
}

/** What a process was ended by, in words. */
export function describeEnd({ code, signal }: Awaited<Child['exited']>): string {
  return signal ?? `exit code ${code}`
}
