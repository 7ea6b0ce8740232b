import { type DeadLetter, letterOfMessage, lettersOfRows } from './dead-letter.ts'
import { type InsertContext, insertBlock } from './insert.ts'
import { entriesOfParts, entriesOfWhole, type LedgerEntry } from './ledger.ts'
import { type OpenMessage, openMessage, type RefusedMessage } from './open-message.ts'
import { quarantine } from './quarantine.ts'
import type { SqsRecord } from './sqs-event.ts'
import { targetOf } from './targets.ts'

/** What became of one message. It holds nothing of the rows themselves. */
export interface MessageReport {
  readonly messageId: string
  /** `deferred` messages come back. */
  readonly outcome: 'stored' | 'partly_stored' | 'dead' | 'deferred'
  /** Bounded: why rows are dead, or why the message comes back. */
  readonly reason: string
  readonly code: number
  readonly schema: string
  readonly collector: string
  readonly blockId: string
  readonly rowsStored: number
  readonly rowsDead: number
}

/** A message whose inserts are over; what is dead in it is not buried yet. */
export interface SettledMessage {
  readonly report: MessageReport
  readonly letters: readonly DeadLetter[]
  readonly entries: readonly LedgerEntry[]
}

/**
 * Opens a message and stores its block, or finds out what is wrong with it.
 * @throws OutageError
 */
export async function settleMessage(
  record: SqsRecord,
  controlSenders: readonly string[],
  context: InsertContext,
): Promise<SettledMessage> {
  if (Date.now() >= context.deadline) return defer(record, 'out_of_time')
  const message = await openMessage(record, controlSenders)
  if (message.kind === 'not_yet') return defer(record, 'unknown_envelope')
  if (message.kind === 'refused') return refuse(record, message)
  return await store(record, message, context)
}

async function store(
  record: SqsRecord,
  message: OpenMessage,
  context: InsertContext,
): Promise<SettledMessage> {
  const { block, schema, envelope } = message.parsed
  const rejection = await insertBlock(block, targetOf(schema), context)
  if (!rejection) {
    return { report: reportOf(record, message), letters: [], entries: entriesOfWhole(envelope, null) }
  }
  const dead = await quarantine(message, rejection, context)
  const letters = dead.length > 0 ? await lettersOfRows(message, dead) : []
  const report = {
    ...reportOf(record, message),
    outcome: dead.length === block.rows ? 'dead' : dead.length > 0 ? 'partly_stored' : 'stored',
    reason: letters[0]?.reason ?? '',
    code: letters[0]?.code ?? 0,
    rowsStored: block.rows - dead.length,
    rowsDead: dead.length,
  } as const
  return { report, letters, entries: entriesOfParts(envelope, dead) }
}

function refuse(record: SqsRecord, refused: RefusedMessage): SettledMessage {
  const { parsed, reason, message } = refused
  const report = reportOf(record, refused)
  return {
    report: { ...report, outcome: 'dead', reason, rowsStored: 0, rowsDead: parsed?.block.rows ?? 0 },
    letters: [letterOfMessage(record, refused)],
    entries: parsed ? entriesOfWhole(parsed.envelope, { reason, code: 0, message }) : [],
  }
}

function defer(record: SqsRecord, reason: string): SettledMessage {
  return { report: { ...reportOf(record), outcome: 'deferred', reason }, letters: [], entries: [] }
}

function reportOf({ messageId }: SqsRecord, message?: OpenMessage | RefusedMessage): MessageReport {
  const parsed = message?.parsed
  return {
    messageId,
    outcome: 'stored',
    reason: '',
    code: 0,
    schema: parsed?.schema.name ?? '',
    collector: parsed?.envelope.collector ?? '',
    blockId: parsed?.block.blockId ?? '',
    rowsStored: parsed?.block.rows ?? 0,
    rowsDead: 0,
  }
}
