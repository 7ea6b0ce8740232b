import {
  type Block,
  type BlockFormat,
  encodeRow,
  formatEnvelope,
  freezeEncodedRows,
  NativeEncoder,
  QUEUED_SCHEMAS,
  type ResourceEvent,
} from '@polo/core'
import type { SqsEvent } from '@polo/ingester'
import { sampleEvent } from './sample-events.ts'

export const SCHEMA = 'resource_event/1'
export const RUN_ID = '2d8a3a52-6a4c-4d0e-9a45-0c3f5a0f6f11'
export const COLLECTOR = 'config_ec2'
const OBSERVED_AT = '2026-01-15T00:00:01.000Z'
const ROWS_PER_BLOCK = 7_600

/** A slot of its own per contender and round, so that none finds its rows already there. */
export function slotOf(minute: number): string {
  return new Date(Date.UTC(2026, 0, 15, 0, minute)).toISOString()
}

export function sampleEvents(rows: number, slot: string): ResourceEvent[] {
  return Array.from({ length: rows }, (_, index) => sampleEvent(index, slot, OBSERVED_AT))
}

/** The events as blocks of `ROWS_PER_BLOCK` rows. */
export function freezeSampleBlocks(events: readonly ResourceEvent[], format: BlockFormat): Block[] {
  const blocks: Block[] = []
  for (let first = 0; first < events.length; first += ROWS_PER_BLOCK) {
    const rows = events.slice(first, first + ROWS_PER_BLOCK)
    blocks.push(
      freezeEncodedRows(format === 'Native' ? encodeNative(rows) : encodeJson(rows), rows.length, format),
    )
  }
  return blocks
}

/** A message's body, as a collector sends it. */
export function bodyOf(block: Block): string {
  return formatEnvelope(
    { schema: SCHEMA, run_id: RUN_ID, collector: COLLECTOR, created_at: new Date().toISOString() },
    block,
  )
}

/** What Lambda hands over for these messages: text that its runtime parses before the handler runs. */
export function lambdaEventOf(bodies: readonly string[]): string {
  const Records = bodies.map((body, index): SqsEvent['Records'][number] => ({
    messageId: `message-${index}`,
    body,
    receiptHandle: `receipt-${index}`,
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:polo',
    attributes: { SenderId: 'AIDAEXAMPLE', ApproximateReceiveCount: '1' },
  }))
  return JSON.stringify({ Records })
}

function encodeNative(rows: readonly ResourceEvent[]): Buffer {
  const encoder = new NativeEncoder(QUEUED_SCHEMAS[SCHEMA])
  for (const row of rows) encoder.append(row)
  return encoder.body()
}

function encodeJson(rows: readonly ResourceEvent[]): Buffer {
  return Buffer.concat(rows.map(encodeRow))
}
