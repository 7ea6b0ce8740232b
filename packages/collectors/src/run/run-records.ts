import {
  type CollectorRun,
  DiscoveredAccount,
  deterministicId,
  encodeRow,
  formatEnvelope,
  freezeBlock,
  type QueuedSchemaName,
} from '@polo/core'
import type { Collector } from '../collector.ts'
import type { BlockSink } from '../publish/block-sink.ts'
import type { PublishedBlock } from '../publish/publisher.ts'

export interface ControlRows {
  readonly schema: QueuedSchemaName
  readonly rows: readonly object[]
  readonly runId: string
  readonly collector: string
}

/** @throws PublishError */
export async function publishRunRecord(sink: BlockSink, record: CollectorRun): Promise<void> {
  await publishControlRows(sink, {
    schema: 'collector_run/1',
    rows: [record],
    runId: record.run_id,
    collector: record.collector,
  })
}

/** @throws PublishError, and ZodError for what the table would refuse */
export async function publishAccounts(
  sink: BlockSink,
  accounts: readonly DiscoveredAccount[],
): Promise<void> {
  if (accounts.length === 0) return
  const runId = deterministicId('account_discovery', ...accounts.map((account) => account.aws_account_id))
  await publishControlRows(sink, {
    schema: 'aws_account/1',
    rows: accounts.map((account) => DiscoveredAccount.parse(account)),
    runId,
    collector: 'account_discovery',
  })
}

/**
 * The record that a job was handed out. It shares its id with every dispatch of the same job, so that
 * a second dispatch is the same row; attempts have ids of their own.
 */
export function dispatchedRecord(job: {
  readonly collector: Pick<Collector, 'name' | 'scope'>
  readonly accountId: string
  readonly slot: Date
  readonly now: Date
  /** By then it has reported, or failed. */
  readonly deadline: Date
}): CollectorRun {
  const slot = job.slot.toISOString()
  return {
    run_id: deterministicId('job', job.collector.name, job.accountId, slot),
    collector: job.collector.name,
    scope: job.collector.scope,
    aws_account_id: job.accountId,
    slot,
    status: 'dispatched',
    started_at: job.now.toISOString(),
    finished_at: null,
    deadline: job.deadline.toISOString(),
    region_outcomes: {},
    region_errors: {},
    region_events: {},
    events: 0,
    rejected: 0,
    block_ids: [],
    block_rows: [],
    api_calls: {},
    api_cost_usd: 0,
    errors: [],
    notes: [],
    asked_regions: [],
    observed_at: job.now.toISOString(),
  }
}

/**
 * Sends rows as one block of JSON, which a release with fewer or more columns can read.
 * @throws PublishError
 */
export async function publishControlRows(
  sink: BlockSink,
  { schema, rows, runId, collector }: ControlRows,
): Promise<PublishedBlock> {
  const block = await freezeBlock(rows.map(encodeRow))
  const head = { schema, run_id: runId, collector, created_at: new Date().toISOString() }
  await sink.send(formatEnvelope(head, block))
  return { blockId: block.blockId, rows: block.rows }
}
