import type { Job } from '@polo/collectors'
import type { CollectorRun, PoloConfig } from '@polo/core'
import { readAccounts } from '@polo/ingester'
import { awaitReconciliation, collect, type JobStatus } from '@polo/local'
import { type AllAccounts, allAccounts } from './accounts/all-accounts.ts'
import { chooseSink } from './choose-sink.ts'
import { type CollectReport, toReport } from './collect-report.ts'
import type { CollectRequest } from './collect-request.ts'
import { InterruptedError } from './errors.ts'
import { dropCredentials, maskSecrets } from './mask-secrets.ts'
import type { Output } from './output.ts'
import { escapeUnprintable } from './printable.ts'
import type { Session } from './session.ts'

const STORING_GRACE_MS = 3_000

export interface RunCollectOptions {
  readonly session: Session
  readonly config: PoloConfig
  readonly output: Output
  /** Ends the runs early; they report what they have. */
  readonly signal: AbortSignal
}

export interface CollectResult {
  readonly report: CollectReport
  /** What ended the waiting before everything was accounted for. */
  readonly error?: unknown
}

/** Collects, waits until everything published is accounted for, and reports; on an error while waiting, too. */
export async function runCollect(
  request: CollectRequest,
  { session, config, output, signal }: RunCollectOptions,
): Promise<CollectResult> {
  const { flags } = request
  const { aws, sourceFor, config: jobConfig } = await chooseSources(request, { session, config })
  const source = dropCredentials(aws.description)
  const sink = chooseSink(session, flags)
  const runs: CollectorRun[] = []
  let planned: readonly Job[] = []
  const showRuns = () =>
    output.progress(`collecting from ${source}: ${runs.length} of ${planned.length} jobs`)
  try {
    await collect({
      ...request,
      aws,
      sourceFor,
      sink,
      config: jobConfig,
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
    const { statuses, error } = await awaitRows(runs, { session, output, signal })
    return { report: toReport(source, runs, statuses), error }
  } finally {
    output.clearProgress()
  }
}

async function chooseSources(
  { aws, flags }: CollectRequest,
  { session, config }: Pick<RunCollectOptions, 'session' | 'config'>,
): Promise<Pick<AllAccounts, 'aws' | 'config'> & Partial<AllAccounts>> {
  if (!flags.allAccounts) return { aws, config }
  return allAccounts(await readAccounts(session.clickhouse), { ...flags, config })
}

/** An error costs the report nothing but what the database would have said. */
async function awaitRows(
  runs: readonly CollectorRun[],
  { session, output, signal }: Omit<RunCollectOptions, 'config'>,
): Promise<{ statuses: readonly JobStatus[]; error?: unknown }> {
  const published = runs.reduce((sum, run) => sum + run.events, 0)
  const runIds = runs.map((run) => run.run_id)
  try {
    const statuses = await awaitReconciliation(session.clickhouse, runIds, {
      whyWaiting: () => session.runtime?.lastIngesterProblem(),
      onProgress: showStoring(published, output),
      signal: afterGrace(signal),
    })
    return { statuses }
  } catch (error) {
    if (error instanceof InterruptedError) throw error
    return { statuses: [], error }
  }
}

/** Says what is in the way beside the progress, and once by itself, for who has no terminal. */
function showStoring(published: number, output: Output) {
  const noted = new Set<string>()
  return (rows: number, problem: string | undefined) => {
    const why = problem && escapeUnprintable(maskSecrets(problem, {}))
    if (why && !noted.has(why)) {
      noted.add(why)
      output.clearProgress()
      process.stderr.write(`polo: not stored yet: ${why}\n`)
    }
    output.progress(`storing: ${rows} of ${published} rows${why ? ` (${why})` : ''}`)
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
