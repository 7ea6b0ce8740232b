import {
  type AwsSource,
  credentialsOf,
  type DispatchPlan,
  isCollectedFrom,
  type Job,
  liveAws,
  planDispatch,
  readRoleSource,
  type SourceAccount,
} from '@polo/collectors'
import { type Account, ConfigError, type PoloConfig } from '@polo/core'
import { findAccounts } from '@polo/local'
import { UsageError } from '../errors.ts'
import { type Hub, hubOf } from './find-hub.ts'

/** Every active account that is not a recording's, each through its read role. */
export interface AllAccounts {
  readonly aws: AwsSource
  readonly sourceFor: (job: Job) => AwsSource
  /** Regions are the source's to decide: those that operators set for an account come before the file's. */
  readonly config: PoloConfig
}

export interface AllAccountsOptions {
  readonly config: PoloConfig
  readonly profile?: string | undefined
  readonly endpoint?: string | undefined
}

/**
 * @throws UsageError where there is none
 * @throws AccountDiscoveryError for credentials that do not say whose they are
 */
export async function allAccounts(
  known: readonly Account[],
  { config, profile, endpoint }: AllAccountsOptions,
): Promise<AllAccounts> {
  const active = known.filter((account) => isCollectedFrom(account))
  if (active.length === 0) {
    throw new UsageError(
      'there is no active account, those of recordings aside: run polo collect account_discovery in the payer account, or polo accounts add ID',
    )
  }
  const caller = liveAws({ profile, endpoint })
  const hub = await hubOf(await findAccounts(caller), profile)
  const accounts = active.map(({ aws_account_id, source }): SourceAccount => ({ id: aws_account_id, source }))
  const credentials = credentialsOf(profile)
  return {
    aws: {
      ...caller,
      description: `${active.length} accounts by their read roles`,
      accounts: async () => accounts,
    },
    sourceFor(job) {
      const { jobs, refused } = planOne(job, { active, config, hub })
      const [message] = jobs
      // That account's outcome, which stops no other.
      if (!message) return { ...caller, regions: () => Promise.reject(refusal(job, refused)) }
      return readRoleSource({ collector: job.collector, region: hub.region, endpoint, credentials })(message)
    },
    config: { ...config, regions: 'enabled', accounts: withoutRegions(config) },
  }
}

/** What the dispatcher would send. */
function planOne(
  { collector, slot, account }: Job,
  { active, config, hub }: { active: readonly Account[]; config: PoloConfig; hub: Hub },
): DispatchPlan {
  const { name, scope, schedule } = collector
  const request = { collector: name, scope, schedule, scheduledTime: slot.toISOString() }
  const accounts = active.filter(({ aws_account_id }) => aws_account_id === account.id)
  return planDispatch(accounts, { request, slot, config, hubAccountId: hub.accountId, region: hub.region })
}

function refusal({ collector, account }: Job, [first]: DispatchPlan['refused']): ConfigError {
  return new ConfigError(first?.error ?? `${collector.name} does not read account ${account.id}`)
}

function withoutRegions({ accounts }: PoloConfig): PoloConfig['accounts'] {
  return Object.fromEntries(Object.entries(accounts).map(([id, { regions: _, ...account }]) => [id, account]))
}
