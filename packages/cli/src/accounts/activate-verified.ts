import type { ClickHouseClient } from '@clickhouse/client'
import type { PoloStatus } from '@polo/core'
import { changeAccountSettings, readAccounts } from '@polo/ingester'
import { isVerified, type Verification } from './verify-accounts.ts'

/** What was verified, and what became of the account by it. */
export interface VerifiedAccount extends Verification {
  /** It was pending, and everything works: it is active from now on. */
  readonly activates: boolean
  /** Its status now; another than before where an operator changed it meanwhile. */
  readonly status: PoloStatus
}

/** Makes those accounts active that wait for it and of which everything was tried and works. */
export async function activateVerified(
  clickhouse: ClickHouseClient,
  verifications: readonly Verification[],
): Promise<VerifiedAccount[]> {
  const verified: VerifiedAccount[] = []
  for (const verification of verifications) {
    const { account, isWhole } = verification
    const isReady = account.polo_status === 'pending' && isWhole && isVerified(verification)
    const status = isReady ? await activate(clickhouse, account.aws_account_id) : account.polo_status
    verified.push({ ...verification, status, activates: isReady && status === 'active' })
  }
  return verified
}

/** Verifying takes minutes, in which an operator may have paused the account. */
async function activate(clickhouse: ClickHouseClient, accountId: string): Promise<PoloStatus> {
  const now = (await readAccounts(clickhouse)).find(({ aws_account_id }) => aws_account_id === accountId)
  if (!now) return 'pending'
  if (now.polo_status !== 'pending') return now.polo_status
  await changeAccountSettings(clickhouse, accountId, { polo_status: 'active' })
  return 'active'
}
