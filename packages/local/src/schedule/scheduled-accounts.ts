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
  const isRecording = sighted.some(({ source }) => source === 'recording')
  const ids = new Set(sighted.map(({ id }) => id))
  const kept = known.filter(
    ({ aws_account_id, source }) => ids.has(aws_account_id) || (!isRecording && source !== 'recording'),
  )
  const missing = sighted.filter(({ id }) => !kept.some(({ aws_account_id }) => aws_account_id === id))
  return [...kept, ...missing.map(newAccount)]
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
