import {
  BlockError,
  EnvelopeError,
  openBlock,
  type ParsedEnvelope,
  parseEnvelope,
  UnknownEnvelopeError,
} from '@polo/core'
import type { DeadLetterSummary } from './dead-letters.ts'
import { decodeDeadLetter } from './decode-dead-letter.ts'
import { findPatchedIdentity } from './key-columns.ts'
import type { MergePatch } from './merge-patch.ts'
import { type PatchedRow, patchLetter } from './patch-letter.ts'
import { findReason } from './reasons.ts'

/** Why a letter stays where it is. */
export type SkipReason =
  /** The ingester would refuse it again, or the operator must say that it is meant; `--force` sends it. */
  | 'needs_force'
  /** Its rows cannot be read, so no patch can be applied to them. */
  | 'cannot_be_patched'
  | 'patch_changes_nothing'
  /** Rows that the patch leaves wrong; `--force` sends them. */
  | 'still_wrong'

export interface SendPlan {
  readonly kind: 'send'
  /** Bodies that replace the letter; without a patch, its own. */
  readonly bodies: readonly string[]
  readonly rows: number
  /** Rows that a patch changes in a column that was not at fault. */
  readonly strayRows: number
  readonly sample: PatchedRow | undefined
}

export interface SkipPlan {
  readonly kind: 'skip'
  readonly reason: SkipReason
  readonly why: string
}

export interface PlanOptions {
  readonly patch: MergePatch | undefined
  readonly force: boolean
}

/** Decides what a redrive does with a letter; it changes nothing. */
export async function planRedrive(
  { body, summary }: { body: string; summary: DeadLetterSummary },
  { patch, force }: PlanOptions,
): Promise<SendPlan | SkipPlan> {
  const opened = await open(body)
  const problem = findReason(summary.reason)?.caution ?? opened.problem
  if (problem !== undefined && !force) return { kind: 'skip', reason: 'needs_force', why: problem }
  if (!patch) return { kind: 'send', bodies: [body], rows: summary.rows, strayRows: 0, sample: undefined }
  if (!opened.parsed) return { kind: 'skip', reason: 'cannot_be_patched', why: opened.problem }
  return planPatch({ body, parsed: opened.parsed }, { patch, force })
}

async function planPatch(
  { body, parsed }: { body: string; parsed: ParsedEnvelope },
  { patch, force }: { patch: MergePatch; force: boolean },
): Promise<SendPlan | SkipPlan> {
  const identity = findPatchedIdentity(patch, parsed.schema.name)
  if (identity !== undefined && !force) {
    const why = `the patch changes ${identity}, which tells a row from every other: under one ${identity}, one row is left`
    return { kind: 'skip', reason: 'needs_force', why }
  }
  const { rows } = await decodeDeadLetter(body)
  const { bodies, changedRows, strayRows, problem, sample } = await patchLetter(parsed, rows, patch)
  if (bodies.length === 0)
    return { kind: 'skip', reason: 'cannot_be_patched', why: problem ?? 'it has no rows' }
  if (changedRows === 0) {
    return { kind: 'skip', reason: 'patch_changes_nothing', why: 'the patch changes none of its rows' }
  }
  if (problem !== undefined && !force) return { kind: 'skip', reason: 'still_wrong', why: problem }
  return { kind: 'send', bodies, rows: rows.length, strayRows, sample }
}

type Opened =
  | { readonly parsed: ParsedEnvelope; readonly problem: undefined }
  | { readonly parsed: undefined; readonly problem: string }

/** As the ingester does it first with a message. */
async function open(body: string): Promise<Opened> {
  try {
    const parsed = parseEnvelope(body)
    await openBlock(parsed.block, parsed.schema)
    return { parsed, problem: undefined }
  } catch (error) {
    const isRefused =
      error instanceof EnvelopeError || error instanceof UnknownEnvelopeError || error instanceof BlockError
    if (!isRefused) throw error
    return {
      parsed: undefined,
      problem: error instanceof BlockError ? `${error.fault}: ${error.message}` : error.message,
    }
  }
}
