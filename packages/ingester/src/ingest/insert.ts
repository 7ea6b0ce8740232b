import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import type { Block } from '@polo/core'
import { InsertError, OutageError } from '../errors.ts'
import { classify, type Failure } from './classify.ts'
import { describeRejection } from './describe-rejection.ts'
import type { RetryBudget } from './retry-budget.ts'

/** From this many compressed bytes on, a block is worth a part of its own; below, the server gathers several. */
const SYNCHRONOUS_FROM_BYTES = 64 * 1024

const RETRIES = 2
const RETRY_BASE_MS = 100
const OVERLOAD_RETRIES = 5
const OVERLOAD_BASE_MS = 500

/**
 * The same for all blocks: a setting that differs would split the server's buffer for asynchronous inserts.
 * Whatever does not fit its column must fail; by default ClickHouse skips, converts or replaces it.
 */
const SETTINGS: ClickHouseSettings = {
  insert_deduplicate: 1,
  async_insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  wait_for_async_insert: 1,
  // A restatement may span more months than the default allows; refused, it would never get in.
  max_partitions_per_insert_block: '0',
  date_time_input_format: 'best_effort',
  input_format_skip_unknown_fields: 0,
  input_format_null_as_default: 0,
  input_format_allow_errors_num: '0',
  input_format_allow_errors_ratio: 0,
  input_format_json_read_numbers_as_strings: 0,
  input_format_json_read_bools_as_strings: 0,
  input_format_json_read_bools_as_numbers: 0,
  input_format_json_read_arrays_as_strings: 0,
  input_format_json_read_objects_as_strings: 0,
  input_format_json_ignore_unnecessary_fields: 0,
}

/** Where a block goes. */
export interface InsertTarget {
  readonly table: string
  readonly columns: readonly string[]
}

export interface InsertContext {
  readonly clickhouse: ClickHouseClient
  /** Milliseconds since the epoch; nothing is tried after it. */
  readonly deadline: number
  /** Shared by all inserts of an ingester; without one, only the tries per insert are limited. */
  readonly retries?: RetryBudget
  /** One of many small inserts, each of which waits for the one before: too slow if the server gathers them. */
  readonly isOneOfMany?: boolean
  /** A code that counts as poison here, whatever it means elsewhere. */
  readonly poisonCode?: number
}

/** What ClickHouse has against a block's content, in its own words. */
export interface Rejection {
  readonly code: number
  readonly message: string
}

/**
 * Inserts a block, its bytes as they are, and tries again what may pass next time.
 * @returns null when stored, or why ClickHouse refuses the content
 * @throws OutageError when the fault is not the block's
 */
export async function insertBlock(
  block: Block,
  target: InsertTarget,
  context: InsertContext,
): Promise<Rejection | null> {
  for (let attempt = 0; ; attempt++) {
    try {
      await insertOnce(block, target, context)
      context.retries?.earn()
      return null
    } catch (error) {
      const failure = classify(error)
      const message = error instanceof Error ? error.message : String(error)
      const code = failure.clickhouseCode
      if (failure.class === 'poison' || (code !== 0 && code === context.poisonCode)) return { code, message }
      const delay = retryDelay(failure, attempt)
      const isInTime = delay !== null && Date.now() + delay < context.deadline
      if (!isInTime || context.retries?.spend() === false) {
        throw new OutageError(failure, `ClickHouse did not take a block: ${tell(failure, message)}`)
      }
      await sleep(delay)
    }
  }
}

/** What ClickHouse says may quote rows, and whoever throws this may log it. */
function tell({ clickhouseCode: code }: Failure, message: string): string {
  return code === 0 ? message : describeRejection({ code, message }).message
}

/** Full jitter, so that ingesters which failed together do not come back together. */
function retryDelay(failure: Failure, attempt: number): number | null {
  if (failure.class === 'retry' && attempt < RETRIES) return Math.random() * RETRY_BASE_MS * 2 ** attempt
  if (failure.class === 'overload' && attempt < OVERLOAD_RETRIES) {
    return Math.random() * OVERLOAD_BASE_MS * 2 ** attempt
  }
  return null
}

async function insertOnce(block: Block, target: InsertTarget, context: InsertContext): Promise<void> {
  const response = await context.clickhouse.exec({
    query: `INSERT INTO ${target.table} (${target.columns.join(', ')}) FORMAT ${block.format}`,
    values: Readable.from(block.data, { objectMode: false }),
    http_headers: { 'Content-Encoding': 'zstd' },
    clickhouse_settings: {
      ...SETTINGS,
      async_insert: block.data.length < SYNCHRONOUS_FROM_BYTES && !context.isOneOfMany ? 1 : 0,
      insert_deduplication_token: block.blockId,
    },
    abort_signal: AbortSignal.timeout(Math.max(context.deadline - Date.now(), 1)),
    // The client's own error has no HTTP status, and takes the code from the message.
    ignore_error_response: true,
  })
  const message = await text(response.stream)
  const status = response.http_status_code ?? 0
  const code = Number(response.response_headers['x-clickhouse-exception-code'] ?? 0)
  const fromClickHouse = response.response_headers['x-clickhouse-query-id'] !== undefined
  // A proxy's or a portal's 200 is no proof that anything was stored.
  if (status === 200 && code === 0 && fromClickHouse && message === '') return
  throw new InsertError({ code, status, message })
}
