import { COLLECTORS, monthlyBudgets } from '@polo/collectors'
import { readSpend } from '@polo/ingester'
import { readLatestJobs } from '@polo/local'
import type { CommandContext } from '../session/context.ts'
import { ownerOfQueue } from '../session/deployed-sqs.ts'
import type { Session } from '../session/session.ts'
import { readBreaker } from './read-breaker.ts'
import { readDeadJobs } from './read-dead-jobs.ts'
import { readDeadRows } from './read-dead-rows.ts'
import { readDuplicates } from './read-duplicates.ts'
import { readAccounts, readHistory } from './read-history.ts'
import { readLastDay } from './read-last-day.ts'
import { readLifecycle } from './read-lifecycle.ts'
import { readLoadsState } from './read-loads.ts'
import { readDepth, readQueue } from './read-queue.ts'
import { type StatusReport, toStatusReport } from './status-report.ts'
import { toIsoTime } from './to-iso-time.ts'

/** Asks queues, ingester and database; no message is taken. The queues first: what has left them by then is stored. */
export async function readStatus(
  session: Session,
  { settings, config }: Pick<CommandContext, 'settings' | 'config'>,
): Promise<StatusReport> {
  const { clickhouse, isDeployed } = session
  const now = new Date()
  const { dataDir } = settings
  const [queue, backfill_queue, deadLetters, dead_jobs, breaker] = await Promise.all([
    readQueue(session, { queueUrl: session.queueUrl, dataDir, now }),
    readQueue(session, { queueUrl: session.backfillQueueUrl, dataDir, now }),
    readDepth(session, session.deadLetterQueueUrl),
    readDeadJobs(session),
    readBreaker(session, settings),
  ])
  const [latest, history, accounts, last_day, lifecycle, loads, dead_rows, duplicates, spend] =
    await Promise.all([
      readLatestJobs(clickhouse),
      readHistory(clickhouse),
      readAccounts(clickhouse),
      readLastDay(clickhouse, now),
      readLifecycle(clickhouse, now),
      readLoadsState(clickhouse),
      readDeadRows(clickhouse),
      readDuplicates(clickhouse),
      readSpend(clickhouse, now, monthlyBudgets(COLLECTORS, config)),
    ])
  return toStatusReport({
    now,
    isDeployed,
    organizationAccount: isDeployed ? (config.payerAccount ?? ownerOfQueue(session.queueUrl)) : undefined,
    latest: latest.map((job) => ({
      ...job,
      slot: toIsoTime(job.slot),
      started_at: toIsoTime(job.started_at),
    })),
    history,
    accounts,
    last_day,
    lifecycle,
    loads,
    queue,
    backfill_queue,
    breaker,
    dead_letters: deadLetters && deadLetters.waiting + deadLetters.in_flight,
    dead_jobs,
    dead_rows,
    duplicates,
    spend,
    paidApiBudgetUsd: config.paidApiBudgetUsd,
  })
}
