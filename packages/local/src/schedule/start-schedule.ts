import { join } from 'node:path'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import {
  type AwsSource,
  type BlockSink,
  type Collector,
  type DispatchRequest,
  dispatch,
  type JobMessage,
  recordDispatch,
  type SourceAccount,
} from '@polo/collectors'
import type { CollectorRun, PoloConfig } from '@polo/core'
import { readAccounts } from '@polo/ingester'
import { describeError } from './describe-error.ts'
import { directoryStore, STATE_DIRECTORY } from './directory-store.ts'
import type { JobRunnerOptions } from './job-runner.ts'
import { type DoneJobs, readDoneJobs } from './read-done-jobs.ts'
import { runJobsHere } from './run-jobs-here.ts'
import { isReplay, scheduledAccounts } from './scheduled-accounts.ts'
import { startScheduler } from './start-scheduler.ts'

export interface ScheduleOptions {
  readonly dataDir: string
  readonly config: PoloConfig
  readonly collectors: readonly Collector[]
  /** The accounts that the source of AWS names: the caller's, or a recording's. */
  readonly accounts: readonly SourceAccount[]
  /** Who runs the jobs; external ids are made of its account. */
  readonly hub: { readonly accountId: string; readonly region: string }
  /** Where a job is to look; its regions must be those of the job. */
  sourceFor(job: JobMessage, collector: Collector): AwsSource
  readonly clickhouse: ClickHouseClient
  readonly sqs: SQSClient
  readonly jobsDeadLetterQueueUrl: string
  readonly sink: BlockSink
  /** The most that an attempt may take, where its schedule does not ask for less. */
  readonly timeoutMs: number
  /** Told of every attempt that has reported. */
  onRun(run: CollectorRun): void
  /** Told what went wrong besides, a line each. */
  onNote(note: string): void
  readonly runner?: Partial<
    Pick<JobRunnerOptions, 'concurrency' | 'maxStalled' | 'stallAfterMs' | 'retryDelayMs'>
  >
}

export interface RunningSchedule {
  /** Ends the jobs that run early, waits until they have reported, and says how many were never begun. */
  stop(): Promise<{ readonly undone: number }>
}

/**
 * Collects by schedule on this machine as the deployed dispatcher and collectors do. The slots that the collectors are
 * in are dispatched at once, but for jobs of them that were complete already.
 * @throws PublishError when the queue does not take which accounts there are
 */
export async function startSchedule(options: ScheduleOptions): Promise<RunningSchedule> {
  const { collectors, sink, accounts, onNote } = options
  const stopping = new AbortController()
  await recordDispatch(sink, { jobs: [], accounts, now: new Date() })
  const done = await readDoneJobs(options.clickhouse, collectors, new Date()).catch(
    (error: unknown): DoneJobs => {
      onNote(`what was collected already is not known, so it is collected again: ${describeError(error)}`)
      return { covers: async () => false }
    },
  )
  const runner = runJobsHere(options, { done, signal: stopping.signal })
  const scheduler = startScheduler({
    collectors,
    dispatch: (request) => dispatchHere(request, options, async (job) => runner.add(job)),
    onError: ({ name }, error) => onNote(`${name} was not dispatched: ${describeError(error)}`),
  })
  await scheduler.fireNow()
  return {
    async stop() {
      stopping.abort(new Error('Polo was stopped'))
      const [{ undone }] = await Promise.all([runner.stop(), scheduler.stop()])
      return { undone }
    },
  }
}

async function dispatchHere(
  request: DispatchRequest,
  { clickhouse, accounts, hub, dataDir, config, sink, onNote }: ScheduleOptions,
  invoke: (job: JobMessage) => Promise<void>,
): Promise<void> {
  const { refused } = await dispatch(request, {
    listAccounts: () => readAccounts(clickhouse),
    choose: (known) => scheduledAccounts(known, accounts),
    remembered: directoryStore(join(dataDir, STATE_DIRECTORY)),
    sink,
    invoke,
    config,
    hubAccountId: hub.accountId,
    region: hub.region,
    isReplay: isReplay(accounts),
    onNote: (note) => onNote(`${request.collector}: ${note}`),
  })
  for (const { accountId, error } of refused) onNote(`${accountId} ${request.collector} failed: ${error}`)
}
