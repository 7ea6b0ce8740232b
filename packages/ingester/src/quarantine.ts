import { freezeBlock, type QueuedSchema, splitRows } from '@polo/core'
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

interface Search {
  readonly schema: QueuedSchema
  readonly context: InsertContext
  /** When to give up on telling rows apart. */
  readonly deadline: number
  inserts: number
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
  const { schema, block } = message.parsed
  // The dead letters and the rest of the batch need time too.
  const deadline = (Date.now() + context.deadline) / 2
  const search: Search = { schema, context, deadline, inserts: 0 }
  const { fine, doubtful, dead } = triage(message)
  const whole = [fine, doubtful].find(({ length }) => length === block.rows)
  const refused: Group[] = whole
    ? [{ rows: whole, rejection, proven: true }]
    : [...(await tryRows(fine, search)), ...(await tryRows(doubtful, search))]
  // Breadth first, so that most rows are stored by the time the bound is reached.
  for (let group = refused.shift(); group; group = refused.shift()) {
    const isDecided = group.rows.length === 1 && group.proven
    const isOver = search.inserts >= MAX_INSERTS || Date.now() >= search.deadline
    if (isDecided || isOver) for (const row of bury(group)) dead.push(row)
    else refused.push(...(await narrow(group, search)))
  }
  return dead.sort((a, b) => a.index - b.index)
}

/** The groups that are left of a refused one when what can be stored is stored. */
async function narrow(group: Group, search: Search): Promise<Group[]> {
  const { rows } = group
  if (rows.length === 1) return await tryRows(rows, search)
  const middle = rows.length >> 1
  const left = await tryRows(rows.slice(0, middle), search)
  const right = rows.slice(middle)
  if (left.length === 0) return [{ ...group, rows: right, proven: false }]
  return [...left, ...(await tryRows(right, search))]
}

/** Nothing when the rows are stored, else the refused group. */
async function tryRows(rows: readonly Row[], search: Search): Promise<Group[]> {
  if (rows.length === 0) return []
  search.inserts++
  const block = await freezeBlock(rows.map(({ line }) => Buffer.concat([line, NEWLINE])))
  const rejection = await insertBlock(block, targetOf(search.schema), search.context)
  return rejection ? [{ rows, rejection, proven: true }] : []
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
