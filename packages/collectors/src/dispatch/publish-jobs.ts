import {
  type CollectorRun,
  deterministicId,
  encodeRow,
  formatEnvelope,
  freezeBlock,
  jobTimeoutMs,
  maxEventAgeSeconds,
} from '@polo/core'
import type { BlockSink } from '../publish/block-sink.ts'
import type { DispatchRequest } from '../run/job-message.ts'
import { dispatchedRecord } from '../run/run-records.ts'
import type { DispatchPlan } from './plan-dispatch.ts'

/** A record has some 500 bytes: a block of these is far below what a message carries. */
const ROWS_PER_BLOCK = 1_000
const MAX_ERROR_LENGTH = 600

/**
 * Records every job of a plan, before any runs, as dispatched, and what no job can be made for as failed.
 * Hundreds of records are one message.
 * @throws PublishError
 */
export async function publishJobs(
  sink: BlockSink,
  { jobs, refused }: DispatchPlan,
  { request, slot, now }: { readonly request: DispatchRequest; readonly slot: Date; readonly now: Date },
): Promise<void> {
  const collector = { name: request.collector, scope: request.scope }
  const latestStart = now.getTime() + maxEventAgeSeconds(request.schedule) * 1000
  const deadline = new Date(latestStart + jobTimeoutMs(request.schedule))
  const records = [
    ...jobs.map(({ account }) => dispatchedRecord({ collector, accountId: account.id, slot, now, deadline })),
    ...refused.map(({ accountId, error }): CollectorRun => {
      const record = dispatchedRecord({ collector, accountId, slot, now, deadline: now })
      return {
        ...record,
        run_id: deterministicId('refused job', collector.name, accountId, record.slot),
        status: 'failed',
        finished_at: record.started_at,
        errors: [error.slice(0, MAX_ERROR_LENGTH)],
      }
    }),
  ]
  const runId = deterministicId('dispatch', collector.name, slot.toISOString())
  for (let first = 0; first < records.length; first += ROWS_PER_BLOCK) {
    const block = await freezeBlock(records.slice(first, first + ROWS_PER_BLOCK).map(encodeRow))
    const head = { schema: 'collector_run/1', run_id: runId, collector: collector.name }
    await sink.send(formatEnvelope({ ...head, created_at: now.toISOString() }, block))
  }
}
