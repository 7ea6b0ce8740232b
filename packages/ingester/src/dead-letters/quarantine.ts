import { type BlockRows, freezeEncodedRows, type ParsedEnvelope } from '@polo/core'
import { describeRejection } from '../ingest/describe-rejection.ts'
import { type InsertContext, insertBlock, type Rejection } from '../ingest/insert.ts'
import type { OpenMessage } from '../ingest/open-message.ts'
import { checkRow, type RowFault, UNKNOWN_FIELD } from '../ingest/row-check.ts'
import type { SearchMemory, Verdicts } from '../ingest/search-memory.ts'
import { targetOf } from '../ingest/targets.ts'

/** Inserts that one refused block may cost; enough to find some ten rows that only ClickHouse sees through. */
const MAX_INSERTS = 64

/** A row that is not stored, by its index in the block. */
export interface DeadRow {
  readonly index: number
  readonly fault: RowFault
  /** False when the bound on inserts was reached before this row's own case was heard. */
  readonly decided: boolean
  /** False where nothing is wrong with the row as far as this release knows: then the table may be at fault. */
  readonly explained: boolean
}

/** Rows, by index, that ClickHouse refused as a block; `proven` says it was these and not ones around them. */
interface Group {
  readonly rows: readonly number[]
  readonly rejection: Rejection
  readonly proven: boolean
}

/** What a search starts from. */
export interface QuarantineContext extends InsertContext {
  readonly rejection: Rejection
  readonly memory: SearchMemory
}

interface Search {
  readonly parsed: ParsedEnvelope
  readonly rows: BlockRows
  readonly context: InsertContext
  readonly verdicts: Verdicts
  inserts: number
}

/**
 * Finds the rows at fault in a block that ClickHouse refuses, and stores the others.
 * The halves of a redelivered block are the same bytes again, so nothing is stored twice; for that, rows are given up
 * after a number of inserts, which is the same each time, and never because time runs short: among rows that there was no
 * time for are some that an earlier delivery stored.
 * @returns the rows that are not stored, in order, or that there was not time enough
 * @throws OutageError
 */
export async function quarantine(
  { parsed }: OpenMessage,
  rows: BlockRows,
  { rejection, memory, ...context }: QuarantineContext,
): Promise<DeadRow[] | 'out_of_time'> {
  // The dead letters and the rest of the batch need time too.
  const deadline = (Date.now() + context.deadline) / 2
  const { blockId } = parsed.block
  const verdicts = memory.of(blockId)
  const search: Search = { parsed, rows, context: { ...context, isOneOfMany: true }, verdicts, inserts: 0 }
  const { fine, doubtful, dead } = triage(parsed, rows)
  const whole = [fine, doubtful].find(({ length }) => length === rows.length)
  const refused: Group[] = whole
    ? [{ rows: whole, rejection, proven: true }]
    : [...(await tryRows(fine, search)), ...(await tryRows(doubtful, search))]
  // Breadth first, so that most rows are stored by the time the bound is reached.
  for (let group = refused.shift(); group; group = refused.shift()) {
    const isDecided = group.rows.length === 1 && group.proven
    if (isDecided || search.inserts >= MAX_INSERTS) for (const row of bury(group, fine)) dead.push(row)
    else if (Date.now() >= deadline) return 'out_of_time'
    else refused.push(...(await narrow(group, search)))
  }
  memory.forget(blockId)
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
async function tryRows(rows: readonly number[], search: Search): Promise<Group[]> {
  if (rows.length === 0) return []
  search.inserts++
  const { block, schema } = search.parsed
  const part = await freezeEncodedRows(search.rows.select(rows), rows.length, block.format)
  const before = search.verdicts.get(part.blockId)
  const rejection = before === undefined ? await insertBlock(part, targetOf(schema), search.context) : before
  search.verdicts.set(part.blockId, rejection)
  return rejection ? [{ rows, rejection, proven: true }] : []
}

interface Triage {
  readonly fine: number[]
  readonly doubtful: number[]
  readonly dead: DeadRow[]
}

function triage({ schema }: ParsedEnvelope, rows: BlockRows): Triage {
  const result: Triage = { fine: [], doubtful: [], dead: [] }
  for (let index = 0; index < rows.length; index++) {
    const verdict = checkRow(rows.json(index), schema)
    if (verdict.kind === 'sure') result.dead.push(toDead(index, verdict.fault))
    else result[verdict.kind].push(index)
  }
  return result
}

function toDead(index: number, fault: RowFault): DeadRow {
  // A column that a later release may have, together with a later table.
  return { index, fault, decided: true, explained: fault.code !== UNKNOWN_FIELD }
}

function bury({ rows, rejection, proven }: Group, fine: readonly number[]): DeadRow[] {
  const fault = describeRejection(rejection)
  const unexplained = new Set(fine)
  return rows.map((index) => {
    const decided = rows.length === 1 && proven
    return { index, fault, decided, explained: !unexplained.has(index) }
  })
}
