import {
  ACCOUNT_FIELDS,
  ConfigError,
  type DiscoveredAccount,
  homeRegionOf,
  listUnknown,
  type PoloConfig,
  partitionOf,
  placeOfAccount,
  slotAt,
} from '@polo/core'
import type { SourceAccount } from '../aws-source.ts'
import type { Collector } from '../collector.ts'
import { monthlyBudgetUsd } from '../paid-calls/budget.ts'
import type { BlockSink } from '../publish/block-sink.ts'
import { type JobRegions, regionsOfAccount } from './job-regions.ts'
import type { Job } from './run-collector.ts'
import { dispatchedRecord, publishAccounts, publishRunRecord } from './run-records.ts'

export interface PlanOptions {
  readonly collectors: readonly Collector[]
  readonly accounts: readonly SourceAccount[]
  readonly config: PoloConfig
  readonly now: Date
  /** Left out: each collector's latest scheduled time. */
  readonly slot?: Date | undefined
  /** Left out: what the configuration says, else every region that the account has enabled. */
  readonly regions?: readonly string[] | undefined
  /** Any of the partition that the accounts are in; left out: that of AWS's standard regions. */
  readonly region?: string | undefined
  readonly timeoutMs: number
}

/** To be run on a source that is confined to the job's regions, see `withinRegions`. */
export interface PlannedJob extends Job, JobRegions {}

const DAY_MS = 86_400_000

/**
 * One job per collector and account.
 * @throws ConfigError for a slot whose events the retention would delete at once, or that is still to come
 * @throws ConfigError for a slot of which AWS has nothing left that a collector reads
 * @throws ConfigError for a collector of the organization where its payer account is not among the accounts
 */
export function planJobs(options: PlanOptions): PlannedJob[] {
  const { collectors, accounts, config, now, timeoutMs } = options
  if (options.slot) checkSlot(options.slot, now, config)
  for (const collector of collectors) {
    checkPayer(collector, options)
    checkKept(collector, options)
  }
  const reads = ({ scope }: Collector, { id }: SourceAccount) =>
    scope !== 'organization' || id === (config.payerAccount ?? id)
  return accounts.flatMap((account) =>
    collectors
      .filter((collector) => reads(collector, account))
      .map((collector): PlannedJob => {
        const { role, tagDefaults } = placeOfAccount(config, account.id)
        return {
          collector,
          account: { id: account.id, role, tagDefaults },
          slot: options.slot ?? slotAt(collector.schedule, now),
          ...regionsFor(collector, account.id, options),
          budgetUsd: monthlyBudgetUsd(collector, config, accounts.length),
          timeoutMs,
        }
      }),
  )
}

function checkPayer({ name, scope }: Collector, { accounts, config: { payerAccount } }: PlanOptions): void {
  if (scope !== 'organization' || payerAccount === undefined) return
  if (accounts.some(({ id }) => id === payerAccount)) return
  throw new ConfigError(
    `${name} reads the organization from account ${payerAccount}, the payerAccount of polo.config.ts, and at hand is ` +
      `${accounts.map(({ id }) => id).join(', ')}: use a profile of that account, or leave payerAccount out`,
  )
}

export interface Dispatch {
  readonly jobs: readonly Job[]
  readonly accounts: readonly SourceAccount[]
  readonly now: Date
  /** How many of the jobs run side by side, the others waiting for them; all, if left out. */
  readonly concurrency?: number
}

/**
 * Records accounts and jobs before any job runs, so that one that dies without a word shows as failed.
 * @throws PublishError
 */
export async function recordDispatch(
  sink: BlockSink,
  { jobs, accounts, now, concurrency = jobs.length }: Dispatch,
): Promise<void> {
  const discovered = accounts.map(
    ({ id, source }): DiscoveredAccount => ({
      aws_account_id: id,
      name: '',
      email: '',
      ou_path: '',
      status: 'ACTIVE',
      tags: {},
      source,
      unknown: listUnknown(new Set(ACCOUNT_FIELDS)),
      observed_at: now.toISOString(),
    }),
  )
  const rounds = Math.ceil(jobs.length / concurrency)
  const records = jobs.map((job) => {
    const deadline = new Date(now.getTime() + job.timeoutMs * rounds)
    return dispatchedRecord({ ...job, accountId: job.account.id, now, deadline })
  })
  await Promise.all([
    publishAccounts(sink, discovered),
    ...records.map((record) => publishRunRecord(sink, record)),
  ])
}

function checkSlot(slot: Date, now: Date, { retentionDays }: PoloConfig): void {
  if (Number.isNaN(slot.getTime())) throw new ConfigError('the slot is not a time')
  if (slot > now) throw new ConfigError(`the slot ${slot.toISOString()} is still to come`)
  const oldest = new Date(now.getTime() - retentionDays.config * DAY_MS)
  if (slot >= oldest) return
  throw new ConfigError(
    `the slot ${slot.toISOString()} is older than the ${retentionDays.config} days that config events are kept: ` +
      'what it collects would be deleted at once. Raise retentionDays.config in polo.config.ts or choose a later slot.',
  )
}

/** A recording has what it has of any slot. */
function checkKept({ name, keptDays }: Collector, { accounts, slot, now }: PlanOptions): void {
  if (slot === undefined || keptDays === undefined) return
  if (slot.getTime() >= now.getTime() - keptDays * DAY_MS) return
  if (accounts.every(({ source }) => source === 'recording')) return
  throw new ConfigError(
    `${name} would find nothing for the slot ${slot.toISOString()}: AWS does not keep what it reads for longer than ` +
      `${keptDays} days. Choose a later slot, or name other collectors.`,
  )
}

/** What is the organization's is in no region: where AWS answers for it in the partition of a region. */
export function organizationRegions(region?: string): readonly string[] {
  return [homeRegionOf(region === undefined ? 'aws' : partitionOf(region))]
}

function regionsFor(
  { scope }: Collector,
  accountId: string,
  { regions, region, config }: PlanOptions,
): JobRegions & Pick<Job, 'askedRegions'> {
  if (scope === 'organization') return { regions: organizationRegions(regions?.[0] ?? region) }
  return regions ? { regions, askedRegions: regions } : regionsOfAccount(accountId, config)
}
