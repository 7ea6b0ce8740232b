import { type CollectorRun, ConfigError, type PoloConfig } from '@polo/core'
import { type AssumeRoleOptions, assumeRoleAws } from '../access/assume-role.ts'
import type { AwsSource } from '../aws-source.ts'
import type { Collector } from '../collector.ts'
import { JobFailedError } from '../dispatch/errors.ts'
import type { ObjectStore } from '../object-store.ts'
import type { BlockSink } from '../publish/block-sink.ts'
import type { JobMessage } from './job-message.ts'
import type { JobRegions } from './job-regions.ts'
import { runCollector } from './run-collector.ts'

export interface RunJobOptions {
  readonly collector: Collector
  /** Where the job is to look: `readRoleSource`, or another whose regions are those of the job, see `withinRegions`. */
  readonly sourceFor: (message: JobMessage) => AwsSource
  readonly sink: BlockSink
  readonly config: PoloConfig
  /** See `RunnerDependencies`. */
  readonly state?: ObjectStore | undefined
  /** What the attempt may take; it stops `STOP_EARLY_MS` before that and reports what it has. */
  readonly timeoutMs: number
  /** Ends the attempt early, as if its time were up. */
  readonly signal?: AbortSignal
}

/**
 * One attempt at a job, wherever it was handed over. What was denied or is partial is told in the run and not tried
 * again: the next slot comes soon enough.
 * @throws JobFailedError, once the run is published, for one that `failed` or was `throttled`: trying again may help
 * @throws PublishError when the queue did not take the run itself
 * @throws ConfigError for another collector's job
 */
export async function runJob(message: JobMessage, options: RunJobOptions): Promise<CollectorRun> {
  const { collector, sourceFor, timeoutMs } = options
  if (message.collector !== collector.name)
    throw new ConfigError(`a job of ${message.collector} came to ${collector.name}`)
  const { sink, config, state, signal } = options
  const { account, budgetUsd } = message
  const job = { collector, account, slot: new Date(message.slot), budgetUsd, timeoutMs }
  const dependencies = { aws: sourceFor(message), sink, config, state }
  const run = await runCollector(job, { ...dependencies, ...(signal && { signal }) })
  if (run.status === 'failed' || run.status === 'throttled') throw new JobFailedError(run)
  return run
}

/** What `readRoleSource` needs to know of the hub. */
export interface ReadAs extends Pick<AssumeRoleOptions, 'region' | 'endpoint' | 'credentials'> {
  readonly collector: Collector
  readonly stage?: string | undefined
}

/** Each account as its read role sees it, in a session that may call what the collector calls and nothing else. */
export function readRoleSource({ collector, stage, ...hub }: ReadAs): (message: JobMessage) => AwsSource {
  return ({ account, access, regions, amongRegions }) =>
    assumeRoleAws({
      ...hub,
      ...access,
      accountId: account.id,
      permissions: collector.permissions,
      sessionName: `polo-${collector.name}`,
      sessionTags: { 'polo:collector': collector.name, 'polo:stage': stage },
      regions,
      allowedRegions: amongRegions,
    })
}

/** A source that knows nothing of the job, confined to the job's regions. */
export function withinRegions(
  aws: AwsSource,
  { account, regions, amongRegions }: JobRegions & { readonly account: { readonly id: string } },
): AwsSource {
  if (regions) return { ...aws, regions: async () => regions }
  if (!amongRegions) return aws
  return {
    ...aws,
    async regions(accountId) {
      const chosen = (await aws.regions(accountId)).filter((region) => amongRegions.includes(region))
      if (chosen.length > 0) return chosen
      throw new ConfigError(
        `none of the regions ${amongRegions.join(', ')} is enabled in account ${account.id}: ` +
          'enable one, or change the regions in polo.config.ts',
      )
    },
  }
}
