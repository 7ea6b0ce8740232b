import { readAccountScans } from '@polo/ingester'
import { expect, it } from 'vitest'
import { accountRow, type Row } from './factories.ts'
import {
  blockEntry,
  blockId,
  dispatched,
  finalRecord,
  inMinutes,
  type PublishedBlock,
  recordsIn,
  rowEntry,
} from './reconciliation-rows.ts'
import { usePipeline } from './use-pipeline.ts'

const stage = usePipeline()

let accounts = 0
/** So that tests do not meet. */
function newAccount(): string {
  return String(++accounts).padStart(12, '0')
}

/** An attempt for the slot at that minute, over half a minute later. */
function attempt(account: string, minute: number, overrides: Row & { blocks?: PublishedBlock[] } = {}): Row {
  const { blocks = [], ...columns } = overrides
  const finished_at = at(minute, 30)
  return finalRecord(blocks, {
    aws_account_id: account,
    slot: at(minute),
    started_at: at(minute, 5),
    finished_at,
    ...columns,
  })
}

const DAY_MS = 86_400_000
const YESTERDAY = Math.floor(Date.now() / DAY_MS - 1) * DAY_MS

/** Yesterday, since the views look back 35 days. */
function at(minute: number, second = 0): string {
  return new Date(YESTERDAY + (minute * 60 + second) * 1_000).toISOString()
}

const { recordRuns, recordEntries } = recordsIn(stage)

async function scansOf(account: string) {
  return (await readAccountScans(stage.polo.clickhouse)).filter((scan) => scan.aws_account_id === account)
}

it('tells of every collector the newest attempt, the newest success, and what went wrong', async () => {
  const account = newAccount()
  await recordRuns(
    attempt(account, 0),
    attempt(account, 15, { status: 'denied', errors: ['AccessDenied: no', 'more'] }),
    attempt(account, 5, { collector: 'config_ec2' }),
  )
  expect(await scansOf(account)).toEqual([
    {
      aws_account_id: account,
      collector: 'config_ebs',
      last_scan_at: at(15, 30),
      last_success_at: at(0, 30),
      last_outcome: 'denied',
      last_error: 'AccessDenied: no',
    },
    {
      aws_account_id: account,
      collector: 'config_ec2',
      last_scan_at: at(5, 30),
      last_success_at: at(5, 30),
      last_outcome: 'complete',
      last_error: '',
    },
  ])
})

it('takes no run for a success whose rows are not all accounted for', async () => {
  const account = newAccount()
  const [stored, split, missing] = [2, 3, 4].map((rows): PublishedBlock => ({ id: blockId(), rows }))
  if (!stored || !split || !missing) throw new Error('there are three blocks')
  await recordRuns(
    attempt(account, 0, { blocks: [stored, split] }),
    attempt(account, 15, { blocks: [stored, missing] }),
  )
  await recordEntries(blockEntry(stored, 'stored'), rowEntry(split, 0, 'stored'), rowEntry(split, 1, 'dead'))
  expect(await scansOf(account)).toMatchObject([{ last_scan_at: at(15, 30), last_success_at: null }])
  await recordEntries(rowEntry(split, 2, 'dead'))
  expect(await scansOf(account)).toMatchObject([{ last_success_at: at(0, 30) }])
  await recordEntries(blockEntry(missing, 'dead'))
  expect(await scansOf(account)).toMatchObject([{ last_success_at: at(15, 30) }])
})

it('is pending until the first attempt of a job ends', async () => {
  const account = newAccount()
  await recordRuns(dispatched({ aws_account_id: account, slot: at(0), deadline: inMinutes(10) }))
  expect(await scansOf(account)).toMatchObject([
    { last_scan_at: null, last_success_at: null, last_outcome: 'pending', last_error: '' },
  ])
})

it('has failed when the newest job never reported back', async () => {
  const account = newAccount()
  const job = { aws_account_id: account, slot: at(15), deadline: inMinutes(-1) }
  await recordRuns(attempt(account, 0), dispatched(job))
  expect(await scansOf(account)).toMatchObject([
    {
      last_scan_at: at(0, 30),
      last_outcome: 'failed',
      last_error: 'the job was dispatched and never reported back',
    },
  ])
  await recordRuns(attempt(account, 15))
  expect(await scansOf(account)).toMatchObject([{ last_outcome: 'complete', last_error: '' }])
})

it('is the last scan and success of any collector, as the accounts have it', async () => {
  const [scanned, neverScanned] = [newAccount(), newAccount()]
  await stage.polo.clickhouse.insert({
    table: 'accounts_discovered',
    values: [scanned, neverScanned].map((id) => accountRow({ aws_account_id: id })),
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  await recordRuns(
    attempt(scanned, 0),
    attempt(scanned, 15, { status: 'partial' }),
    attempt(scanned, 10, { collector: 'config_ec2' }),
  )
  const rows = await stage.polo.select(
    `SELECT aws_account_id AS id, toUnixTimestamp64Milli(last_scan_at) AS scan,
       toUnixTimestamp64Milli(last_success_at) AS success, discovered_at IS NULL AS unseen
     FROM aws_accounts ORDER BY id`,
  )
  expect(rows).toEqual([
    { id: scanned, scan: Date.parse(at(15, 30)), success: Date.parse(at(10, 30)), unseen: 0 },
    { id: neverScanned, scan: null, success: null, unseen: 0 },
  ])
})

it('looks back 35 days, and not through all there ever was', async () => {
  const account = newAccount()
  const longAgo = new Date(YESTERDAY - 36 * DAY_MS).toISOString()
  await recordRuns(attempt(account, 0, { slot: longAgo, finished_at: longAgo }))
  expect(await scansOf(account)).toEqual([])
})
