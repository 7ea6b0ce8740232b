import type { SQSClient } from '@aws-sdk/client-sqs'
import { UsageError } from '../errors.ts'
import { createOutput, type Output } from '../output/output.ts'
import { createContext } from '../session/context.ts'
import { deployedSqs } from '../session/deployed-sqs.ts'
import { onInterruption } from '../session/interruption.ts'
import { openExistingSession, openUnlessInterrupted, type Session } from '../session/session.ts'
import { type GlobalOptions, readSettings } from '../session/settings.ts'

/** The events queue, and the one for what must not delay live data. */
export interface SourceQueues {
  readonly live: string | undefined
  readonly backfill: string | undefined
}

/** The dead-letter queue that a command works on. */
export interface DeadLetterQueue {
  readonly sqs: SQSClient
  readonly queueUrl: string
  /** The queues that the ingester drains, as far as they are known. */
  readonly sources: SourceQueues
  /** The pipeline runs for this command alone, and stores nothing any more when it ends. */
  readonly isOwnPipeline: boolean
  readonly output: Output
  /** Fires when the command is to end early. */
  readonly signal: AbortSignal
}

/**
 * Runs a command on the dead-letter queue: the deployed one that the environment names, which needs no database,
 * or that of the data directory.
 * @throws UsageError when the environment names a deployed queue without its dead-letter queue
 */
export async function withDeadLetterQueue(
  options: GlobalOptions,
  use: (queue: DeadLetterQueue) => Promise<void>,
): Promise<void> {
  const { queueUrl, backfillQueueUrl, deadLetterQueueUrl } = readSettings(options, process.env)
  if (deadLetterQueueUrl) {
    const sources = { live: queueUrl, backfill: backfillQueueUrl }
    return useDeployed({ queueUrl: deadLetterQueueUrl, sources, options, use })
  }
  if (queueUrl) {
    throw new UsageError(
      'POLO_QUEUE_URL names a deployed queue, but not where its dead letters are: set POLO_DEAD_LETTER_QUEUE_URL too',
    )
  }
  await useLocal(options, { queueOf: ({ deadLetterQueueUrl }) => deadLetterQueueUrl, use })
}

/**
 * As `withDeadLetterQueue`, for jobs.
 * @throws UsageError when the environment names a deployed queue without the dead-letter queue of its jobs
 */
export async function withJobsDeadLetterQueue(
  options: GlobalOptions,
  use: (queue: DeadLetterQueue) => Promise<void>,
): Promise<void> {
  const settings = readSettings(options, process.env)
  const sources = { live: undefined, backfill: undefined }
  const { jobsDeadLetterQueueUrl: queueUrl } = settings
  if (queueUrl) return useDeployed({ queueUrl, sources, options, use })
  if (settings.queueUrl) {
    throw new UsageError(
      'POLO_QUEUE_URL names a deployed queue, but not where jobs go that are given up: set POLO_JOBS_DEAD_LETTER_QUEUE_URL too',
    )
  }
  await useLocal(options, { queueOf: ({ jobsDeadLetterQueueUrl }) => jobsDeadLetterQueueUrl, use })
}

interface Local {
  readonly queueOf: (session: Session) => string
  readonly use: (queue: DeadLetterQueue) => Promise<void>
}

async function useLocal(options: GlobalOptions, { queueOf, use }: Local): Promise<void> {
  const context = await createContext(options)
  const { output } = context
  const signal = onInterruption()
  const session = await openUnlessInterrupted(signal, () =>
    openExistingSession({ ...context, onProgress: output.progress }),
  )
  output.clearProgress()
  const { sqs, queueUrl: live, backfillQueueUrl, runtime } = session
  const queueUrl = queueOf(session)
  const sources = { live, backfill: backfillQueueUrl || undefined }
  try {
    await use({ sqs, queueUrl, sources, isOwnPipeline: runtime !== undefined, output, signal })
  } finally {
    await session.close()
  }
}

interface Deployed {
  readonly queueUrl: string
  readonly sources: SourceQueues
  readonly options: GlobalOptions
  readonly use: (queue: DeadLetterQueue) => Promise<void>
}

async function useDeployed({ queueUrl, sources, options, use }: Deployed): Promise<void> {
  const sqs = deployedSqs(queueUrl)
  const output = createOutput({ isJson: options.json ?? false })
  try {
    await use({ sqs, queueUrl, sources, isOwnPipeline: false, output, signal: onInterruption() })
  } finally {
    sqs.destroy()
  }
}
