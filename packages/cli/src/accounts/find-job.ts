import { type Collector, type JobMessage, planDispatch } from '@polo/collectors'
import { type Account, ConfigError, type PoloConfig } from '@polo/core'
import type { Hub } from './find-hub.ts'

/** How a collector reads an account. */
export interface AccountJob extends Pick<JobMessage, 'access'> {
  readonly collector: Collector
}

/**
 * What would be dispatched for the account if it were active; none for a collector that does not read it.
 * @throws ConfigError for a role that the hub may not assume
 */
export function findJob(
  account: Account,
  collector: Collector,
  { hub, config }: { readonly hub: Hub; readonly config: PoloConfig },
): AccountJob[] {
  const { name, scope, schedule } = collector
  if (scope !== 'account' && scope !== 'organization') return []
  const slot = new Date()
  const { jobs, refused } = planDispatch([{ ...account, polo_status: 'active' }], {
    request: { collector: name, scope, schedule, scheduledTime: slot.toISOString() },
    slot,
    config,
    hubAccountId: hub.accountId,
    region: hub.region,
  })
  const id = account.aws_account_id
  const refusal = refused.find(({ accountId }) => accountId === id)
  if (refusal) throw new ConfigError(refusal.error)
  return jobs.filter((job) => job.account.id === id).map(({ access }) => ({ collector, access }))
}
