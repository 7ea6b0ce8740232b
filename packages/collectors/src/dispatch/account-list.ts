import type { Account } from '@polo/core'
import { describeError } from '../classify-failure.ts'
import { createTimeLimit, orAborted } from '../run/time-limit.ts'
import { type AccountMemory, recallAccounts, rememberAccounts } from './remembered-accounts.ts'

/** A database that is asleep takes a while to answer; a dispatcher has no more than a minute or two. */
const LIST_TIMEOUT_MS = 30_000

export interface AccountListDependencies extends AccountMemory {
  /** The accounts that the database knows. */
  listAccounts(): Promise<readonly Account[]>
  /** Which of the known accounts it is about, and those known otherwise; all that are known, if left out. */
  choose?(known: readonly Account[]): readonly Account[]
}

export interface AccountList {
  readonly accounts: readonly Account[]
  /** 'nobody' where the database did not say and nothing was remembered. */
  readonly from: 'database' | 'remembered' | 'nobody'
  /** The ids of those that the database did not name. */
  readonly remembered: ReadonlySet<string>
  /** Keeps the list for the next time; for when the jobs are under way. Never throws. */
  remember(): Promise<void>
}

/**
 * The accounts as the database has them, and as it last had them those that it does not name: accounts never leave the
 * view, so that one which names a few, or none, was made anew or has lost some. Whatever it does say of an account
 * counts, also that it is paused. To be rid of a remembered account, have the database name it again as one that is not
 * active: `polo accounts add`, which leaves it pending, then `polo accounts pause`. Never throws.
 */
export async function findAccounts(dependencies: AccountListDependencies): Promise<AccountList> {
  const { choose = (known) => known, onNote } = dependencies
  const [listed, recalled] = await Promise.all([listAccounts(dependencies), recallAccounts(dependencies)])
  const named = new Set(listed?.map(({ aws_account_id }) => aws_account_id))
  const kept = recalled.accounts.filter(({ aws_account_id }) => !named.has(aws_account_id))
  if (listed?.length === 0 && kept.length > 0) onNote?.('the database knows no account')
  const known = [...(listed ?? []), ...kept].sort((a, b) => a.aws_account_id.localeCompare(b.aws_account_id))
  return {
    accounts: choose(known),
    from: named.size > 0 ? 'database' : kept.length > 0 ? 'remembered' : 'nobody',
    remembered: new Set(kept.map(({ aws_account_id }) => aws_account_id)),
    async remember() {
      if (named.size > 0) await rememberAccounts(known, recalled, dependencies)
    },
  }
}

/** Undefined where the database did not say. */
async function listAccounts({
  listAccounts,
  onNote,
}: AccountListDependencies): Promise<readonly Account[] | undefined> {
  const timeLimit = createTimeLimit(LIST_TIMEOUT_MS)
  try {
    return await orAborted(timeLimit.signal, listAccounts)
  } catch (error) {
    onNote?.(`the database did not say which accounts there are: ${describeError(error)}`)
    return undefined
  } finally {
    timeLimit.clear()
  }
}
