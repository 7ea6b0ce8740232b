import { parseConfig } from '@polo/core'
import { expect, it } from 'vitest'
import { type Measures, measure } from '../../packages/functions/src/monitor/measure.ts'
import { accountRow, type Row } from '../ingester/factories.ts'
import {
  blockEntry,
  blockId,
  dispatched,
  finalRecord,
  inMinutes,
  recordsIn,
  rowEntry,
} from '../ingester/reconciliation-rows.ts'
import { usePipeline } from '../ingester/use-pipeline.ts'

const COLLECTORS = [
  { name: 'config_ebs', schedule: { every: '15 minutes', offset: '0 minutes' } },
  { name: 'config_ec2', schedule: { every: '15 minutes', offset: '0 minutes' } },
] as const
const MINUTES_OF_DAY = 1_440

const stage = usePipeline({
  empty: ['collector_runs', 'ingest_ledger', 'accounts_discovered', 'accounts_settings'],
})

const { recordRuns, recordEntries } = recordsIn(stage)
const recordAccounts = async (...values: Row[]) => {
  const settings = { date_time_input_format: 'best_effort', insert_deduplicate: 0 } as const
  const format = 'JSONEachRow' as const
  await stage.polo.clickhouse.insert({
    table: 'accounts_discovered',
    values,
    format,
    clickhouse_settings: settings,
  })
}
const block = (rows = 5) => ({ id: blockId(), rows })
/** A complete run of a slot that many minutes ago. */
const runOf = (minutesAgo: number, overrides: Row = {}, blocks: { id: string; rows: number }[] = []) =>
  finalRecord(blocks, {
    slot: inMinutes(-minutesAgo),
    started_at: inMinutes(-minutesAgo),
    finished_at: inMinutes(-minutesAgo),
    deadline: inMinutes(60 - minutesAgo),
    ...overrides,
  })

interface Settings {
  readonly now?: Date
  readonly accounts?: Record<string, object>
}

function measures({ now = new Date(), accounts = {} }: Settings = {}): Promise<Measures> {
  return measure({
    clickhouse: stage.polo.clickhouse,
    collectors: COLLECTORS,
    config: parseConfig({ accounts }),
    now,
  })
}

it('measures by how much the newest slot that is complete and reconciled is older than an interval, at the worst', async () => {
  const [stored, lost] = [block(), block()]
  await recordRuns(
    runOf(20, {}, [stored]),
    runOf(5, {}, [lost]),
    runOf(6, { status: 'partial' }),
    runOf(10, { collector: 'config_ec2' }),
  )
  await recordEntries(blockEntry(stored, 'stored'))
  const { FreshnessSeconds } = await measures()
  expect(FreshnessSeconds).toBeGreaterThanOrEqual(5 * 60)
  expect(FreshnessSeconds).toBeLessThan(6 * 60)
})

it('goes back two weeks for a collector that is behind, and beyond that to the newest migration', async () => {
  await recordRuns(runOf(5), runOf(9 * MINUTES_OF_DAY, { collector: 'config_ec2' }))
  expect((await measures()).FreshnessSeconds / 86_400).toBeCloseTo(9, 1)
  await stage.polo.clickhouse.command({ query: 'TRUNCATE TABLE collector_runs' })
  await recordRuns(runOf(0))
  const inTwoHours = new Date(Date.now() + 2 * 3_600_000)
  expect((await measures({ now: inTwoHours })).FreshnessSeconds / 3_600).toBeCloseTo(1.75, 1)
})

it('counts runs whose rows are missing and jobs that never reported back, once their deadline is past', async () => {
  const missing = block()
  await recordRuns(
    runOf(90, {}, [missing]),
    runOf(30, {}, [block()]),
    dispatched({ slot: inMinutes(-120), deadline: inMinutes(-60) }),
    dispatched({ slot: inMinutes(-15), deadline: inMinutes(15) }),
    dispatched({ slot: inMinutes(-3 * MINUTES_OF_DAY), deadline: inMinutes(-3 * MINUTES_OF_DAY + 30) }),
  )
  expect((await measures()).UnreconciledRuns).toBe(2)
  await recordEntries(blockEntry(missing, 'stored'))
  expect((await measures()).UnreconciledRuns).toBe(1)
})

it('does not take a job that reported long before its deadline for a silent one', async () => {
  const slot = inMinutes(-MINUTES_OF_DAY - 120)
  await recordRuns(
    dispatched({ slot, deadline: inMinutes(-MINUTES_OF_DAY + 200) }),
    finalRecord([], { slot, deadline: inMinutes(-MINUTES_OF_DAY - 60) }),
  )
  expect((await measures()).UnreconciledRuns).toBe(0)
})

it('counts regions that the newest attempt did not read whole, and accounts nobody ever looked into', async () => {
  const [seen, denied, never, suspended] = ['111122223333', '222233334444', '333344445555', '444455556666']
  const of = (aws_account_id: string) => accountRow({ aws_account_id, observed_at: inMinutes(-10) })
  await recordAccounts(
    of(seen),
    of(denied),
    of(never),
    accountRow({ aws_account_id: suspended, status: 'SUSPENDED' }),
    accountRow({ aws_account_id: '555566667777', source: 'recording' }),
  )
  const outcomes = { 'eu-west-1': 'complete', 'us-east-1': 'denied', 'us-west-2': 'throttled' }
  await recordRuns(
    runOf(30, { status: 'failed', region_outcomes: {} }),
    runOf(15, { status: 'partial', region_outcomes: outcomes }),
    runOf(15, { collector: 'config_ec2' }),
    runOf(15, { aws_account_id: denied, status: 'denied', region_outcomes: {} }),
    runOf(15, { aws_account_id: suspended, status: 'denied', region_outcomes: {} }),
    runOf(15, { collector: 'retired', status: 'failed', region_outcomes: {} }),
    dispatched({ aws_account_id: never, slot: inMinutes(-15) }),
  )
  expect((await measures()).CoverageGaps).toBe(2 + 1 + 1)
  expect((await measures({ accounts: { '999988887777': {}, [seen]: {} } })).CoverageGaps).toBe(5)
})

it('projects the month’s spending from what was spent and the rate of the last week, each run once', async () => {
  const now = new Date(Date.UTC(2026, 3, 11))
  const spent = (day: number, api_cost_usd: number) => ({
    slot: `2026-0${day < 0 ? 3 : 4}-${day < 0 ? 28 : String(day).padStart(2, '0')}T00:00:00.000Z`,
    started_at: `2026-0${day < 0 ? 3 : 4}-${day < 0 ? 28 : String(day).padStart(2, '0')}T00:00:00.000Z`,
    api_cost_usd,
  })
  const twice = finalRecord([], spent(5, 6))
  await recordRuns(
    finalRecord([], spent(-1, 100)),
    finalRecord([], spent(1, 10)),
    twice,
    finalRecord([], spent(9, 6)),
  )
  await recordRuns(twice)
  expect((await measures({ now })).EstimatedSpendUsd).toBeCloseTo(22 + (12 / 7) * 20, 5)
  expect((await measures({ now: new Date(Date.UTC(2026, 0, 1)) })).EstimatedSpendUsd).toBeGreaterThanOrEqual(
    0,
  )
})

it('counts rows that are dead and were not stored since', async () => {
  const [whole, partly] = [block(5), block(10)]
  await recordEntries(
    blockEntry(whole, 'dead'),
    rowEntry(whole, 1, 'stored'),
    blockEntry(partly, 'stored'),
    rowEntry(partly, 3, 'dead'),
    rowEntry(partly, 4, 'dead'),
    rowEntry(partly, 4, 'stored'),
  )
  expect((await measures()).DeadRows).toBe(4 + 1)
})

it('gives a daily collector its day', async () => {
  const collectors = [{ name: 'config_ebs', schedule: { dailyAt: '00:30' } }] as const
  const at = async (minutesAgo: number) => {
    await recordRuns(runOf(minutesAgo))
    const options = {
      clickhouse: stage.polo.clickhouse,
      collectors,
      config: parseConfig({}),
      now: new Date(),
    }
    return (await measure(options)).FreshnessSeconds
  }
  expect((await at(MINUTES_OF_DAY + 30)) / 60).toBeCloseTo(30, 0)
  expect(await at(MINUTES_OF_DAY - 10)).toBe(0)
})

it('measures nothing of a new database', async () => {
  const nothing = { UnreconciledRuns: 0, CoverageGaps: 0, EstimatedSpendUsd: 0, DeadRows: 0, LoadsGivenUp: 0 }
  expect(await measures()).toEqual({ FreshnessSeconds: 0, ...nothing })
})
