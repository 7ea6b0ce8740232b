import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { type JobStatus, readLatestJobs } from '@polo/local'
import type { Command } from 'commander'
import { EXIT } from '../exit-code.ts'
import { type Output, renderTable } from '../output.ts'
import type { Session } from '../session.ts'
import type { GlobalOptions } from '../settings.ts'
import { withExistingSession } from '../with-session.ts'

interface QueueDepth {
  readonly waiting: number
  readonly in_flight: number
}

interface StatusReport {
  /** Every collector's newest job is complete and reconciled. */
  readonly green: boolean
  readonly jobs: readonly (JobStatus & { readonly green: boolean })[]
  readonly queue: QueueDepth
  readonly dead_letters: number
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('is every run complete, and every row it published accounted for?')
    .addHelpText(
      'after',
      `\nExit code ${EXIT.done} when everything is green, ${EXIT.incomplete} when something is not.`,
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

async function readStatus(session: Session): Promise<StatusReport> {
  const [latest, queue, deadLetters] = await Promise.all([
    readLatestJobs(session.clickhouse),
    readDepth(session, session.queueUrl),
    readDepth(session, session.deadLetterQueueUrl),
  ])
  const jobs = latest
    .map((job) => ({ ...job, green: job.outcome === 'complete' && job.reconciliation === 'reconciled' }))
    .sort(
      (a, b) => a.aws_account_id.localeCompare(b.aws_account_id) || a.collector.localeCompare(b.collector),
    )
  return {
    green: jobs.length > 0 && jobs.every((job) => job.green),
    jobs,
    queue,
    dead_letters: deadLetters.waiting + deadLetters.in_flight,
  }
}

async function readDepth({ sqs }: Session, queueUrl: string): Promise<QueueDepth> {
  if (!queueUrl) return { waiting: 0, in_flight: 0 }
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

function printStatus({ jobs, queue, dead_letters, green }: StatusReport, output: Output): void {
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
  output.data(
    `\nQueue: ${queue.waiting} waiting, ${queue.in_flight} in flight. Dead letters: ${dead_letters}.`,
  )
  for (const job of jobs.filter((candidate) => !candidate.green)) {
    for (const error of job.errors) output.data(`! ${job.collector} ${job.aws_account_id} ${error}`)
    for (const block of job.missing_blocks)
      output.data(`! ${job.collector} ${job.aws_account_id} block ${block} is not stored yet`)
  }
  if (dead_letters > 0) output.data('See what was refused and why: polo dlq ls')
  output.data(
    green ? 'Everything is complete and accounted for.' : 'Not everything is complete: see the lines with !',
  )
}

function describeRegions({ region_outcomes }: JobStatus): string {
  const outcomes = Object.entries(region_outcomes)
  const incomplete = outcomes.filter(([, outcome]) => outcome !== 'complete')
  const complete = outcomes.length - incomplete.length
  return [`${complete} complete`, ...incomplete.map(([region, outcome]) => `${region} ${outcome}`)].join(', ')
}
