import { SQSClient } from '@aws-sdk/client-sqs'
import { connectClickHouse, createIngester, type InvocationContext, SqsEvent } from '@polo/ingester'
import * as z from 'zod'

const Environment = z.object({
  CLICKHOUSE_URL: z.url(),
  CLICKHOUSE_USER: z.string().min(1),
  CLICKHOUSE_PASSWORD: z.string(),
  CLICKHOUSE_DATABASE: z.string().min(1),
  DEAD_LETTER_QUEUE_URL: z.url(),
  /** SQS sender ids, separated by commas. */
  CONTROL_SENDERS: z
    .string()
    .transform((list) => list.split(',').map((id) => id.trim()))
    .pipe(z.array(z.string().min(1))),
})

const environment = Environment.parse(process.env)

const ingest = createIngester({
  clickhouse: connectClickHouse({
    url: environment.CLICKHOUSE_URL,
    database: environment.CLICKHOUSE_DATABASE,
    username: environment.CLICKHOUSE_USER,
    password: environment.CLICKHOUSE_PASSWORD,
  }),
  sqs: new SQSClient(),
  deadLetterQueueUrl: environment.DEAD_LETTER_QUEUE_URL,
  controlSenders: environment.CONTROL_SENDERS,
  onMessage(report) {
    if (report.outcome !== 'stored') process.stdout.write(`${JSON.stringify({ level: 'WARN', ...report })}\n`)
  },
})

/** Drains the queue into ClickHouse; invoked by the queue's event source mapping. */
export async function handler(event: unknown, context: InvocationContext) {
  return await ingest(SqsEvent.parse(event), context)
}
