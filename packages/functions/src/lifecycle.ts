import { SQSClient } from '@aws-sdk/client-sqs'
import { createSqsSink, publishLifecycle } from '@polo/collectors'
import { type SqsBatchResponse, SqsEvent } from '@polo/ingester'
import { Resource } from 'sst/resource'
import { readLinks } from './links.ts'
import { createLogger } from './telemetry.ts'

const { EventsQueue: queueUrl } = readLinks(Resource, 'EventsQueue')
const sink = createSqsSink({ client: new SQSClient(), queueUrl })
const logger = createLogger()

/** Makes lifecycle events of what the hub's event bus has put into a queue; invoked by that queue's event source mapping. */
export async function handler(event: unknown): Promise<SqsBatchResponse> {
  const refused = await publishLifecycle(SqsEvent.parse(event).Records, { sink })
  for (const message of refused) logger.warn('an event was not published', { ...message })
  const ids = new Set(refused.map(({ messageId }) => messageId))
  return { batchItemFailures: [...ids].map((itemIdentifier) => ({ itemIdentifier })) }
}
