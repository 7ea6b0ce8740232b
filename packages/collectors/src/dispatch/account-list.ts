import { type Account, POLO_STATUSES } from '@polo/core'
import * as z from 'zod'
import { describeError } from '../classify-failure.ts'
import type { ObjectStore } from '../object-store.ts'
import { createTimeLimit, orAborted } from '../time-limit.ts'

/** Where the last good list is kept. */
export const REMEMBERED_ACCOUNTS_KEY = 'dispatcher/accounts.json'

/** A database that is asleep takes a while to answer; a dispatcher has no more than a minute or two. */
const LIST_TIMEOUT_MS = 30_000

/** No strict object: the view says more of an account, such as when it was last read, which is not worth remembering. */
const RememberedAccount: z.ZodType<Account> = z.object({
  aws_account_id: z.string().min(1),
  name: z.string(),
  email: z.string(),
  ou_path: z.string(),
  status: z.string(),
  tags: z.record(z.string(), z.string()),
  source: z.string(),
  account_role: z.string(),
  polo_status: z.enum(POLO_STATUSES),
  polo_read_role: z.string(),
  external_id: z.string(),
  regions: z.array(z.string()),
})
const RememberedAccounts = z.array(RememberedAccount)

export interface AccountListDependencies {
  /** The accounts that the database knows. */
  listAccounts(): Promise<readonly Account[]>
  readonly remembered: ObjectStore
  /** Told what went wrong and did not stop anything, a line each. */
  readonly onNote?: (note: string) => void
}

export interface AccountList {
  readonly accounts: readonly Account[]
  /** 'nobody' where the database did not say and nothing was remembered. */
  readonly from: 'database' | 'remembered' | 'nobody'
}

/**
 * The accounts as the database has them, else as it last had them: an empty answer is as little to go by as none,
 * since accounts never leave the view. A good list is remembered. Never throws.
 */
export async function findAccounts(dependencies: AccountListDependencies): Promise<AccountList> {
  const listed = await listAccounts(dependencies)
  if (listed.length > 0) {
    await remember(listed, dependencies)
    return { accounts: listed, from: 'database' }
  }
  const accounts = await recall(dependencies)
  return { accounts, from: accounts.length > 0 ? 'remembered' : 'nobody' }
}

async function listAccounts(dependencies: AccountListDependencies): Promise<readonly Account[]> {
  const timeLimit = createTimeLimit(LIST_TIMEOUT_MS)
  try {
    const accounts = await orAborted(timeLimit.signal, () => dependencies.listAccounts())
    if (accounts.length === 0) dependencies.onNote?.('the database knows no account')
    return accounts
  } catch (error) {
    dependencies.onNote?.(`the database did not say which accounts there are: ${describeError(error)}`)
    return []
  } finally {
    timeLimit.clear()
  }
}

async function remember(
  accounts: readonly Account[],
  { remembered, onNote }: AccountListDependencies,
): Promise<void> {
  try {
    const body = JSON.stringify(RememberedAccounts.parse(accounts))
    if ((await remembered.read(REMEMBERED_ACCOUNTS_KEY)) !== body)
      await remembered.write(REMEMBERED_ACCOUNTS_KEY, body)
  } catch (error) {
    onNote?.(`the list of accounts could not be kept for when the database is away: ${describeError(error)}`)
  }
}

async function recall({ remembered, onNote }: AccountListDependencies): Promise<readonly Account[]> {
  try {
    const body = await remembered.read(REMEMBERED_ACCOUNTS_KEY)
    return body === undefined ? [] : RememberedAccounts.parse(JSON.parse(body))
  } catch (error) {
    onNote?.(`the remembered list of accounts cannot be used: ${describeError(error)}`)
    return []
  }
}
