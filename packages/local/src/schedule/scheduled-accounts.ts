import type { SourceAccount } from '@polo/collectors'
import type { Account } from '@polo/core'

/**
 * The accounts that a machine collects from by schedule: those of a recording, else all that are known and no
 * recording's, the caller's among them. What operators decided about one holds either way.
 */
export function scheduledAccounts(
  known: readonly Account[],
  sighted: readonly SourceAccount[],
): readonly Account[] {
  const sources = new Map(sighted.map(({ id, source }) => [id, source]))
  const isReplayed = isReplay(sighted)
  const kept = known.flatMap((account): Account[] => {
    const source = sources.get(account.aws_account_id)
    // Its row says how it was last seen, which may have been in a recording of it.
    if (source !== undefined) return [{ ...account, source }]
    return isReplayed || account.source === 'recording' ? [] : [account]
  })
  const missing = sighted.filter(({ id }) => !kept.some(({ aws_account_id }) => aws_account_id === id))
  return [...kept, ...missing.map(newAccount)]
}

/** Whether what is collected from is a recording. */
export function isReplay(sighted: readonly SourceAccount[]): boolean {
  return sighted.some(({ source }) => source === 'recording')
}

/** One that nobody has decided anything about. */
function newAccount({ id, source }: SourceAccount): Account {
  return {
    aws_account_id: id,
    name: '',
    email: '',
    ou_path: '',
    status: '',
    tags: {},
    source,
    account_role: '',
    polo_status: 'active',
    polo_read_role: '',
    external_id: '',
    regions: [],
  }
}
