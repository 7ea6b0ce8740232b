import { describe, expect, test } from 'vitest'
import { readDeadRows } from '../../packages/cli/src/status/read-dead-rows.ts'
import { readDuplicates } from '../../packages/cli/src/status/read-duplicates.ts'
import { readAccounts, readHistory } from '../../packages/cli/src/status/read-history.ts'
import { readLastDay } from '../../packages/cli/src/status/read-last-day.ts'
import { readLifecycle } from '../../packages/cli/src/status/read-lifecycle.ts'
import { eventRow, type Row } from '../ingester/factories.ts'
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

const stage = usePipeline({ empty: ['collector_runs', 'ingest_ledger', 'resource_events'] })

const { recordRuns, recordEntries } = recordsIn(stage)
const store = (rows: Row[]) =>
  stage.polo.clickhouse.insert({
    table: 'resource_events',
    values: rows,
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort', insert_deduplicate: 0 },
  })
const block = (rows = 5) => ({ id: blockId(), rows })

describe('readHistory', () => {
  const SLOTS = ['00', '15', '30', '45'].map((minutes) => `2026-03-01T10:${minutes}:00.000Z`)
  const [first = '', second = '', third = '', fourth = ''] = SLOTS

  test('finds the newest slot that was complete and reconciled, not only complete', async () => {
    const [stored, lost] = [block(), block()]
    await recordRuns(
      finalRecord([], { slot: first }),
      finalRecord([stored], { slot: second }),
      finalRecord([lost], { slot: third }),
      finalRecord([], { slot: fourth, status: 'partial', started_at: '2026-03-01T10:45:05.000Z' }),
      finalRecord([], { slot: fourth, collector: 'config_ec2', status: 'denied' }),
    )
    await recordEntries(blockEntry(stored, 'stored'))
    const history = await readHistory(stage.polo.clickhouse)
    expect(new Map(history.map((one) => [one.collector, one]))).toEqual(
      new Map([
        [
          'config_ebs',
          expect.objectContaining({
            aws_account_id: '111122223333',
            last_success_slot: second,
            last_attempt_at: '2026-03-01T10:45:05.000Z',
          }),
        ],
        ['config_ec2', expect.objectContaining({ last_success_slot: null })],
      ]),
    )
  })

  test('tells slots that were run in time from those that were made up for later', async () => {
    await recordRuns(
      finalRecord([], { slot: first, started_at: '2026-03-01T10:00:02.000Z' }),
      finalRecord([], { slot: second, started_at: '2026-03-01T10:44:00.000Z' }),
      finalRecord([], { slot: third, started_at: '2026-03-01T11:00:01.000Z' }),
    )
    expect(await readHistory(stage.polo.clickhouse)).toMatchObject([{ on_time_slots: [second, first] }])
  })

  test('knows the accounts that were found, collected or not', async () => {
    await stage.polo.clickhouse.insert({
      table: 'accounts_discovered',
      values: [
        { aws_account_id: '777788889999', source: 'organization', observed_at: '2026-03-01 10:00:00.000' },
      ],
      format: 'JSONEachRow',
    })
    expect(await readAccounts(stage.polo.clickhouse)).toEqual([
      { aws_account_id: '777788889999', source: 'organization', polo_status: 'active' },
    ])
  })
})

describe('readLastDay', () => {
  const recent = { started_at: inMinutes(-30) }

  test('counts every run of the last day by how it ended, and names missing blocks', async () => {
    const [stored, lost, waiting] = [block(), block(), block()]
    await recordRuns(
      finalRecord([stored], recent),
      finalRecord([lost], { ...recent, deadline: inMinutes(-5) }),
      finalRecord([waiting], recent),
      finalRecord([], { ...recent, status: 'failed' }),
      finalRecord([], { ...recent, status: 'failed' }),
      dispatched(recent),
      dispatched({ ...recent, deadline: inMinutes(-5), collector: 'config_ec2' }),
      finalRecord([], { started_at: inMinutes(-25 * 60), status: 'denied' }),
    )
    await recordEntries(blockEntry(stored, 'stored'))
    const day = await readLastDay(stage.polo.clickhouse, new Date())
    expect(day).toMatchObject({ runs: 7, green: 1, pending: 2, not_green: 4, unaccounted: 1 })
    expect(day.problems).toMatchObject([
      {
        collector: 'config_ebs',
        outcome: 'complete',
        reconciliation: 'missing',
        runs: 1,
        missing_blocks: [lost.id],
      },
      {
        collector: 'config_ebs',
        outcome: 'failed',
        reconciliation: 'reconciled',
        runs: 2,
        missing_blocks: [],
      },
      { collector: 'config_ec2', outcome: 'failed', reconciliation: 'missing', runs: 1, missing_blocks: [] },
    ])
  })

  test('counts nothing where nothing ran', async () => {
    expect(await readLastDay(stage.polo.clickhouse, new Date())).toMatchObject({ runs: 0, problems: [] })
  })
})

describe('readDeadRows', () => {
  test('counts the dead rows of blocks that were stored in part and those of dead blocks, by reason', async () => {
    const [whole, partly, fine] = [block(7), block(5), block(3)]
    await recordEntries(
      { ...blockEntry(whole, 'dead'), reason: 'hash_mismatch' },
      blockEntry(partly, 'stored'),
      rowEntry(partly, 0, 'dead'),
      rowEntry(partly, 3, 'dead'),
      blockEntry(fine, 'stored'),
    )
    const counts = (await readDeadRows(stage.polo.clickhouse)).map(({ reason, rows }) => [reason, rows])
    expect(counts).toEqual([
      ['hash_mismatch', 7],
      ['rejected_rows', 2],
    ])
  })

  test('forgets rows that were redriven and stored', async () => {
    const [whole, partly] = [block(4), block(5)]
    await recordEntries(
      blockEntry(whole, 'dead'),
      rowEntry(whole, 0, 'stored'),
      rowEntry(whole, 1, 'stored'),
      blockEntry(partly, 'stored'),
      rowEntry(partly, 0, 'dead'),
    )
    await recordEntries(rowEntry(partly, 0, 'stored'))
    expect(await readDeadRows(stage.polo.clickhouse)).toMatchObject([{ reason: 'rejected_rows', rows: 2 }])
  })

  test('agrees with what reconciliation counts', async () => {
    const [whole, partly] = [block(9), block(5)]
    await recordRuns(finalRecord([whole, partly]))
    await recordEntries(
      blockEntry(whole, 'dead'),
      rowEntry(whole, 2, 'stored'),
      rowEntry(whole, 3, 'dead'),
      blockEntry(partly, 'stored'),
      rowEntry(partly, 1, 'dead'),
    )
    const [run] = await stage.polo.select('SELECT dead_rows FROM collector_attempts')
    const total = (await readDeadRows(stage.polo.clickhouse)).reduce((sum, { rows }) => sum + rows, 0)
    expect(total).toBe(run?.dead_rows)
  })

  test('leaves out what the dead-letter queue keeps no more', async () => {
    const old = { ...blockEntry(block(), 'dead'), recorded_at: inMinutes(-15 * 24 * 60) }
    await recordEntries(old)
    expect(await readDeadRows(stage.polo.clickhouse)).toEqual([])
  })
})

describe('readDuplicates', () => {
  test('counts what is there twice in the newest month, until it is merged', async () => {
    const older = eventRow('older', { event_time: '2026-02-01T10:00:00.000Z' })
    await stage.polo.clickhouse.command({ query: 'SYSTEM STOP MERGES resource_events' })
    await store([eventRow(1), eventRow(2), eventRow(3), older])
    await store([eventRow(2), eventRow(3), older])
    expect(await readDuplicates(stage.polo.clickhouse)).toEqual({
      partition: '202603',
      rows: 5,
      duplicates: 2,
      estimated: false,
    })
    await stage.polo.clickhouse.command({ query: 'SYSTEM START MERGES resource_events' })
    await stage.polo.clickhouse.command({ query: 'OPTIMIZE TABLE resource_events FINAL' })
    expect(await readDuplicates(stage.polo.clickhouse)).toMatchObject({ rows: 3, duplicates: 0 })
  })

  test('finds none where nothing is stored', async () => {
    expect(await readDuplicates(stage.polo.clickhouse)).toMatchObject({ rows: 0, duplicates: 0 })
  })
})

describe('readLifecycle', () => {
  const NOW = new Date('2026-03-01T12:00:00.000Z')
  const event = (key: string, columns: Row = {}) => eventRow(key, { event_type: 'lifecycle', ...columns })
  const other = (key: string, aws_account_id: string, time: string) =>
    event(key, { aws_account_id, event_time: `${time}T10:00:00.000Z` })

  test('counts what happened in the last day once, and finds the newest of each account', async () => {
    await store([event('a')])
    await store([
      event('a', { observed_at: '2026-03-01T11:00:00.000Z' }),
      other('b', '111122223333', '2026-02-27'),
      other('c', '222233334444', '2026-02-20'),
      other('d', '333344445555', '2025-12-20'),
      eventRow('e', { aws_account_id: '444455556666' }),
    ])
    const history = await readLifecycle(stage.polo.clickhouse, NOW)
    expect(history.toSorted((a, b) => a.aws_account_id.localeCompare(b.aws_account_id))).toEqual([
      { aws_account_id: '111122223333', last_event: '2026-03-01T10:00:00.000Z', last_day: 1 },
      { aws_account_id: '222233334444', last_event: '2026-02-20T10:00:00.000Z', last_day: 0 },
    ])
  })

  test('finds nothing where nothing is', async () => {
    expect(await readLifecycle(stage.polo.clickhouse, NOW)).toEqual([])
  })
})
