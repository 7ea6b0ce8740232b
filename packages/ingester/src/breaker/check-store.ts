import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { QUEUED_SCHEMAS } from '@polo/core'
import { OutageError } from '../errors.ts'
import { type InsertContext, type InsertTarget, insertBlock } from '../ingest/insert.ts'
import { type OpenMessage, openMessage } from '../ingest/open-message.ts'
import type { SqsRecord } from '../ingest/sqs-event.ts'
import { targetOf } from '../ingest/targets.ts'
import { insertOwnRows } from '../insert-own-rows.ts'

const TIME_LIMIT_MS = 10_000
const CANARY: InsertTarget = { table: 'ingest_canary', columns: ['probe_id', 'probed_at'] }
/** Fewer blocks that fail may be at fault themselves. */
const FAILURES_THAT_PROVE = 3

/**
 * Resolves when the store takes inserts, and rejects with what failed. It gets messages whose batch failed in this
 * process, the best evidence that there is, and the code of the outage; it must not change what storing them later does.
 */
export type StoreCheck = (refused: readonly SqsRecord[], reason: string) => Promise<void>

/**
 * Finds out whether a store takes what the ingester inserts: a ping, a row of its own, an insert of no rows into each
 * table that queued schemas go to (it must be there, with its columns, views and grants), and last the blocks of
 * messages that failed before, until one is stored; when that message comes back, it changes nothing.
 */
export function checkStore(
  clickhouse: ClickHouseClient,
  { timeLimitMs = TIME_LIMIT_MS }: { readonly timeLimitMs?: number } = {},
): StoreCheck {
  return async (refused, reason) => {
    const context = { clickhouse, deadline: Date.now() + timeLimitMs }
    const signal = AbortSignal.timeout(timeLimitMs)
    const answer = await clickhouse.ping({ select: false, abort_signal: signal })
    if (!answer.success) throw answer.error
    const row = { probe_id: randomUUID(), probed_at: new Date().toISOString() }
    await insertOwnRows([row], CANARY, context)
    for (const schema of Object.values(QUEUED_SCHEMAS)) {
      await insertNothing(targetOf(schema), { clickhouse, signal })
    }
    await insertOneOf(refused, reason, context)
  }
}

async function insertNothing(
  { table, columns }: InsertTarget,
  { clickhouse, signal }: { readonly clickhouse: ClickHouseClient; readonly signal: AbortSignal },
): Promise<void> {
  await clickhouse.command({
    query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT JSONEachRow`,
    // An asynchronous insert is not sure to look at the views that hang on the table.
    clickhouse_settings: { async_insert: 0 },
    abort_signal: signal,
  })
}

/**
 * A small canary says little about a block of another size and content.
 * A store that refuses a block's content takes inserts, unless that refusal is what the outage consists of.
 */
async function insertOneOf(
  records: readonly SqsRecord[],
  reason: string,
  context: InsertContext,
): Promise<void> {
  const failures: unknown[] = []
  for (const record of records) {
    const message = await openMessage(record, [])
    if (message.kind !== 'open') continue
    const failure = await failureOf(message, reason, context)
    if (failure === null) return
    failures.push(failure)
    if (failures.length === FAILURES_THAT_PROVE) throw failure
  }
}

async function failureOf(
  { parsed: { block, schema } }: OpenMessage,
  reason: string,
  context: InsertContext,
): Promise<unknown> {
  try {
    const rejection = await insertBlock(block, targetOf(schema), context)
    if (rejection === null || String(rejection.code) !== reason) return null
    const { code } = rejection
    return new OutageError({ clickhouseCode: code, code: String(code) }, 'ClickHouse refuses every block')
  } catch (error) {
    return error
  }
}
