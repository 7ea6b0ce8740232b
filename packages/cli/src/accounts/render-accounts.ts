import type { Account } from '@polo/core'
import type { AccountScan } from '@polo/ingester'
import { renderTable } from '../output/output.ts'

/** An account with the last scan of each collector. */
export interface ScannedAccount extends Account {
  readonly scans: readonly AccountScan[]
}

/** A line per account, and what to do about those that are not collected from. */
export function renderAccounts(accounts: readonly ScannedAccount[]): string {
  if (accounts.length === 0) {
    return 'No account is known yet: run polo collect account_discovery in the payer account, or polo accounts add ID.'
  }
  const rows = accounts.map((account) => [
    account.aws_account_id,
    account.name,
    account.ou_path,
    account.account_role,
    account.source === 'recording' ? `${account.polo_status}, recorded` : account.polo_status,
    account.regions.length === 0 ? 'enabled' : account.regions.join(' '),
    newest(account.scans.map(({ last_scan_at }) => last_scan_at)),
    newest(account.scans.map(({ last_success_at }) => last_success_at)),
  ])
  const head = ['account', 'name', 'unit', 'role', 'status', 'regions', 'last scan', 'last success']
  return [renderTable(head, rows), ...hintsOf(accounts)].join('\n')
}

/** A line per account and collector. */
export function renderScans(scans: readonly AccountScan[]): string {
  if (scans.length === 0) return 'Nothing was collected yet.'
  const rows = scans.map((scan) => [
    scan.aws_account_id,
    scan.collector,
    scan.last_outcome,
    toMinute(scan.last_scan_at),
    toMinute(scan.last_success_at),
    scan.last_error,
  ])
  return renderTable(['account', 'collector', 'outcome', 'last scan', 'last success', 'last error'], rows)
}

function hintsOf(accounts: readonly ScannedAccount[]): string[] {
  const pending = accounts.filter(({ polo_status }) => polo_status === 'pending')
  if (pending.length === 0) return []
  return [`\n${pending.length} pending: polo accounts verify makes them active once their role works.`]
}

function newest(times: readonly (string | null)[]): string {
  const [last] = times
    .filter((time) => time !== null)
    .sort()
    .reverse()
  return toMinute(last ?? null)
}

function toMinute(time: string | null): string {
  return time === null || time === '' ? '' : `${time.slice(0, 16).replace('T', ' ')}`
}
