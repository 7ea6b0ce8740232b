import { connectClickHouse, createIngester, SqsEvent } from '@polo/ingester'
import { LOCAL_SQS_REGION, serveAsChild, sqsClient, startEventSourceMapping } from '@polo/local'

/** What the process is started with. */
export interface KillableIngesterOptions {
  readonly clickhouseUrl: string
  readonly database: string
  readonly sqsEndpoint: string
  readonly queueUrl: string
  readonly queueArn: string
  readonly deadLetterQueueUrl: string
  readonly visibilityTimeoutSeconds: number
  /** The process ends, as by the kernel's out-of-memory killer, when it begins to insert this block. */
  readonly deadlyBlockId: string
}

await serveAsChild(async (options: KillableIngesterOptions) => {
  const client = sqsClient(options.sqsEndpoint)
  const clickhouse = connectClickHouse({ url: options.clickhouseUrl, database: options.database })
  const exec = clickhouse.exec.bind(clickhouse)
  clickhouse.exec = (request) => {
    const isDeadly = request.clickhouse_settings?.insert_deduplication_token === options.deadlyBlockId
    if (isDeadly) process.kill(process.pid, 'SIGKILL')
    return exec(request)
  }
  const ingest = createIngester({
    clickhouse,
    sqs: client,
    deadLetterQueueUrl: options.deadLetterQueueUrl,
    controlSenders: [],
  })
  const mapping = startEventSourceMapping({
    client,
    queueUrl: options.queueUrl,
    queueArn: options.queueArn,
    region: LOCAL_SQS_REGION,
    handler: (event, context) => ingest(SqsEvent.parse(event), context),
    functionTimeoutMs: 2_000,
    visibilityTimeoutSeconds: options.visibilityTimeoutSeconds,
    reportBatchItemFailures: true,
  })
  return { port: 0, stop: () => mapping.stop() }
})
