import { type EnvelopeFields, formatEnvelope, freezeBlock, parseEnvelope } from '@polo/core'
import type { DeadReason } from '@polo/ingester'
import type { Random } from './random.ts'

export type Row = Readonly<Record<string, unknown>>

const NIL_UUID = '00000000-0000-0000-0000-000000000000'

/** Faults that any format can carry: the table's constraints refuse them. */
const UNFIT_VALUES = {
  nil_id: (row: Row) => ({ ...row, event_id: NIL_UUID }),
  empty_account: (row: Row) => ({ ...row, aws_account_id: '' }),
  ancient: (row: Row) => ({ ...row, event_time: '1999-12-31T00:00:00.000Z' }),
  unknown_type: (row: Row) => ({ ...row, event_type: 'rumour' }),
}

/** Faults that only text can carry: ClickHouse cannot read them. */
const UNFIT_TEXT = {
  nested_property: (row: Row) => ({ ...row, properties: { state: { code: 16 } } }),
  infinite_value: (row: Row) => ({ ...row, value: 'inf' }),
  unknown_column: (row: Row) => ({ ...row, colour: 'blue' }),
  unreadable_time: (row: Row) => ({ ...row, observed_at: 'the 9th of May' }),
}

/** Makes a row one that cannot be stored, in one of several ways. */
export function spoilRow(row: Row, random: Random, { asText }: { asText: boolean }): Row {
  const ways = Object.values(asText ? { ...UNFIT_VALUES, ...UNFIT_TEXT } : UNFIT_VALUES)
  const [first, ...others] = random.shuffle(ways)
  return first ? random.pick([first, ...others])(row) : row
}

/** A message that can never become rows, and why it is refused. */
export interface Garbage {
  readonly body: string
  readonly reason: DeadReason
}

/** Messages that are not what they claim to be; some claim to be `body`, a good one. */
export async function makeGarbage(body: string, forgedRun: Row): Promise<Garbage[]> {
  const { envelope, block } = parseEnvelope(body)
  const flipped = Buffer.from(block.data)
  flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1)
  const { schema: _, ...head } = envelope
  const forged = await freezeBlock([Buffer.from(`${JSON.stringify(forgedRun)}\n`)])
  return [
    { body: 'hello', reason: 'invalid_envelope' },
    { body: changed(body, { rows: 'many' }), reason: 'invalid_envelope' },
    { body: changed(body, { data: flipped.toString('base64') }), reason: 'hash_mismatch' },
    { body: changed(body, { rows: envelope.rows + 1 }), reason: 'row_count_mismatch' },
    {
      body: formatEnvelope({ ...headOf(head), schema: 'collector_run/1' }, forged),
      reason: 'sender_not_allowed',
    },
  ]
}

function headOf({ run_id, collector, created_at }: Omit<EnvelopeFields, 'schema'>) {
  return { run_id, collector, created_at }
}

function changed(body: string, changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...JSON.parse(body), ...changes })
}
