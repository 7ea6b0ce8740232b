import { Metrics } from '@aws-lambda-powertools/metrics'
import { findQueuedSchema } from '@polo/core'
import {
  checkStore,
  createBreaker,
  createIngester,
  type InvocationContext,
  lambdaEventSources,
  SqsEvent,
} from '@polo/ingester'
import { Resource } from 'sst/resource'
import * as z from 'zod'
import { CLICKHOUSE_LINKS, ClickHouseEnvironment, connectByLinks } from './connect-clickhouse.ts'
import { connectSqs } from './connect-sqs.ts'
import { createIngestMetrics } from './ingest-metrics.ts'
import { readLinks } from './links.ts'
import { JsonText, readEnvironment } from './read-environment.ts'
import { createLogger, tellBreaker } from './telemetry.ts'

const ControlSchemaName = z
  .string()
  .refine((name) => findQueuedSchema(name)?.control === true, 'not the name of a control schema')
const Environment = ClickHouseEnvironment.extend({
  /** By control schema, who may send it: SQS sender ids, a role's (AROA…) standing for all its sessions. */
  CONTROL_SENDERS: JsonText.pipe(z.record(ControlSchemaName, z.array(z.string().min(1)))),
  /** Set by Lambda. */
  AWS_LAMBDA_FUNCTION_NAME: z.string().min(1),
})

const environment = readEnvironment(Environment, process.env)
const links = readLinks(Resource, ...CLICKHOUSE_LINKS, 'EventsDlq')
const clickhouse = connectByLinks(links, environment.CLICKHOUSE_DATABASE)
const logger = createLogger()
const metrics = createIngestMetrics(new Metrics())

const breaker = createBreaker({
  sources: lambdaEventSources({ functionName: environment.AWS_LAMBDA_FUNCTION_NAME }),
  check: checkStore(clickhouse),
  ...tellBreaker(logger),
})

const ingest = breaker.guard(
  createIngester({
    clickhouse,
    sqs: connectSqs,
    deadLetterQueueUrl: links.EventsDlq,
    controlSenders: environment.CONTROL_SENDERS,
    onMessage(report) {
      metrics.count(report)
      if (report.outcome !== 'stored') logger.warn('a message was not stored whole', { ...report })
    },
  }),
)

/** Drains the queues into ClickHouse; invoked by their event source mappings. */
export async function handler(event: unknown, context: InvocationContext) {
  try {
    return await ingest(SqsEvent.parse(event), context)
  } finally {
    metrics.publish()
  }
}
