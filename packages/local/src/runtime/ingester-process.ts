import { connectClickHouse, createIngester } from '@polo/ingester'
import { serveAsChild } from '../child.ts'
import { startEventSourceMapping } from '../event-source-mapping/start-event-source-mapping.ts'
import { LOCAL_SQS_REGION, sqsClient } from '../sqs/sqs-client.ts'
import { trackProblems } from './ingester-problems.ts'
import { INGESTER_TIMEOUT_MS, VISIBILITY_TIMEOUT_SECONDS } from './local-queues.ts'

/** What the ingester's process is started with. */
export interface IngesterProcessOptions {
  readonly clickhouseUrl: string
  readonly database: string
  readonly sqsEndpoint: string
  readonly queueUrl: string
  readonly queueArn: string
  readonly deadLetterQueueUrl: string
  /** SQS sender ids whose control records are taken. */
  readonly controlSenders: readonly string[]
}

await serveAsChild(async (options: IngesterProcessOptions, reportProblem) => {
  const problems = trackProblems(reportProblem)
  const client = sqsClient(options.sqsEndpoint)
  const clickhouse = connectClickHouse({ url: options.clickhouseUrl, database: options.database })
  const mapping = startEventSourceMapping({
    client,
    queueUrl: options.queueUrl,
    queueArn: options.queueArn,
    region: LOCAL_SQS_REGION,
    handler: createIngester({
      clickhouse,
      sqs: client,
      deadLetterQueueUrl: options.deadLetterQueueUrl,
      controlSenders: options.controlSenders,
      onMessage: problems.onMessage,
    }),
    functionTimeoutMs: INGESTER_TIMEOUT_MS,
    visibilityTimeoutSeconds: VISIBILITY_TIMEOUT_SECONDS,
    reportBatchItemFailures: true,
    onInvocation: problems.onInvocation,
    onQueueError: problems.onQueueError,
  })
  return {
    port: 0,
    async stop() {
      await mapping.stop()
      await clickhouse.close()
      client.destroy()
    },
  }
})
