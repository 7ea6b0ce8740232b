import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from '@polo/local'
import type { IngesterProcessOptions } from './ingester-process.ts'

/** The ingester in a process of its own, replaced whenever it was killed, as Lambda does with a function. */
export interface ChaosIngester {
  /** SIGKILL, wherever it is; another one starts after `restartAfterMs`. */
  kill(restartAfterMs: number): Promise<void>
  /** Stops it as well as it can be stopped in short time, and starts another one. */
  restart(): Promise<void>
  /** Times that it ended without being killed. */
  crashes(): number
  stop(): Promise<void>
}

const STOPPED_WITHIN_MS = 3_000

export async function startIngester(options: IngesterProcessOptions): Promise<ChaosIngester> {
  const entry = new URL('./ingester-process.ts', import.meta.url)
  let crashes = 0
  const start = async () => {
    const child = await startChild({ name: 'ingester', entry, options })
    const isExpected = { ending: false }
    void child.exited.then(() => {
      if (!isExpected.ending) crashes++
    })
    return {
      async end(how: () => void | Promise<void>) {
        isExpected.ending = true
        await how()
        await child.exited
      },
      child,
    }
  }
  let running = await start()
  let replacing = Promise.resolve()
  const replace = (how: () => void | Promise<void>, afterMs: number) => {
    replacing = replacing.then(async () => {
      await running.end(how)
      await sleep(afterMs)
      running = await start()
    })
    return replacing
  }
  return {
    kill: (restartAfterMs) => replace(() => void process.kill(running.child.pid, 'SIGKILL'), restartAfterMs),
    restart: () => replace(() => running.child.stop(STOPPED_WITHIN_MS), 0),
    crashes: () => crashes,
    async stop() {
      await replacing
      await running.end(() => running.child.stop())
    },
  }
}
