import { randomUUID } from 'node:crypto'
import { parseEnvelope } from '@polo/core'
import { bodyOf, coverageRow, type Row, runRow } from './factories.ts'

const collector = 'cost_explorer'

export interface CostLook {
  readonly payer: string
  readonly observedAt: string
  readonly events: readonly Row[]
  /** Days that it saw whole. */
  readonly days: readonly string[]
  /** What its record says otherwise. */
  readonly run?: Row
}

/** What one look of cost_explorer sends: the bodies of its lines and its coverage, and that of its record. */
export async function bodiesOfCostLook({ payer, observedAt, events, days, run = {} }: CostLook) {
  const covered = days.map((day) =>
    coverageRow({ aws_account_id: payer, event_time: `${day}T00:00:00.000Z`, observed_at: observedAt }),
  )
  const bodies = [
    ...(events.length > 0 ? [await bodyOf(events, { collector })] : []),
    ...(covered.length > 0 ? [await bodyOf(covered, { collector, schema: 'cost_coverage/1' })] : []),
  ]
  const blocks = bodies.map((body) => parseEnvelope(body).block)
  const recorded = runRow({
    run_id: randomUUID(),
    collector,
    scope: 'organization',
    aws_account_id: payer,
    slot: observedAt,
    started_at: observedAt,
    finished_at: observedAt,
    observed_at: observedAt,
    region_outcomes: { 'us-east-1': run.status ?? 'complete' },
    block_ids: blocks.map(({ blockId }) => blockId),
    block_rows: blocks.map(({ rows }) => rows),
    ...run,
  })
  return { blocks: bodies, record: await bodyOf([recorded], { collector, schema: 'collector_run/1' }) }
}
