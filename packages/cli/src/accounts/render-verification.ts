import { renderTable } from '../output/output.ts'
import type { VerifiedAccount } from './activate-verified.ts'
import { isVerified, type Verification } from './verify-accounts.ts'

/** A line per account, collector and permission that does not work, and one for what does; `every`: one for each. */
export function renderVerification(results: readonly VerifiedAccount[], { every = false } = {}): string {
  if (results.length === 0) return 'There is no account to verify: see polo accounts ls.'
  const head = ['account', 'collector', 'permission', 'result', 'what AWS said']
  const rows = results.flatMap((result) => {
    if (every && result.error === '') return toRows(result)
    return isVerified(result) ? [works(result)] : failures(result)
  })
  const good = results.filter(isVerified).length
  const activated = results.filter(({ activates }) => activates).length
  const summary = `${good} of ${results.length} accounts work`
  const sum = `${summary}${activated > 0 ? `, ${activated} of them active from now on` : ''}.`
  return [renderTable(head, rows), '', sum, ...results.flatMap(hintOf)].join('\n')
}

/** Why an account that works is no more active than before. */
function hintOf(result: VerifiedAccount): string[] {
  const { account, isWhole, status } = result
  const id = account.aws_account_id
  if (account.polo_status !== 'pending' || !isVerified(result)) return []
  if (!isWhole) return [`${id} stays pending: not every collector was tried. Leave out --collector for that.`]
  return status === 'active' ? [] : [`${id} is ${status}: that was decided meanwhile, and stays.`]
}

function toRows({ account, checks }: Verification): string[][] {
  return checks.map(({ collector, permission, status, message }) => [
    account.aws_account_id,
    collector,
    permission,
    status,
    message,
  ])
}

function works({ account, checks }: Verification): string[] {
  const collectors = new Set(checks.map(({ collector }) => collector))
  return [account.aws_account_id, `all ${collectors.size}`, `all ${checks.length}`, 'allowed', '']
}

function failures(result: Verification): string[][] {
  const { account, checks, error } = result
  const id = account.aws_account_id
  if (error) return [[id, '', '', 'not tried', error]]
  const failed = checks.filter(({ status }) => status !== 'allowed')
  // A role that cannot be assumed says the same of every permission.
  const [first] = failed
  const isSame =
    first && failed.length === checks.length && failed.every(({ message }) => message === first.message)
  if (isSame) return [[id, 'all', 'all', first.status, first.message]]
  const good = checks.length - failed.length
  return [...toRows({ ...result, checks: failed }), [id, '', `${good} others`, 'allowed', '']]
}
