import { setTimeout as sleep } from 'node:timers/promises'
import type { LocalLoader } from './local-loader.ts'

export interface LoadingOptions {
  readonly loader: LocalLoader
  readonly everyMs?: number
  /** Told why a pass failed as a whole, such as when the database is away. */
  readonly onError: (error: unknown) => void
}

/** Loads what is asked for, again and again. */
export interface Loading {
  /** Ends what is under way, which is tried again later. */
  stop(): Promise<void>
}

const EVERY_MS = 15_000

/** As the deployed schedule does, a pass after the other. */
export function startLoading({ loader, everyMs = EVERY_MS, onError }: LoadingOptions): Loading {
  const stopping = new AbortController()
  const { signal } = stopping
  const load = async () => {
    while (!signal.aborted) {
      await loader.run({ signal }).catch(onError)
      await sleep(everyMs, undefined, { signal }).catch(() => {})
    }
  }
  const loading = load()
  return {
    async stop() {
      stopping.abort(new Error('Polo was stopped'))
      await loading
      await loader.close()
    },
  }
}
