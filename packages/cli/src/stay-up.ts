import { once } from 'node:events'
import type { Session } from './session.ts'

/** Waits for the signal. @throws Error when a part of the pipeline ends before that */
export async function stayUp({ runtime }: Session, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const interrupted = once(signal, 'abort').then(() => undefined)
  const failed = await Promise.race([interrupted, runtime?.failed])
  if (failed && !signal.aborted)
    throw new Error(`${failed} ended by itself. What it had acknowledged is on disk: start again.`)
}
