import { freezeBlock, splitRows } from '@polo/core'
import { describeRejection } from './describe-rejection.ts'
import { type InsertContext, insertBlock, type Rejection } from './insert.ts'
import type { OpenMessage } from './open-message.ts'
import { checkRow, type RowFault } from './row-check.ts'
import { targetOf } from './targets.ts'

/** Inserts that one refused block may cost; enough to find some ten rows that only ClickHouse sees through. */
const MAX_INSERTS = 64
const NEWLINE = Buffer.from('\n')

/** A row that is not stored, by its index in the block. */
export interface DeadRow {
  readonly index: number
  readonly line: Buffer
  readonly fault: RowFault
  /** False when the bound on inserts was reached before this row's own case was heard. */
  readonly decided: boolean
}

interface Row {
  readonly index: number
  readonly line: Buffer
}

/** Rows that ClickHouse refused as a block; `proven` says it was these very rows and not ones around them. */
interface Group {
  readonly rows: readonly Row[]
  readonly rejection: Rejection
  readonly proven: boolean
}

/**
 * Finds the rows at fault in a block that ClickHouse refuses, and stores the others.
 * The halves of a redelivered block are the same bytes again, so nothing is stored twice.
 * @returns the rows that are not stored, in order
 * @throws OutageError
 */
export async function quarantine(
  message: OpenMessage,
  rejection: Rejection,
  context: InsertContext,
): Promise<DeadRow[]> {
  const { schema } = message.parsed
  const { fine, doubtful, dead } = triage(message)
  let inserts = 0
  const insert = async (rows: readonly Row[]): Promise<Rejection | null> => {
    inserts++
    const block = await freezeBlock(rows.map(({ line }) => Buffer.concat([line, NEWLINE])))
    return await insertBlock(block, targetOf(schema), context)
  }
  const queue: Group[] = []
  const tryRows = async (rows: readonly Row[]): Promise<boolean> => {
    const refused = rows.length > 0 ? await insert(rows) : null
    if (refused) queue.push({ rows, rejection: refused, proven: true })
    return refused === null
  }
  const whole = [fine, doubtful].find(({ length }) => length === message.parsed.block.rows)
  if (whole) queue.push({ rows: whole, rejection, proven: true })
  else for (const rows of [fine, doubtful]) await tryRows(rows)

  for (let group = queue.shift(); group; group = queue.shift()) {
    const { rows, proven } = group
    const outOfBounds = inserts >= MAX_INSERTS || Date.now() >= context.deadline
    if (outOfBounds || (rows.length === 1 && proven)) {
      dead.push(...bury(group))
    } else if (rows.length === 1) {
      await tryRows(rows)
    } else {
      const middle = rows.length >> 1
      const isLeftStored = await tryRows(rows.slice(0, middle))
      const right = rows.slice(middle)
      if (isLeftStored) queue.push({ ...group, rows: right, proven: false })
      else await tryRows(right)
    }
  }
  return dead.sort((a, b) => a.index - b.index)
}

function triage({ raw, parsed }: OpenMessage): { fine: Row[]; doubtful: Row[]; dead: DeadRow[] } {
  const result: { fine: Row[]; doubtful: Row[]; dead: DeadRow[] } = { fine: [], doubtful: [], dead: [] }
  let index = 0
  for (const line of splitRows(raw)) {
    const row = { index: index++, line }
    const verdict = checkRow(line, parsed.schema)
    if (verdict.kind === 'sure') result.dead.push({ ...row, fault: verdict.fault, decided: true })
    else result[verdict.kind].push(row)
  }
  return result
}

function bury({ rows, rejection, proven }: Group): DeadRow[] {
  const fault = describeRejection(rejection)
  return rows.map((row) => ({ ...row, fault, decided: rows.length === 1 && proven }))
}
