import { ConfigError, type PoloConfig, slotAt } from '@polo/core'
import pLimit from 'p-limit'
import pRetry from 'p-retry'
import type { BlockSink } from '../block-sink.ts'
import { describeError } from '../classify-failure.ts'
import type { DispatchRequest, JobMessage } from '../job-message.ts'
import { type AccountList, type AccountListDependencies, findAccounts } from './account-list.ts'
import { DispatchError } from './errors.ts'
import { type AccountFailure, type DispatchPlan, planDispatch } from './plan-dispatch.ts'
import { publishJobs } from './publish-jobs.ts'

export interface DispatchDependencies extends AccountListDependencies {
  readonly sink: BlockSink
  /** Hands a job to who runs it; resolves when that one has it for good. */
  invoke(job: JobMessage): Promise<void>
  readonly config: PoloConfig
  readonly hubAccountId: string
  /** The hub's. */
  readonly region: string
  /** See `PlanContext`. */
  readonly isReplay?: boolean
  readonly now?: () => Date
  /** Wait before the first of the retries of an invocation; doubles, with jitter. */
  readonly retryDelayMs?: number
}

/** What became of a firing: every account that it is for is in one of the three lists. */
export interface DispatchReport {
  readonly collector: string
  readonly slot: string
  readonly accountsFrom: AccountList['from']
  /** Accounts whose job was handed over. */
  readonly invoked: readonly string[]
  /** Accounts that no job can be made for; each has a failed run that says why. */
  readonly refused: readonly AccountFailure[]
  /** Accounts whose job nobody took. It is recorded as dispatched, and so is failed by its deadline. */
  readonly notInvoked: readonly AccountFailure[]
}

const INVOKE_CONCURRENCY = 10
const INVOKE_RETRIES = 3
const RETRY_DELAY_MS = 200
/** Accounts that an error names. */
const MAX_NAMED = 10

/**
 * Makes the jobs of one firing of a schedule, records them, and hands each over.
 * @throws ConfigError where no account is known, or the collector's scope has none
 * @throws PublishError when the jobs could not be recorded: then none was handed over
 * @throws DispatchError when some were not taken, after all others were tried
 */
export async function dispatch(
  request: DispatchRequest,
  dependencies: DispatchDependencies,
): Promise<DispatchReport> {
  const slot = slotAt(request.schedule, new Date(request.scheduledTime))
  const { accounts, from } = await findAccounts(dependencies)
  if (from === 'nobody' && request.scope === 'account') throw noAccounts()
  const plan = planDispatch(accounts, { ...dependencies, request, slot })
  await publishJobs(dependencies.sink, plan, { request, slot, now: dependencies.now?.() ?? new Date() })
  const report: DispatchReport = {
    collector: request.collector,
    slot: slot.toISOString(),
    accountsFrom: from,
    refused: plan.refused,
    ...(await invokeAll(plan, dependencies)),
  }
  if (report.notInvoked.length > 0) throw notTaken(report)
  return report
}

async function invokeAll(
  { jobs }: DispatchPlan,
  { invoke, retryDelayMs = RETRY_DELAY_MS }: DispatchDependencies,
): Promise<Pick<DispatchReport, 'invoked' | 'notInvoked'>> {
  const limit = pLimit(INVOKE_CONCURRENCY)
  const retrying = { retries: INVOKE_RETRIES, minTimeout: retryDelayMs, randomize: true }
  const results = await Promise.allSettled(
    jobs.map((job) => limit(() => pRetry(() => invoke(job), retrying))),
  )
  const outcomes = results.map((result, index) => ({ result, accountId: jobs[index]?.account.id ?? '' }))
  return {
    invoked: outcomes.flatMap(({ result, accountId }) => (result.status === 'fulfilled' ? accountId : [])),
    notInvoked: outcomes.flatMap(({ result, accountId }) =>
      result.status === 'rejected' ? { accountId, error: describeError(result.reason) } : [],
    ),
  }
}

function notTaken(report: DispatchReport): DispatchError {
  const { notInvoked, invoked, collector, slot } = report
  const named = notInvoked.slice(0, MAX_NAMED).map(({ accountId, error }) => `${accountId} (${error})`)
  const more = notInvoked.length - named.length
  return new DispatchError(
    report,
    `${notInvoked.length} of ${notInvoked.length + invoked.length} jobs of ${collector} for ${slot} were not taken: ` +
      `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}. What was taken runs.`,
  )
}

function noAccounts(): ConfigError {
  return new ConfigError(
    'no account is known to collect from: the database names none, and none is remembered. ' +
      'Run the collector account_discovery, or add one with polo accounts add.',
  )
}
