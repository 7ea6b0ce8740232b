import { openBlock, readBlockRows } from '@polo/core'
import { type DeadLetter, letterOfMessage, lettersOfRows } from '../dead-letters/dead-letter.ts'
import { type DeadRow, quarantine } from '../dead-letters/quarantine.ts'
import { OutageError } from '../errors.ts'
import type { Canary } from './canary.ts'
import type { ControlSenders } from './control-senders.ts'
import { type InsertContext, insertBlock, type Rejection } from './insert.ts'
import { entriesOfParts, entriesOfWhole, type LedgerEntry } from './ledger.ts'
import { type OpenMessage, openMessage, type RefusedMessage } from './open-message.ts'
import type { SearchMemory } from './search-memory.ts'
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
  /** When the block was made; '' where its envelope does not say. */
  readonly createdAt: string
  readonly rowsStored: number
  readonly rowsDead: number
}

/** A message whose inserts are over; what is dead in it is not buried yet. */
export interface SettledMessage {
  readonly report: MessageReport
  readonly letters: readonly DeadLetter[]
  readonly entries: readonly LedgerEntry[]
}

/** The time that there is, in milliseconds since the epoch: inserts of blocks end at `deadline`. */
export interface SettleContext extends InsertContext {
  readonly startedAt: number
  /** For what must be written after the work, whatever came of it: ledger, marks. */
  readonly lastMoment: number
}

export interface SettleOptions {
  readonly controlSenders: ControlSenders
  readonly canary: Canary
  readonly memory: SearchMemory
}

/** Deliveries after which a block that ClickHouse fails on, while it takes others, is at fault itself. */
const FAILS_ALONE_AFTER = 5
/** Different blocks refused whole for the same unexplained fault, none stored between, that say the table is at fault. */
const REFUSED_IN_A_ROW = 3
/** Too many parts in one partition says nothing about a block for another. */
const TOO_MANY_PARTS = 252

/**
 * Opens a message and stores its block, or finds out what is wrong with it.
 * @throws OutageError
 */
export async function settleMessage(
  record: SqsRecord,
  options: SettleOptions,
  context: SettleContext,
): Promise<SettledMessage> {
  if (Date.now() >= context.deadline) return defer(record, 'out_of_time')
  const message = await openMessage(record, options.controlSenders)
  if (message.kind === 'not_yet') return defer(record, 'unknown_envelope')
  if (message.kind === 'refused') return refuse(record, message)
  const rejection = await insertMessage(record, message, { ...context, canary: options.canary })
  if (rejection === 'fails_alone' || rejection === 'out_of_time') return defer(record, rejection, message)
  if (rejection) return await storeParts(record, message, { ...context, ...options, rejection })
  options.canary.feed(message.parsed.schema, message.parsed.block)
  return {
    report: reportOf(record, message),
    letters: [],
    entries: entriesOfWhole(message.parsed.envelope, null),
  }
}

/**
 * One block must not stop everything: while others are stored, one that fails comes back by itself, and when it fails
 * again and again it counts as poison.
 */
async function insertMessage(
  record: SqsRecord,
  { parsed: { block, schema } }: OpenMessage,
  { canary, ...context }: SettleContext & { canary: Canary },
): Promise<Rejection | 'fails_alone' | 'out_of_time' | null> {
  try {
    return await insertBlock(block, targetOf(schema), context)
  } catch (error) {
    if (!(error instanceof OutageError)) throw error
    const { clickhouseCode: code, message } = error
    // The store is slow, and not away.
    if (Date.now() >= context.deadline && canary.storedSince(context.startedAt)) return 'out_of_time'
    if (code === 0 || code === TOO_MANY_PARTS || canary.countFailed(block) > 1) throw error
    if (!(await canary.sings(schema, context))) throw error
    const isLasting = receivesOf(record) >= FAILS_ALONE_AFTER
    if (!isLasting) return 'fails_alone'
    canary.convict(block)
    return { code, message }
  }
}

async function storeParts(
  record: SqsRecord,
  message: OpenMessage,
  { canary, memory, rejection, ...context }: InsertContext & SettleOptions & { rejection: Rejection },
): Promise<SettledMessage> {
  const { block, schema, envelope } = message.parsed
  const rows = readBlockRows(await openBlock(block, schema), block.format)
  const search = { ...context, rejection, memory, poisonCode: rejection.code }
  const dead = await quarantine(message, rows, search)
  if (dead === 'out_of_time') return defer(record, dead, message)
  if (dead.length < block.rows) canary.acquitTable(schema)
  else if (await mayBlameTheTable(message, dead, { ...context, canary })) {
    if (receivesOf(record) === 1) return defer(record, 'unexplained_refusal', message)
  }
  const letters = dead.length > 0 ? await lettersOfRows(message.parsed, rows, dead) : []
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

/**
 * Whether a block that was refused whole may be right, and the table behind it: of a release that was deployed before its
 * migration, say. Such a block gets a second delivery; by then there may be others like it.
 * @throws OutageError when it is certain: the table refuses a block that it took before, or several in a row
 */
async function mayBlameTheTable(
  { parsed: { block, schema } }: OpenMessage,
  dead: readonly DeadRow[],
  { canary, ...context }: InsertContext & { canary: Canary },
): Promise<boolean> {
  const [first] = dead
  if (!first || dead.some(({ explained }) => explained)) return false
  const { fault } = first
  const isTaken = await canary.sings(schema, context)
  const isStreak = canary.countRefused(schema, block, fault) >= REFUSED_IN_A_ROW
  if (isTaken !== false && !isStreak) return true
  const what =
    isTaken === false
      ? 'a block that it took before'
      : `${REFUSED_IN_A_ROW} blocks in a row for the same fault`
  const code = { clickhouseCode: fault.code, code: String(fault.code) }
  throw new OutageError(code, `${schema.table} refuses ${what}: ${fault.message}`)
}

function receivesOf({ attributes }: SqsRecord): number {
  return Number(attributes.ApproximateReceiveCount ?? 1)
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

function defer(record: SqsRecord, reason: string, message?: OpenMessage): SettledMessage {
  const report = { ...reportOf(record, message), outcome: 'deferred', reason, rowsStored: 0 } as const
  return { report, letters: [], entries: [] }
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
    createdAt: parsed?.envelope.created_at ?? '',
    rowsStored: parsed?.block.rows ?? 0,
    rowsDead: 0,
  }
}
