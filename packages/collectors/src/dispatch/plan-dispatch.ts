import {
  type Account,
  ConfigError,
  defaultExternalId,
  type PoloConfig,
  placeOfAccount,
  readRoleArn,
} from '@polo/core'
import { describeError } from '../classify-failure.ts'
import { monthlyBudgetUsd } from '../paid-calls/budget.ts'
import { type DispatchRequest, JobMessage } from '../run/job-message.ts'
import { regionsOfAccount } from '../run/job-regions.ts'
import { organizationRegions } from '../run/plan-jobs.ts'

/** An account whose job is not under way, and why. */
export interface AccountFailure {
  readonly accountId: string
  readonly error: string
}

export interface DispatchPlan {
  readonly jobs: readonly JobMessage[]
  /** Accounts that no job can be made for. */
  readonly refused: readonly AccountFailure[]
}

/** What jobs are made of, besides the accounts. */
export interface PlanContext {
  readonly request: DispatchRequest
  readonly slot: Date
  readonly config: PoloConfig
  readonly hubAccountId: string
  /** The hub's. */
  readonly region: string
  /** The jobs replay a recording: only then are accounts of one looked at. */
  readonly isReplay?: boolean
}

/**
 * One job for each account that is collected from, or for the organization one in its payer account, whatever that
 * one's own status: who pauses an account does not mean the organization.
 * @throws ConfigError for a scope that has no accounts
 */
export function planDispatch(accounts: readonly Account[], context: PlanContext): DispatchPlan {
  const jobs: JobMessage[] = []
  const refused: AccountFailure[] = []
  const targets = targetsOf(accounts, context)
  const budgetUsd = monthlyBudgetUsd(context.request, context.config, targets.length)
  for (const target of targets) {
    try {
      jobs.push({ ...toJob(target, context), ...(budgetUsd > 0 && { budgetUsd }) })
    } catch (error) {
      refused.push({ accountId: target.aws_account_id, error: describeError(error) })
    }
  }
  return { jobs, refused }
}

/** Accounts that only a recording has, such as the sample's, are not there to be asked, or are somebody else's. */
export function isCollectedFrom({ polo_status, source }: Account, isReplay = false): boolean {
  return polo_status === 'active' && (isReplay || source !== 'recording')
}

type Target = Pick<Account, 'aws_account_id' | 'account_role' | 'polo_read_role' | 'external_id' | 'regions'>

function targetsOf(
  accounts: readonly Account[],
  { request, config, hubAccountId, region, isReplay }: PlanContext,
): readonly Target[] {
  switch (request.scope) {
    case 'account':
      return accounts.filter((account) => isCollectedFrom(account, isReplay))
    case 'organization': {
      const payer = config.payerAccount ?? hubAccountId
      const known = accounts.find(({ aws_account_id }) => aws_account_id === payer)
      const unknown = { aws_account_id: payer, account_role: '', polo_read_role: '', external_id: '' }
      return [{ ...(known ?? unknown), regions: organizationRegions(region) }]
    }
    default:
      throw new ConfigError(`${request.collector} is of scope '${request.scope}', which is not supported yet`)
  }
}

/** What operators decided in the database comes before the configuration file. */
function toJob(target: Target, { request, slot, config, hubAccountId, region }: PlanContext): JobMessage {
  const { aws_account_id: id } = target
  const { role, tagDefaults } = placeOfAccount(config, id)
  return JobMessage.parse({
    v: 1,
    collector: request.collector,
    slot: slot.toISOString(),
    account: { id, role: target.account_role || role, tagDefaults },
    access: {
      roleArn: readRoleArn({ id, role: target.polo_read_role, region }),
      externalId: target.external_id || config.externalId || defaultExternalId(hubAccountId),
    },
    ...regionsOfAccount(id, config, target.regions),
  })
}
