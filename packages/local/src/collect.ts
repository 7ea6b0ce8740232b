import {
  type AwsSource,
  type BlockSink,
  type Collector,
  type Job,
  planJobs,
  recordDispatch,
  runCollector,
} from '@polo/collectors'
import { type CollectorRun, ConfigError, type PoloConfig } from '@polo/core'
import pLimit from 'p-limit'

/** Jobs of one machine that run side by side; each reads several regions at once. */
const JOB_CONCURRENCY = 4

export interface CollectOptions {
  readonly collectors: readonly Collector[]
  readonly aws: AwsSource
  readonly sink: BlockSink
  readonly config: PoloConfig
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
 * @throws ConfigError for an account that the source does not know
 * @throws PublishError when the queue does not take what was collected
 */
export async function collect(options: CollectOptions): Promise<CollectorRun[]> {
  const { sink, onPlan } = options
  const now = new Date()
  const accounts = await chooseAccounts(options)
  const jobs = planJobs({ ...options, accounts, now })
  onPlan?.(jobs)
  await recordDispatch(sink, { jobs, accounts, now })
  return runJobs(jobs, options)
}

/** When one job cannot report, the others end early, and are awaited: their queue may be closed after that. */
async function runJobs(
  jobs: readonly Job[],
  { aws, sink, config, signal, onRun }: CollectOptions,
): Promise<CollectorRun[]> {
  const giveUp = new AbortController()
  const limit = pLimit(JOB_CONCURRENCY)
  const run = async (job: Job) => {
    try {
      const record = await runCollector(job, {
        aws,
        sink,
        tagCascade: config.tags,
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
  const accounts = await aws.accounts()
  const unknown = accountIds?.find((id) => !accounts.some((account) => account.id === id))
  if (unknown !== undefined) {
    const known = accounts.map(({ id }) => id).join(', ')
    throw new ConfigError(`account ${unknown} is not in ${aws.description}, which has: ${known}`)
  }
  return accountIds ? accounts.filter(({ id }) => accountIds.includes(id)) : accounts
}
