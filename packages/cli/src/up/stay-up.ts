import { once } from 'node:events'
import type { Session } from '../session/session.ts'
import { type WatchOptions, watchPipeline } from './watch/watch-pipeline.ts'

/** Waits for the signal, and tells meanwhile what becomes of the pipeline. @throws Error when a part of it ends before that */
export async function stayUp(session: Session, options: WatchOptions): Promise<void> {
  const { signal } = options
  if (signal.aborted) return
  const ending = new AbortController()
  const watching = watchPipeline(session, { ...options, signal: AbortSignal.any([signal, ending.signal]) })
  const interrupted = once(signal, 'abort').then(() => undefined)
  const failed = await Promise.race([interrupted, session.runtime?.failed])
  ending.abort()
  await watching
  if (failed && !signal.aborted)
    throw new Error(`${failed} ended by itself. What it had acknowledged is on disk: start again.`)
}
