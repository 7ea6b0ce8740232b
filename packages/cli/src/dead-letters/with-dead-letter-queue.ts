import type { SQSClient } from '@aws-sdk/client-sqs'
import { deployedSqs } from '../deployed-sqs.ts'
import { UsageError } from '../errors.ts'
import { createOutput, type Output } from '../output.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { withExistingSession } from '../with-session.ts'

/** The dead-letter queue that a command looks into. */
export interface DeadLetterQueue {
  readonly sqs: SQSClient
  readonly queueUrl: string
  readonly output: Output
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
  const { queueUrl, deadLetterQueueUrl } = readSettings(options, process.env)
  if (deadLetterQueueUrl) return useDeployed(deadLetterQueueUrl, options, use)
  if (queueUrl) {
    throw new UsageError(
      'POLO_QUEUE_URL names a deployed queue, but not where its dead letters are: set POLO_DEAD_LETTER_QUEUE_URL too',
    )
  }
  await withExistingSession(options, ({ sqs, deadLetterQueueUrl: url }, { output }) =>
    use({ sqs, queueUrl: url, output }),
  )
}

async function useDeployed(
  queueUrl: string,
  options: GlobalOptions,
  use: (queue: DeadLetterQueue) => Promise<void>,
): Promise<void> {
  const sqs = deployedSqs(queueUrl)
  try {
    await use({ sqs, queueUrl, output: createOutput({ isJson: options.json ?? false }) })
  } finally {
    sqs.destroy()
  }
}
