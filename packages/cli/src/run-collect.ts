import type { Job } from '@polo/collectors'
import type { CollectorRun, PoloConfig } from '@polo/core'
import { awaitReconciliation, collect } from '@polo/local'
import { chooseSink } from './choose-sink.ts'
import { type CollectReport, toReport } from './collect-report.ts'
import type { CollectRequest } from './collect-request.ts'
import { InterruptedError } from './errors.ts'
import { dropCredentials } from './mask-secrets.ts'
import type { Output } from './output.ts'
import type { Session } from './session.ts'

const STORING_GRACE_MS = 3_000

export interface RunCollectOptions {
  readonly session: Session
  readonly config: PoloConfig
  readonly output: Output
  /** Ends the runs early; they report what they have. */
  readonly signal: AbortSignal
}

/** Collects, waits until everything published is accounted for, and reports. */
export async function runCollect(
  request: CollectRequest,
  { session, config, output, signal }: RunCollectOptions,
): Promise<CollectReport> {
  const { aws, flags } = request
  const source = dropCredentials(aws.description)
  const sink = chooseSink(session, flags.direct ?? false)
  const runs: CollectorRun[] = []
  let planned: readonly Job[] = []
  const showRuns = () =>
    output.progress(`collecting from ${source}: ${runs.length} of ${planned.length} jobs`)
  try {
    await collect({
      ...request,
      sink,
      config,
      signal,
      accountIds: flags.account,
      regions: flags.region,
      onPlan(jobs) {
        planned = jobs
        showRuns()
      },
      onRun(run) {
        runs.push(run)
        showRuns()
      },
    })
    const published = runs.reduce((sum, run) => sum + run.events, 0)
    const statuses = await awaitReconciliation(
      session.clickhouse,
      runs.map((run) => run.run_id),
      {
        onProgress: (rows) => output.progress(`storing: ${rows} of ${published} rows`),
        signal: afterGrace(signal),
      },
    )
    return toReport(source, runs, statuses)
  } finally {
    output.clearProgress()
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
