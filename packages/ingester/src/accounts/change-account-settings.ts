import type { ClickHouseClient } from '@clickhouse/client'
import { type Account, ConfigError, ExternalId, POLO_STATUSES, REGION_NAME, readRoleArn } from '@polo/core'
import * as z from 'zod'
import { insertOwnRows } from '../insert-own-rows.ts'

/** What operators decide of an account. */
export type AccountSettings = Pick<
  Account,
  'account_role' | 'polo_status' | 'polo_read_role' | 'external_id' | 'regions'
>

const Settings = z.strictObject({
  account_role: z.string(),
  polo_status: z.enum(POLO_STATUSES),
  polo_read_role: z.string(),
  external_id: z.string(),
  regions: z.array(z.string()),
})
const Change = Settings.extend({
  /** '' takes an own one back. */
  external_id: z.literal('').or(ExternalId),
  regions: z.array(z.string().regex(REGION_NAME, 'not the name of a region')),
}).partial()

/** The settings of an account of which nobody decided anything. */
const UNDECIDED: AccountSettings = {
  account_role: '',
  polo_status: 'active',
  polo_read_role: '',
  external_id: '',
  regions: [],
}

const StoredSettings = Settings.extend({ updated_at_ms: z.coerce.number() })
const STORED = `SELECT account_role, polo_status, polo_read_role, external_id, regions,
  toUnixTimestamp64Milli(updated_at) AS updated_at_ms
  FROM accounts_settings FINAL WHERE aws_account_id = {accountId:String}`
const SETTINGS_TABLE = {
  table: 'accounts_settings',
  columns: ['aws_account_id', ...Object.keys(Settings.shape), 'updated_at'],
}
const ACCOUNT_ID = /^\d{12}$/
const TIME_LIMIT_MS = 30_000

/**
 * Changes what is named and leaves the rest as it was; the account need not be known yet.
 * Of two operators who change one account at the same moment the later one wins.
 * @returns what is in force now
 * @throws ConfigError for what is no account id, no such setting, no external id, or a role that Polo may not assume
 * @throws OutageError when ClickHouse does not take it
 */
export async function changeAccountSettings(
  clickhouse: ClickHouseClient,
  accountId: string,
  change: Partial<AccountSettings>,
): Promise<AccountSettings> {
  checkChange(accountId, change)
  const stored = await readStored(clickhouse, accountId)
  const settings = { ...(stored?.settings ?? UNDECIDED), ...change }
  // Later than what is stored, though another machine's clock may have been ahead: else the older row would win.
  const updatedAt = Math.max(Date.now(), (stored?.updatedAt ?? 0) + 1)
  const row = { aws_account_id: accountId, ...settings, updated_at: new Date(updatedAt).toISOString() }
  await insertOwnRows([row], SETTINGS_TABLE, { clickhouse, deadline: Date.now() + TIME_LIMIT_MS })
  return settings
}

function checkChange(accountId: string, change: Partial<AccountSettings>): void {
  if (!ACCOUNT_ID.test(accountId)) throw new ConfigError(`'${accountId}' is not an account id of 12 digits`)
  const { error } = Change.safeParse(change)
  if (error) {
    throw new ConfigError(`account ${accountId} cannot be set so: ${z.prettifyError(error)}`, {
      cause: error,
    })
  }
  const { polo_read_role: role = '' } = change
  readRoleArn({ id: accountId, role, region: 'us-east-1' })
}

async function readStored(
  clickhouse: ClickHouseClient,
  accountId: string,
): Promise<{ settings: AccountSettings; updatedAt: number } | undefined> {
  const result = await clickhouse.query({
    query: STORED,
    query_params: { accountId },
    format: 'JSONEachRow',
  })
  const [row] = z.array(StoredSettings).parse(await result.json())
  if (!row) return undefined
  const { updated_at_ms: updatedAt, ...settings } = row
  return { settings, updatedAt }
}
