import type { ClickHouseClient } from '@clickhouse/client'
import { COLLECTORS } from '@polo/collectors'
import { intervalMs } from '@polo/core'
import { readRows } from '@polo/ingester'
import { inSlots, onlyRuns } from '@polo/local'
import { toIsoTime } from './to-iso-time.ts'

/** What a collector's runs in an account have been like. */
export interface RunHistory {
  readonly collector: string
  readonly aws_account_id: string
  readonly last_attempt_at: string
  /** The newest slot that was complete and reconciled; null where none of the latest was. */
  readonly last_success_slot: string | null
  /** The latest slots that were run within two intervals, not made up for later. */
  readonly on_time_slots: readonly string[]
}

/** An account as the organisation and the operators have it. */
export interface KnownAccount {
  readonly aws_account_id: string
  readonly polo_status: string
  /** 'recording' for one that is replayed. */
  readonly source: string
}

interface Summary {
  readonly collector: string
  readonly aws_account_id: string
  readonly last_attempt_at: string
  readonly complete_slots: readonly string[]
  readonly on_time_slots: readonly string[]
}

/** Only so many of the latest complete slots are asked for whether they are reconciled, too. */
const SUMMARIES = `SELECT collector, aws_account_id, max(started_at) AS last_attempt_at,
    arraySlice(arrayReverseSort(groupUniqArrayIf(slot, status = 'complete')), 1, 5) AS complete_slots,
    arraySlice(arrayReverseSort(groupUniqArrayIf(slot,
      started_at < slot + 2 * {intervals: Map(String, UInt32)}[collector])), 1, 10) AS on_time_slots
  FROM collector_runs GROUP BY collector, aws_account_id`

const SUCCESSES = `SELECT collector, aws_account_id, max(slot) AS slot FROM collector_attempts
  WHERE outcome = 'complete' AND reconciliation = 'reconciled' GROUP BY collector, aws_account_id`

/** The history of every collector × account. */
export async function readHistory(clickhouse: ClickHouseClient): Promise<RunHistory[]> {
  const intervals = Object.fromEntries(
    COLLECTORS.map(({ name, schedule }) => [name, intervalMs(schedule) / 1000]),
  )
  const summaries = await readRows<Summary>(clickhouse, SUMMARIES, { intervals })
  const slots = new Set(summaries.flatMap(({ complete_slots }) => complete_slots))
  const successes = slots.size === 0 ? [] : await readSuccesses(clickhouse, [...slots])
  const slotOf = new Map(successes.map((success) => [keyOf(success), toIsoTime(success.slot)]))
  return summaries.map((summary) => ({
    collector: summary.collector,
    aws_account_id: summary.aws_account_id,
    last_attempt_at: toIsoTime(summary.last_attempt_at),
    last_success_slot: slotOf.get(keyOf(summary)) ?? null,
    on_time_slots: summary.on_time_slots.map(toIsoTime),
  }))
}

/** Every account that is known, whether or not it was ever collected. */
export function readAccounts(clickhouse: ClickHouseClient): Promise<KnownAccount[]> {
  return readRows(clickhouse, 'SELECT aws_account_id, polo_status, source FROM known_accounts')
}

/** The same for all that is about one collector in one account. */
export function keyOf({
  collector,
  aws_account_id,
}: Pick<RunHistory, 'collector' | 'aws_account_id'>): string {
  return `${aws_account_id} ${collector}`
}

function readSuccesses(clickhouse: ClickHouseClient, slots: readonly string[]) {
  return readRows<{ collector: string; aws_account_id: string; slot: string }>(
    clickhouse,
    `${SUCCESSES} ${onlyRuns(inSlots(slots))}`,
  )
}
