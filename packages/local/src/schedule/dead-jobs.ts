import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { DeadJob, type JobMessage } from '@polo/collectors'
import { LOCAL_SQS_ACCOUNT, LOCAL_SQS_REGION } from '../sqs/sqs-client.ts'
import type { GivenUp } from './job-runner.ts'

const FUNCTION_PREFIX = `arn:aws:lambda:${LOCAL_SQS_REGION}:${LOCAL_SQS_ACCOUNT}:function:polo-local-collect-`

/** Sends a job that was given up to the dead-letter queue of jobs. */
export async function sendDeadJob(
  { sqs, queueUrl }: { readonly sqs: SQSClient; readonly queueUrl: string },
  job: JobMessage,
  why: GivenUp,
): Promise<void> {
  const MessageBody = JSON.stringify(toDeadJob(job, why))
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }))
}

/** As Lambda's on-failure destination writes it. */
function toDeadJob(job: JobMessage, { condition, attempts, error }: GivenUp): DeadJob {
  return DeadJob.parse({
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: crypto.randomUUID(),
      functionArn: `${FUNCTION_PREFIX}${job.collector.replaceAll('_', '-')}:$LATEST`,
      condition,
      approximateInvokeCount: attempts,
    },
    requestPayload: job,
    ...(attempts > 0 && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: {
        errorType: error instanceof Error ? error.name : 'Error',
        errorMessage: error instanceof Error ? error.message : String(error),
      },
    }),
  })
}
