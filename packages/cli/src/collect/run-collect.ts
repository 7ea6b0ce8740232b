import { join } from 'node:path'
import type { Job } from '@polo/collectors'
import type { CollectorRun, PoloConfig } from '@polo/core'
import { readAccounts } from '@polo/ingester'
import { collect, directoryStore, STATE_DIRECTORY } from '@polo/local'
import { type AllAccounts, allAccounts } from '../accounts/all-accounts.ts'
import { dropCredentials } from '../output/mask-secrets.ts'
import type { Output } from '../output/output.ts'
import type { Session } from '../session/session.ts'
import type { Settings } from '../session/settings.ts'
import { awaitRows } from './await-rows.ts'
import { chooseSink } from './choose-sink.ts'
import { type CollectReport, toReport } from './collect-report.ts'
import { type CollectRequest, checkPayerIsRead, configOf } from './collect-request.ts'

export interface RunCollectOptions {
  readonly settings: Settings
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
  { settings, session, config, output, signal }: RunCollectOptions,
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
      state: directoryStore(join(settings.dataDir, STATE_DIRECTORY)),
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
  request: CollectRequest,
  { session, config }: Pick<RunCollectOptions, 'session' | 'config'>,
): Promise<Pick<AllAccounts, 'aws' | 'config'> & Partial<AllAccounts>> {
  const { aws, flags } = request
  if (!flags.allAccounts) {
    const jobConfig = configOf(request, config)
    checkPayerIsRead(request, jobConfig)
    return { aws, config: jobConfig }
  }
  return allAccounts(await readAccounts(session.clickhouse), { ...flags, config })
}
