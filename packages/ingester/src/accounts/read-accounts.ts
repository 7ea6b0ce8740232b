import type { ClickHouseClient } from '@clickhouse/client'
import { type Account, IsoTime, OUTCOMES, POLO_STATUSES, StringMap } from '@polo/core'
import * as z from 'zod'

const AccountRow = z.strictObject({
  aws_account_id: z.string(),
  name: z.string(),
  email: z.string(),
  ou_path: z.string(),
  status: z.string(),
  tags: StringMap,
  source: z.string(),
  account_role: z.string(),
  polo_status: z.enum(POLO_STATUSES),
  polo_read_role: z.string(),
  external_id: z.string(),
  regions: z.array(z.string()),
})

const AccountScan = z.strictObject({
  aws_account_id: z.string(),
  collector: z.string(),
  /** When the newest attempt ended; null when none has yet. */
  last_scan_at: IsoTime.nullable(),
  /** When the newest attempt ended that was complete and reconciled, of the last 100 complete ones in 35 days; null for none. */
  last_success_at: IsoTime.nullable(),
  /** Of the newest attempt; a job that never reported back has failed when its deadline passes. */
  last_outcome: z.enum(['pending', ...OUTCOMES]),
  /** The gravest error of that attempt; '' for none. */
  last_error: z.string(),
})
/** What became of a collector's attempts in an account. */
export type AccountScan = z.infer<typeof AccountScan>

/** Every account that is known, by id: what the organization says of it, and what operators decided. */
export async function readAccounts(clickhouse: ClickHouseClient): Promise<Account[]> {
  // The view `aws_accounts` without its scans, which take far longer to read.
  return await readAll(clickhouse, AccountRow, 'known_accounts ORDER BY aws_account_id')
}

/** By account and collector, one for each pair that was dispatched or attempted in the last 35 days. */
export async function readAccountScans(clickhouse: ClickHouseClient): Promise<AccountScan[]> {
  return await readAll(clickhouse, AccountScan, 'account_scans ORDER BY aws_account_id, collector')
}

async function readAll<Shape extends z.ZodRawShape>(
  clickhouse: ClickHouseClient,
  row: z.ZodObject<Shape>,
  from: string,
): Promise<z.infer<z.ZodObject<Shape>>[]> {
  const result = await clickhouse.query({
    query: `SELECT ${Object.keys(row.shape).join(', ')} FROM ${from}`,
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_output_format: 'iso' },
  })
  return z.array(row).parse(await result.json())
}
