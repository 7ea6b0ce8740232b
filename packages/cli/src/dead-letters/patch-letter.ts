import { isDeepStrictEqual } from 'node:util'
import {
  type EnvelopeHead,
  encodeRow,
  formatEnvelope,
  freezeBlock,
  type ParsedEnvelope,
  type QueuedSchema,
  type RootRows,
} from '@polo/core'
import { findRemainingFault } from './check-patched-row.ts'
import { type DeadLetterRow, readFields } from './decode-dead-letter.ts'
import { applyMergePatch, isObject, type MergePatch, parseExactly } from './merge-patch.ts'

/** What a patch makes of the rows of a letter. */
export interface PatchedLetter {
  /** Bodies to send in place of the letter's: more than one where the rows outgrew a message, none where they can't be sent. */
  readonly bodies: readonly string[]
  readonly changedRows: number
  /** Rows that the patch changes in a column that was not at fault: it may be too broad. */
  readonly strayRows: number
  /** What is still wrong, with the first row that has it; undefined where the rows look right. */
  readonly problem: string | undefined
  /** The first row that the patch changes. */
  readonly sample: PatchedRow | undefined
}

type Row = Readonly<Record<string, unknown>>

/** A row that a patch changes, by its index in the root block. */
export interface PatchedRow {
  readonly row: number
  readonly before: Row
  readonly after: Row
}

interface NewRow extends PatchedRow {
  readonly line: Buffer
  readonly isChanged: boolean
  readonly isStray: boolean
  readonly problem: string | undefined
}

/** Leaves the same room under SQS's 1 MiB as the ingester does. */
const TARGET_BODY_BYTES = 900 * 1024
const MAX_BODY_BYTES = 1_048_576

/**
 * Patches the rows of a letter and freezes them anew, at the same places of the same root block: the ledger then moves
 * them from dead to stored. The same letter and patch always make the same bodies.
 */
export async function patchLetter(
  parsed: ParsedEnvelope,
  rows: readonly DeadLetterRow[],
  patch: MergePatch,
): Promise<PatchedLetter> {
  const patched: NewRow[] = []
  for (const row of rows) {
    const next = patchRow(row, parsed.schema, patch)
    if (!next) return unpatchable(`row ${row.index} is no JSON that could be patched`)
    patched.push(next)
  }
  const changed = patched.filter(({ isChanged }) => isChanged)
  const bodies = await formatBodies(parsed, patched)
  if (bodies.some((body) => body.length > MAX_BODY_BYTES)) {
    return unpatchable('a row becomes too large for a message')
  }
  const [sample] = changed
  return {
    bodies,
    changedRows: changed.length,
    strayRows: changed.filter(({ isStray }) => isStray).length,
    problem: patched.find(({ problem }) => problem !== undefined)?.problem,
    sample: sample && { row: sample.row, before: sample.before, after: sample.after },
  }
}

function unpatchable(problem: string): PatchedLetter {
  return { bodies: [], changedRows: 0, strayRows: 0, problem, sample: undefined }
}

function patchRow(row: DeadLetterRow, schema: QueuedSchema, patch: MergePatch): NewRow | undefined {
  const { index, rootIndex = index, line: old, faults } = row
  const exact = parseExactly(old)
  const next = applyMergePatch(exact, patch)
  const before = readFields(old)
  if (!before || !isObject(exact) || !isObject(next)) return undefined
  const line = encodeRow(next)
  const after = readFields(line.toString()) ?? {}
  const fault = findRemainingFault(after, { before, faults, schema })
  return {
    row: rootIndex,
    before,
    after,
    line,
    isChanged: !line.equals(encodeRow(exact)),
    isStray: changesMore(Object.keys(patch), { before, after, faults }),
    problem: fault && `row ${index}: ${fault}`,
  }
}

/** Where it is not known what was at fault, nothing is too much. */
function changesMore(
  columns: readonly string[],
  { before, after, faults }: { before: Row; after: Row; faults: DeadLetterRow['faults'] },
): boolean {
  const wrong = new Set(faults.map(({ column }) => column))
  if (wrong.size === 0 || wrong.has('')) return false
  return columns.some((column) => !wrong.has(column) && !isDeepStrictEqual(before[column], after[column]))
}

async function formatBodies(parsed: ParsedEnvelope, patched: readonly NewRow[]): Promise<string[]> {
  const { schema, run_id, collector, created_at, block_id, rows, root: place } = parsed.envelope
  const root: RootRows = {
    block_id: place?.block_id ?? block_id,
    rows: place?.rows ?? rows,
    indices: patched.map(({ row }) => row),
  }
  const head: EnvelopeHead = { schema, run_id, collector, created_at, parent_block_id: block_id, root }
  const body = escapeNonAscii(formatEnvelope(head, await freezeBlock(patched.map(({ line }) => line))))
  if (patched.length <= 1 || body.length <= TARGET_BODY_BYTES) return [body]
  const middle = patched.length >> 1
  return [
    ...(await formatBodies(parsed, patched.slice(0, middle))),
    ...(await formatBodies(parsed, patched.slice(middle))),
  ]
}

/** SQS refuses some characters that JSON may hold; escaped, it never sees them. */
function escapeNonAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
