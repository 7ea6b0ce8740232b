import { encodeRow, freezeBlock } from '@polo/core'
import { OutageError } from './errors.ts'
import { describeRejection } from './ingest/describe-rejection.ts'
import { type InsertContext, type InsertTarget, insertBlock } from './ingest/insert.ts'

/**
 * Inserts rows that the ingester keeps of its own work.
 * @throws OutageError also when ClickHouse refuses them, which is no message's fault
 */
export async function insertOwnRows(
  rows: readonly object[],
  target: InsertTarget,
  context: InsertContext,
): Promise<void> {
  const rejection = await insertBlock(await freezeBlock(rows.map(encodeRow)), target, context)
  if (!rejection) return
  const { code, message } = describeRejection(rejection)
  throw new OutageError(
    { clickhouseCode: code, code: String(code) },
    `ClickHouse refuses rows of ${target.table}: ${message}`,
  )
}
