import {
  type BlockRows,
  type EnvelopeFields,
  formatEnvelope,
  freezeEncodedRows,
  type ParsedEnvelope,
  type RowError,
} from '@polo/core'
import { shorten } from '../ingest/describe-rejection.ts'
import type { DeadReason, RefusedMessage } from '../ingest/open-message.ts'
import type { SqsRecord } from '../ingest/sqs-event.ts'
import type { DeadRow } from './quarantine.ts'

/** What goes to the dead-letter queue; the attributes are for filtering. */
export interface DeadLetter {
  readonly body: string
  readonly reason: DeadReason
  readonly code: number
  readonly schema: string
  readonly collector: string
  readonly message: string
}

/** Leaves room under SQS's 1 MiB for attributes and for what a later failure adds. */
const MAX_BODY_BYTES = 900 * 1024

/** A message that cannot be believed, or not even opened, goes as it came. */
export function letterOfMessage(
  record: SqsRecord,
  refused: Pick<RefusedMessage, 'reason' | 'message'> & Partial<RefusedMessage>,
): DeadLetter {
  const envelope = refused.parsed?.envelope
  return {
    body: record.body,
    reason: refused.reason,
    code: 0,
    schema: envelope?.schema ?? '',
    collector: envelope?.collector ?? '',
    message: refused.message,
  }
}

/**
 * Rows that ClickHouse refused, as envelopes that can be sent back as they are.
 * The same rows with the same faults always make the same bodies.
 */
export async function lettersOfRows(
  parsed: ParsedEnvelope,
  rows: BlockRows,
  dead: readonly DeadRow[],
): Promise<DeadLetter[]> {
  const body = await formatDeadRows(parsed, rows, dead)
  if (dead.length > 1 && Buffer.byteLength(body) > MAX_BODY_BYTES) {
    const middle = dead.length >> 1
    return [
      ...(await lettersOfRows(parsed, rows, dead.slice(0, middle))),
      ...(await lettersOfRows(parsed, rows, dead.slice(middle))),
    ]
  }
  const { schema, collector } = parsed.envelope
  const [first] = dead
  return [
    {
      body,
      reason: dead.every(({ decided }) => decided) ? 'rejected_rows' : 'undecided_rows',
      code: first?.fault.code ?? 0,
      schema,
      collector,
      message: first ? [first.fault.column, first.fault.message].filter(Boolean).join(': ') : '',
    },
  ]
}

async function formatDeadRows(
  { envelope, block: { format } }: ParsedEnvelope,
  rows: BlockRows,
  dead: readonly DeadRow[],
): Promise<string> {
  const { schema, run_id, collector, created_at } = envelope
  const bytes = rows.select(dead.map(({ index }) => index))
  const block = await freezeEncodedRows(bytes, dead.length, format)
  const root = {
    block_id: envelope.root?.block_id ?? envelope.block_id,
    rows: envelope.root?.rows ?? envelope.rows,
    indices: dead.map(({ index }) => rootIndex(envelope, index)),
  }
  const head = { schema, run_id, collector, created_at, parent_block_id: envelope.block_id, root }
  return escapeNonAscii(formatEnvelope({ ...head, errors: mergeErrors(dead) }, block))
}

/** Where a row of the envelope's block stood in the block that the collector published. */
export function rootIndex(envelope: EnvelopeFields, index: number): number {
  return envelope.root?.indices[index] ?? index
}

function mergeErrors(dead: readonly DeadRow[]): RowError[] {
  const errors: RowError[] = []
  dead.forEach(({ fault: { column, code, message } }, row) => {
    const last = errors.at(-1)
    if (last && last.column === column && last.code === code && last.message === message) last.rows++
    else errors.push({ row, rows: 1, column: shorten(column, 100), code, message: shorten(message, 300) })
  })
  return errors
}

/** SQS refuses some characters that JSON may hold; escaped, it never sees them. */
function escapeNonAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
