import {
  checkStore,
  createBreaker,
  createIngester,
  type InvocationContext,
  lambdaEventSources,
  SqsEvent,
} from '@polo/ingester'
import * as z from 'zod'
import { ClickHouseEnvironment, connectByEnvironment } from './clickhouse-environment.ts'
import { connectSqs } from './connect-sqs.ts'
import { breakerLog, writeLog } from './write-log.ts'

const Environment = ClickHouseEnvironment.extend({
  DEAD_LETTER_QUEUE_URL: z.url(),
  /** SQS sender ids, separated by commas. */
  CONTROL_SENDERS: z
    .string()
    .transform((list) => list.split(',').map((id) => id.trim()))
    .pipe(z.array(z.string().min(1))),
  /** Set by Lambda. */
  AWS_LAMBDA_FUNCTION_NAME: z.string().min(1),
})

const environment = Environment.parse(process.env)
const clickhouse = connectByEnvironment(environment)

const breaker = createBreaker({
  sources: lambdaEventSources({ functionName: environment.AWS_LAMBDA_FUNCTION_NAME }),
  check: checkStore(clickhouse),
  ...breakerLog,
})

const ingest = breaker.guard(
  createIngester({
    clickhouse,
    sqs: connectSqs,
    deadLetterQueueUrl: environment.DEAD_LETTER_QUEUE_URL,
    controlSenders: environment.CONTROL_SENDERS,
    onMessage(report) {
      if (report.outcome !== 'stored') writeLog('WARN', report)
    },
  }),
)

/** Drains the queues into ClickHouse; invoked by their event source mappings. */
export async function handler(event: unknown, context: InvocationContext) {
  return await ingest(SqsEvent.parse(event), context)
}
