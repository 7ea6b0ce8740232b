import { ConfigError, type PoloConfig, slotAt } from '@polo/core'
import pLimit from 'p-limit'
import pRetry from 'p-retry'
import { describeError } from '../classify-failure.ts'
import type { BlockSink } from '../publish/block-sink.ts'
import type { DispatchRequest, JobMessage } from '../run/job-message.ts'
import { type AccountList, type AccountListDependencies, findAccounts } from './account-list.ts'
import { divideBudget } from './divide-budget.ts'
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
  /** How many of the accounts are taken as they were remembered, since the database did not name them. */
  readonly accountsRemembered: number
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
/** Accounts that an error or a note names. */
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
  const list = await findAccounts(dependencies)
  if (list.accounts.length === 0 && request.scope === 'account') throw noAccounts()
  const now = dependencies.now?.() ?? new Date()
  const planned = planDispatch(list.accounts, { ...dependencies, request, slot })
  const plan = { ...planned, jobs: await divideBudget(planned.jobs, { ...dependencies, now }) }
  const remembered = findRemembered(plan, list)
  try {
    await publishJobs(dependencies.sink, plan, { request, slot, now })
    const report: DispatchReport = {
      collector: request.collector,
      slot: slot.toISOString(),
      accountsFrom: list.from,
      accountsRemembered: remembered.length,
      refused: plan.refused,
      ...(await invokeAll(plan, dependencies)),
    }
    if (report.notInvoked.length > 0) throw notTaken(report)
    return report
  } finally {
    if (list.from === 'database') noteRemembered(remembered, dependencies)
    await list.remember()
  }
}

function findRemembered({ jobs, refused }: DispatchPlan, { remembered }: AccountList): readonly string[] {
  const ids = [...jobs.map(({ account }) => account.id), ...refused.map(({ accountId }) => accountId)]
  return ids.filter((id) => remembered.has(id)).sort()
}

/** A recording says itself which accounts it has. */
function noteRemembered(ids: readonly string[], { isReplay, onNote }: DispatchDependencies): void {
  if (ids.length === 0 || isReplay) return
  onNote?.(
    `the database does not name ${ids.length} of the accounts that it once did; they are collected from as they are ` +
      `remembered: ${listSome(ids)}. Run account_discovery, or name one again with polo accounts add`,
  )
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
  const named = notInvoked.map(({ accountId, error }) => `${accountId} (${error})`)
  return new DispatchError(
    report,
    `${notInvoked.length} of ${notInvoked.length + invoked.length} jobs of ${collector} for ${slot} were not taken: ` +
      `${listSome(named)}. What was taken runs.`,
  )
}

function listSome(names: readonly string[]): string {
  const more = names.length - MAX_NAMED
  return `${names.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function noAccounts(): ConfigError {
  return new ConfigError(
    'no account is known to collect from: the database names none, and none is remembered. ' +
      'Run the collector account_discovery, or add one with polo accounts add.',
  )
}
