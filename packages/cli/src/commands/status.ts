import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { type JobStatus, readLatestJobs } from '@polo/local'
import type { Command } from 'commander'
import { EXIT } from '../exit-code.ts'
import { type Output, renderTable } from '../output.ts'
import type { Session } from '../session.ts'
import type { GlobalOptions } from '../settings.ts'
import {
  concludeStatus,
  describeQueues,
  type QueueDepth,
  type StatusReport,
  toStatusReport,
} from '../status-report.ts'
import { withExistingSession } from '../with-session.ts'

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('is every run complete, and every row it published accounted for?')
    .addHelpText(
      'after',
      `\nExit code ${EXIT.done} when everything is green, ${EXIT.incomplete} when something is not, or is still on its way.`,
    )
    .action((options: GlobalOptions) =>
      withExistingSession(options, async (session, { output }) => {
        const report = await readStatus(session)
        if (output.isJson) output.json(report)
        else printStatus(report, output)
        process.exitCode = report.green ? EXIT.done : EXIT.incomplete
      }),
    )
}

/** The queues first: what has left them by then is in the database. */
async function readStatus(session: Session): Promise<StatusReport> {
  const [queue, deadLetters] = await Promise.all([
    readDepth(session, session.queueUrl),
    readDepth(session, session.deadLetterQueueUrl),
  ])
  return toStatusReport(await readLatestJobs(session.clickhouse), queue, deadLetters)
}

async function readDepth({ sqs }: Session, queueUrl: string): Promise<QueueDepth | null> {
  if (!queueUrl) return null
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  )
  return {
    waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
    in_flight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
  }
}

function printStatus(report: StatusReport, output: Output): void {
  const { jobs } = report
  output.data(
    renderTable(
      ['account', 'collector', 'slot', 'outcome', 'accounted for', 'published', 'stored', 'dead', 'regions'],
      jobs.map((job) => [
        job.aws_account_id,
        job.collector,
        job.slot.slice(0, 16),
        job.outcome,
        job.reconciliation,
        job.published_rows,
        job.stored_rows,
        job.dead_rows,
        describeRegions(job),
      ]),
    ),
  )
  output.data(`\n${describeQueues(report)}`)
  for (const job of jobs.filter((candidate) => !candidate.green)) {
    for (const error of job.errors) output.data(`! ${job.collector} ${job.aws_account_id} ${error}`)
    for (const block of job.missing_blocks)
      output.data(`! ${job.collector} ${job.aws_account_id} block ${block} is not stored yet`)
  }
  output.data(concludeStatus(report))
}

function describeRegions({ region_outcomes }: JobStatus): string {
  const outcomes = Object.entries(region_outcomes)
  const incomplete = outcomes.filter(([, outcome]) => outcome !== 'complete')
  const complete = outcomes.length - incomplete.length
  return [`${complete} complete`, ...incomplete.map(([region, outcome]) => `${region} ${outcome}`)].join(', ')
}
