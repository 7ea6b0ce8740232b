import type { CollectContext, Observation, Source, TableRow } from '../collector.ts'

/** `orAborted` for each thing seen, with one listener for all of them. */
export async function* untilAborted(
  source: Source,
  context: CollectContext,
): AsyncGenerator<Observation | TableRow> {
  const { signal } = context
  const iterator = source(context)[Symbol.asyncIterator]()
  let stop = (_reason: unknown) => {}
  const abort = () => stop(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await new Promise<IteratorResult<Observation | TableRow>>((resolve, reject) => {
        stop = reject
        iterator.next().then(resolve, reject)
      })
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: it waits for the very call that may hang.
    iterator.return?.().catch(() => {})
  }
}
