import {
  BlockError,
  type BlockFault,
  EnvelopeError,
  openBlock,
  type ParsedEnvelope,
  parseEnvelope,
  UnknownEnvelopeError,
} from '@polo/core'
import { type ControlSenders, maySend } from './control-senders.ts'
import type { SqsRecord } from './sqs-event.ts'

/** Why a message or a row is dead; bounded, so that it can be filtered and counted. */
export type DeadReason =
  | BlockFault
  | 'invalid_envelope'
  | 'sender_not_allowed'
  | 'rejected_rows'
  | 'undecided_rows'
  | 'kills_the_ingester'

/** A message whose block is what it claims to be. */
export interface OpenMessage {
  readonly kind: 'open'
  readonly parsed: ParsedEnvelope
}

/** A message that never becomes right; `parsed` is there when at least its envelope can be believed. */
export interface RefusedMessage {
  readonly kind: 'refused'
  readonly reason: DeadReason
  readonly message: string
  readonly parsed: ParsedEnvelope | undefined
}

/** A message that a later release may know. */
export interface EarlyMessage {
  readonly kind: 'not_yet'
  readonly message: string
}

/** Far more than what collectors publish; each row that ClickHouse refuses costs memory. */
const MAX_BLOCK_ROWS = 200_000
/** UInt32 in the ledger. */
const MAX_ROOT_ROWS = 0xffff_ffff
/** What the ledger's partitions and its check on `created_at` take. */
const OLDEST = '2020-01-01T00:00:00.000Z'
const NEWEST = '2100-01-01T00:00:00.000Z'

/** Parses a message and checks sender, envelope and block. */
export async function openMessage(
  record: SqsRecord,
  controlSenders: ControlSenders,
): Promise<OpenMessage | RefusedMessage | EarlyMessage> {
  let parsed: ParsedEnvelope | undefined
  try {
    parsed = parseWithinBounds(record.body)
    const { name, control } = parsed.schema
    if (control && !maySend(controlSenders, name, record.attributes.SenderId)) {
      const message = `${name} is not taken from this sender`
      return { kind: 'refused', reason: 'sender_not_allowed', message, parsed }
    }
    // What it decompresses to is needed again only if ClickHouse refuses it; held for all, it would be most of the memory.
    await openBlock(parsed.block, parsed.schema)
    return { kind: 'open', parsed }
  } catch (error) {
    if (error instanceof UnknownEnvelopeError) return { kind: 'not_yet', message: error.message }
    if (error instanceof EnvelopeError) {
      return { kind: 'refused', reason: 'invalid_envelope', message: error.message, parsed }
    }
    if (error instanceof BlockError) {
      return { kind: 'refused', reason: error.fault, message: error.message, parsed }
    }
    throw error
  }
}

/**
 * Parses an envelope whose fate the ledger can hold; any other would make every batch fail that it is part of.
 * @throws EnvelopeError, UnknownEnvelopeError
 */
export function parseWithinBounds(body: string): ParsedEnvelope {
  const parsed = parseEnvelope(body)
  checkBounds(parsed)
  return parsed
}

function checkBounds({ envelope }: ParsedEnvelope): void {
  const { root, rows, created_at } = envelope
  if (created_at < OLDEST || created_at > NEWEST)
    throw new EnvelopeError('created_at is not a plausible time')
  if (rows > MAX_BLOCK_ROWS) throw new EnvelopeError(`a block holds at most ${MAX_BLOCK_ROWS} rows`)
  if (!root) return
  if (root.block_id === '' || root.rows > MAX_ROOT_ROWS) throw new EnvelopeError('root does not name a block')
  if (root.indices.length !== rows) {
    throw new EnvelopeError(`root.indices has ${root.indices.length} entries for ${rows} rows`)
  }
  if (root.indices.some((index) => index >= root.rows) || new Set(root.indices).size !== rows) {
    throw new EnvelopeError('root.indices are not distinct rows of the root block')
  }
}
