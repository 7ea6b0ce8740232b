import type { CollectorRun } from '@polo/core'
import { awaitReconciliation, type JobStatus } from '@polo/local'
import { InterruptedError } from '../errors.ts'
import type { Output } from '../output/output.ts'
import type { Session } from '../session/session.ts'
import { publishedRows } from './collect-report.ts'
import { createStoringNotice, startTicking, tellOn } from './storing-notice.ts'

const STORING_GRACE_MS = 3_000

export interface AwaitRowsOptions {
  readonly session: Session
  readonly output: Output
  /** Ends the waiting, after a moment. */
  readonly signal: AbortSignal
}

/** Waits until everything that runs published is accounted for. An error costs the report nothing but what the database would have said. */
export async function awaitRows(
  runs: readonly CollectorRun[],
  { session, output, signal }: AwaitRowsOptions,
): Promise<{ statuses: readonly JobStatus[]; error?: unknown }> {
  const published = runs.reduce((sum, run) => sum + publishedRows(run), 0)
  const runIds = runs.map((run) => run.run_id)
  const notice = createStoringNotice({ total: published, noun: 'rows', output, tell: tellOn(output) })
  const stopTicking = startTicking(() => notice.tick())
  try {
    const statuses = await awaitReconciliation(session.clickhouse, runIds, {
      whyWaiting: () => session.runtime?.lastIngesterProblem(),
      onProgress: (rows, problem) => notice.moved(rows, problem),
      signal: afterGrace(signal),
    })
    return { statuses }
  } catch (error) {
    if (error instanceof InterruptedError) throw error
    return { statuses: [], error }
  } finally {
    stopTicking()
  }
}

/** What was published before Ctrl-C is normally stored within moments, and then the report is whole. */
function afterGrace(signal: AbortSignal): AbortSignal {
  const controller = new AbortController()
  const start = () => setTimeout(() => controller.abort(stillWaiting()), STORING_GRACE_MS).unref()
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })
  return controller.signal
}

function stillWaiting(): InterruptedError {
  return new InterruptedError(
    'interrupted before everything was stored. What was published waits in the queue and is stored when ' +
      'Polo runs again; see polo status.',
  )
}
