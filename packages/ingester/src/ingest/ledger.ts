import type { EnvelopeFields } from '@polo/core'
import { rootIndex } from '../dead-letters/dead-letter.ts'
import type { DeadRow } from '../dead-letters/quarantine.ts'
import { insertOwnRows } from '../insert-own-rows.ts'
import { shorten } from './describe-rejection.ts'
import type { InsertContext } from './insert.ts'
import type { DeadReason } from './open-message.ts'

/** What became of a block or a row: one row of `ingest_ledger`, without the time it is recorded at. */
export interface LedgerEntry {
  readonly root_block_id: string
  readonly entry: 'block' | 'row'
  /** Index in the root block; 0 for a block. */
  readonly row: number
  /** Rows of the root block; 1 for a row. */
  readonly rows: number
  readonly outcome: 'stored' | 'dead'
  /** Stored wins over dead in whatever order they arrive. */
  readonly rank: 1 | 2
  readonly schema: string
  readonly collector: string
  readonly run_id: string
  readonly block_id: string
  readonly reason: string
  readonly code: number
  readonly message: string
  readonly created_at: string
}

/** Why rows are dead, or null where they are stored. */
type Death = { readonly reason: DeadReason; readonly code: number; readonly message: string } | null

const LEDGER = {
  table: 'ingest_ledger',
  columns: [
    'root_block_id',
    'entry',
    'row',
    'rows',
    'outcome',
    'rank',
    'schema',
    'collector',
    'run_id',
    'block_id',
    'reason',
    'code',
    'message',
    'created_at',
    'recorded_at',
  ],
}

/** Entries for a message whose rows all met the same fate. */
export function entriesOfWhole(envelope: EnvelopeFields, death: Death): LedgerEntry[] {
  const { root } = envelope
  if (!root || root.indices.length === root.rows) return [entryOf(envelope, null, death)]
  return root.indices.map((index) => entryOf(envelope, index, death))
}

/** Entries for a message of which some rows are dead. */
export function entriesOfParts(envelope: EnvelopeFields, dead: readonly DeadRow[]): LedgerEntry[] {
  const [first] = dead
  if (first && dead.length === envelope.rows) return entriesOfWhole(envelope, deathOf(first))
  const deaths = new Map(dead.map((row) => [row.index, deathOf(row)]))
  const { root } = envelope
  if (root && root.indices.length < root.rows) {
    return root.indices.map((index, position) => entryOf(envelope, index, deaths.get(position) ?? null))
  }
  const rows = [...deaths].map(([position, death]) => entryOf(envelope, rootIndex(envelope, position), death))
  return [entryOf(envelope, null, null), ...rows]
}

/**
 * Writes entries; written again, they change nothing.
 * @throws OutageError
 */
export async function writeLedger(entries: readonly LedgerEntry[], context: InsertContext): Promise<void> {
  if (entries.length === 0) return
  const recorded_at = new Date().toISOString()
  const rows = entries.map((entry) => ({ ...entry, recorded_at }))
  await insertOwnRows(rows, LEDGER, context)
}

function deathOf({ fault, decided }: DeadRow): Death {
  const message = [fault.column, fault.message].filter(Boolean).join(': ')
  return { reason: decided ? 'rejected_rows' : 'undecided_rows', code: fault.code, message }
}

function entryOf(envelope: EnvelopeFields, row: number | null, death: Death): LedgerEntry {
  const { root, block_id, schema, run_id, created_at } = envelope
  return {
    root_block_id: root?.block_id ?? block_id,
    entry: row === null ? 'block' : 'row',
    row: row ?? 0,
    rows: row === null ? (root?.rows ?? envelope.rows) : 1,
    outcome: death ? 'dead' : 'stored',
    rank: death ? 1 : 2,
    schema,
    collector: envelope.collector.toWellFormed(),
    run_id,
    block_id,
    reason: death?.reason ?? '',
    code: death?.code ?? 0,
    message: shorten(death?.message ?? '', 400),
    created_at,
  }
}
