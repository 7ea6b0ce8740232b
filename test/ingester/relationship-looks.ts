import { expect } from 'vitest'
import { batch, blockOf, bodyOf, type Row, record, relationshipRow, runRow } from './factories.ts'
import type { Pipeline } from './pipeline.ts'

const ACCOUNT = '111122223333'
export const REGION = 'eu-west-1'

/** Slots, 15 minutes apart; looks start a little later. */
export function slotOf(index: number): string {
  return new Date(Date.UTC(2026, 2, 1, 10) + index * 900_000).toISOString()
}

export function startOf(index: number): string {
  return new Date(Date.parse(slotOf(index)) + 2_000).toISOString()
}

/** An edge as the look of a slot sees it. */
export function seenAt(index: number, key: string, columns: Row = {}): Row {
  return relationshipRow(key, {
    first_seen: slotOf(index),
    last_seen: slotOf(index),
    observed_at: startOf(index),
    ...columns,
  })
}

export interface Look {
  readonly slot: number
  /** Keys of the edges that it saw. */
  readonly edges: readonly string[]
  readonly outcomes?: Readonly<Record<string, string>>
  readonly account?: string
  /** Keys of edges that the table refuses. */
  readonly refused?: readonly string[]
  readonly columns?: Row
}

/** The messages of a look: its rows, and its record. */
export async function messagesOf(look: Look): Promise<{ readonly rows: string[]; readonly run: string }> {
  const { slot, edges, outcomes = { [REGION]: 'complete' }, account = ACCOUNT, refused = [] } = look
  const columns = { aws_account_id: account, ...look.columns }
  const seen = [
    ...edges.map((key) => seenAt(slot, key, columns)),
    ...refused.map((key) => seenAt(slot, key, { ...columns, relation: '' })),
  ]
  const { blockId } = await blockOf(seen)
  const run = runRow({
    collector: 'relationships',
    aws_account_id: account,
    slot: slotOf(slot),
    started_at: startOf(slot),
    observed_at: startOf(slot),
    deadline: new Date(Date.now() + 3_600_000).toISOString(),
    status: 'complete',
    region_outcomes: outcomes,
    region_events: {},
    events: 0,
    block_ids: seen.length > 0 ? [blockId] : [],
    block_rows: seen.length > 0 ? [seen.length] : [],
  })
  const head = { collector: 'relationships', run_id: String(run.run_id) }
  return {
    rows: seen.length > 0 ? [await bodyOf(seen, { ...head, schema: 'resource_relationship/1' })] : [],
    run: await bodyOf([run], { ...head, schema: 'collector_run/1' }),
  }
}

export async function ingest(polo: Pipeline, ...bodies: readonly string[]): Promise<void> {
  for (const body of bodies) {
    const answer = await polo.ingest(batch(record(body, { sender: 'AROACONTROL:relationships' })))
    expect(answer).toEqual({ batchItemFailures: [] })
  }
}

/** Has a look, all of whose messages arrive. */
export async function lookAt(polo: Pipeline, look: Look): Promise<void> {
  const { rows, run } = await messagesOf(look)
  await ingest(polo, ...rows, run)
}
