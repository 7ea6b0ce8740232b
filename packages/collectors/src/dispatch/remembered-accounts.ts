import { type Account, POLO_STATUSES } from '@polo/core'
import * as z from 'zod'
import { describeError } from '../classify-failure.ts'
import type { ObjectStore } from '../object-store.ts'
import { createTimeLimit, orAborted } from '../run/time-limit.ts'

/** Where the accounts are kept for when the database does not name them. */
export const REMEMBERED_ACCOUNTS_KEY = 'dispatcher/accounts.json'

/** One small object takes a moment; jobs wait for it to be read. */
const STORE_TIMEOUT_MS = 10_000

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

export interface AccountMemory {
  readonly remembered: ObjectStore
  /** The most that reading it, or writing it, may take. */
  readonly storeTimeoutMs?: number
  /** Told what went wrong and did not stop anything, a line each. */
  readonly onNote?: (note: string) => void
}

export interface Recalled {
  readonly accounts: readonly Account[]
  /** What is stored, to be written over; undefined where nothing is. 'unread' must not be: nobody knows what is lost. */
  readonly stored: { readonly body: string | undefined } | 'unread'
}

/** Never throws, and never takes longer than its time limit. */
export async function recallAccounts(memory: AccountMemory): Promise<Recalled> {
  const { remembered, onNote } = memory
  const stored = await inTime(memory, async () => ({
    body: await remembered.read(REMEMBERED_ACCOUNTS_KEY),
  })).catch((error: unknown) => {
    onNote?.(`the remembered list of accounts cannot be read: ${describeError(error)}`)
    return 'unread' as const
  })
  if (stored === 'unread' || stored.body === undefined) return { accounts: [], stored }
  try {
    return { accounts: RememberedAccounts.parse(JSON.parse(stored.body)), stored }
  } catch (error) {
    onNote?.(`the remembered list of accounts cannot be used: ${describeError(error)}`)
    return { accounts: [], stored }
  }
}

/** Writes the accounts down if they are others than those stored. Never throws, and never takes longer than its time limit. */
export async function rememberAccounts(
  accounts: readonly Account[],
  { stored }: Recalled,
  memory: AccountMemory,
): Promise<void> {
  if (stored === 'unread') return
  try {
    const body = JSON.stringify(RememberedAccounts.parse(accounts))
    if (body === stored.body) return
    await inTime(memory, () => memory.remembered.write(REMEMBERED_ACCOUNTS_KEY, body))
  } catch (error) {
    memory.onNote?.(
      `the list of accounts could not be kept for when the database is away: ${describeError(error)}`,
    )
  }
}

async function inTime<Value>(
  { storeTimeoutMs = STORE_TIMEOUT_MS }: AccountMemory,
  start: () => Promise<Value>,
): Promise<Value> {
  const timeLimit = createTimeLimit(storeTimeoutMs)
  try {
    return await orAborted(timeLimit.signal, start)
  } finally {
    timeLimit.clear()
  }
}
