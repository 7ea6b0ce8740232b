import {
  AccountDiscoveryError,
  type AwsSource,
  type BlockSink,
  type Collector,
  classifyAwsError,
  type Job,
  type ObjectStore,
  type PlannedJob,
  planJobs,
  recordDispatch,
  runCollector,
  type SourceAccount,
  withinRegions,
} from '@polo/collectors'
import { type CollectorRun, ConfigError, type PoloConfig } from '@polo/core'
import pLimit from 'p-limit'
import { RecordingError } from './recorded-aws/errors.ts'

/** Jobs of one machine that run side by side; each reads several regions at once. */
const JOB_CONCURRENCY = 4

export interface CollectOptions {
  readonly collectors: readonly Collector[]
  readonly aws: AwsSource
  /**
   * Where a job is to look, if not in `aws`: with credentials of its own, such as a role of its account. The accounts
   * are then known already, and not recorded as found.
   */
  readonly sourceFor?: ((job: Job) => AwsSource) | undefined
  readonly sink: BlockSink
  readonly config: PoloConfig
  /** See `RunnerDependencies`. */
  readonly state?: ObjectStore | undefined
  /** Left out: every account that the source knows. */
  readonly accountIds?: readonly string[] | undefined
  readonly regions?: readonly string[] | undefined
  /** Left out: each collector's latest scheduled time. */
  readonly slot?: Date | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly onPlan?: (jobs: readonly Job[]) => void
  readonly onRun?: (run: CollectorRun) => void
}

/**
 * Dispatches and runs every job on this machine.
 * @throws AccountDiscoveryError when the source does not name its accounts, RecordingError for a recording that is not usable
 * @throws ConfigError for an account that the source does not know
 * @throws PublishError when the queue does not take what was collected
 */
export async function collect(options: CollectOptions): Promise<CollectorRun[]> {
  const { aws, sink, sourceFor, onPlan } = options
  const now = new Date()
  const accounts = await chooseAccounts(options)
  const jobs = planJobs({ ...options, accounts, now, region: await aws.homeRegion?.() })
  onPlan?.(jobs)
  await recordDispatch(sink, { jobs, accounts: sourceFor ? [] : accounts, now, concurrency: JOB_CONCURRENCY })
  return runJobs(jobs, options)
}

/** When one job cannot report, the others end early, and are awaited: their queue may be closed after that. */
async function runJobs(
  jobs: readonly PlannedJob[],
  { aws, sourceFor = () => aws, sink, config, state, signal, onRun }: CollectOptions,
): Promise<CollectorRun[]> {
  const giveUp = new AbortController()
  const limit = pLimit(JOB_CONCURRENCY)
  const run = async (job: PlannedJob) => {
    try {
      const record = await runCollector(job, {
        aws: withinRegions(sourceFor(job), job),
        sink,
        config,
        state,
        signal: AbortSignal.any([signal, giveUp.signal]),
      })
      onRun?.(record)
      return record
    } catch (error) {
      giveUp.abort(new Error('another job could not report'))
      throw error
    }
  }
  const running = jobs.map((job) => limit(run, job))
  await Promise.allSettled(running)
  return Promise.all(running)
}

async function chooseAccounts({ aws, accountIds }: CollectOptions) {
  const accounts = await findAccounts(aws)
  const unknown = accountIds?.find((id) => !accounts.some((account) => account.id === id))
  if (unknown !== undefined) {
    const known = accounts.map(({ id }) => id).join(', ')
    throw new ConfigError(`account ${unknown} is not in ${aws.description}, which has: ${known}`)
  }
  return accountIds ? accounts.filter(({ id }) => accountIds.includes(id)) : accounts
}

/** @throws AccountDiscoveryError when the source does not name its accounts, RecordingError for a recording that is not usable */
export async function findAccounts(aws: AwsSource): Promise<readonly SourceAccount[]> {
  try {
    return await aws.accounts()
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause
    throw new AccountDiscoveryError(
      `${aws.description} did not say which account it is: ${classifyAwsError(cause).message}`,
      { cause },
    )
  }
}
