import { readLatestJobs } from '@polo/local'
import type { CommandContext } from '../context.ts'
import { ownerOfQueue } from '../deployed-sqs.ts'
import type { Session } from '../session.ts'
import { readBreaker } from './read-breaker.ts'
import { readDeadJobs } from './read-dead-jobs.ts'
import { readDeadRows } from './read-dead-rows.ts'
import { readDuplicates } from './read-duplicates.ts'
import { readAccounts, readHistory } from './read-history.ts'
import { readLastDay } from './read-last-day.ts'
import { readDepth, readQueue } from './read-queue.ts'
import { toIsoTime } from './select-rows.ts'
import { type StatusReport, toStatusReport } from './status-report.ts'

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
  const [latest, history, accounts, last_day, dead_rows, duplicates] = await Promise.all([
    readLatestJobs(clickhouse),
    readHistory(clickhouse),
    readAccounts(clickhouse),
    readLastDay(clickhouse, now),
    readDeadRows(clickhouse),
    readDuplicates(clickhouse),
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
    queue,
    backfill_queue,
    breaker,
    dead_letters: deadLetters && deadLetters.waiting + deadLetters.in_flight,
    dead_jobs,
    dead_rows,
    duplicates,
  })
}
