import { setTimeout as sleep } from 'node:timers/promises'
import { publishLoads } from '@polo/collectors'
import type { PoloConfig } from '@polo/core'
import { type LoadReport, readLoads } from '@polo/ingester'
import { localLoader, ReconciliationTimeoutError } from '@polo/local'
import { chooseSink } from '../collect/choose-sink.ts'
import { createStoringNotice, type StoringNotice, startTicking, tellOn } from '../collect/storing-notice.ts'
import type { Output } from '../output/output.ts'
import type { Session } from '../session/session.ts'
import type { PathRequest } from './path-request.ts'
import { isUnreadable } from './render-loads.ts'

/** What `polo collect --path` prints. */
export interface PathReport {
  readonly source: string
  readonly notes: readonly string[]
  readonly loads: readonly LoadReport[]
  /** Everything that was found is loaded, and nothing consists of malformed lines alone. */
  readonly complete: boolean
}

export interface RunCollectPathOptions {
  readonly session: Session
  readonly config: PoloConfig
  readonly output: Output
  /** Ends the loading early; what is not loaded by then stays to be asked for again. */
  readonly signal: AbortSignal
}

/** For another request to be stored; more than the queue hides the messages of an ingester that was killed. */
const PATIENCE_MS = 200_000

/**
 * Asks for what was found in a directory, waits until the requests are stored, and has them loaded here: no other loader
 * was told of the directory.
 * @throws ReconciliationTimeoutError when the requests are not stored in time; OutageError
 */
export async function runCollectPath(
  { loads, notes, directory, to }: PathRequest,
  { session, config, output, signal }: RunCollectPathOptions,
): Promise<PathReport> {
  const ids = loads.map(({ load_id }) => load_id)
  let ended = 0
  const loader = localLoader({
    ...session,
    config,
    directories: [directory],
    onResult: () => output.progress(`loading: ${++ended} of ${ids.length} done`),
  })
  try {
    await publishLoads(chooseSink(session, to), loads)
    await untilStored(ids, { session, signal, output })
    output.progress(`loading: 0 of ${ids.length} done`)
    await loader.run({ signal })
    const reports = await readLoads(session.clickhouse, { ids })
    return { source: directory, notes, loads: reports, complete: reports.every(isDone) }
  } finally {
    output.clearProgress()
    await loader.close()
  }
}

/** Of several manifests of one target the older need not be loaded. */
function isDone(load: LoadReport): boolean {
  return load.status === 'superseded' || (load.status === 'loaded' && !isUnreadable(load))
}

async function untilStored(
  ids: readonly string[],
  { session, signal, output }: Pick<RunCollectPathOptions, 'session' | 'signal' | 'output'>,
): Promise<void> {
  const notice = createStoringNotice({ total: ids.length, noun: 'requests', output, tell: tellOn(output) })
  const stopTicking = startTicking(() => notice.tick())
  try {
    await pollUntilStored(ids, { session, signal, notice })
  } finally {
    stopTicking()
  }
}

async function pollUntilStored(
  ids: readonly string[],
  {
    session,
    signal,
    notice,
  }: Pick<RunCollectPathOptions, 'session' | 'signal'> & { readonly notice: StoringNotice },
): Promise<void> {
  let missing = ids
  let isFirst = true
  let deadline = Date.now() + PATIENCE_MS
  for (;;) {
    signal.throwIfAborted()
    const stored = new Set(
      (await readLoads(session.clickhouse, { ids: missing })).map((load) => load.load_id),
    )
    if (stored.size === missing.length) return
    const why = session.runtime?.lastIngesterProblem()
    missing = missing.filter((id) => !stored.has(id))
    if (stored.size > 0) deadline = Date.now() + PATIENCE_MS
    if (stored.size > 0 || isFirst) notice.moved(ids.length - missing.length, why)
    isFirst = false
    if (Date.now() > deadline) {
      throw new ReconciliationTimeoutError(
        `${missing.length} of ${ids.length} requests are not stored yet${why ? ` (${why})` : ''}. ` +
          'They wait in the queue: nothing is lost. See `polo status`.',
      )
    }
    await sleep(150)
  }
}
