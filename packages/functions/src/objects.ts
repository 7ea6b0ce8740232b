import { SQSClient } from '@aws-sdk/client-sqs'
import { createSqsSink, publishObjectLoads } from '@polo/collectors'
import { type PoloConfigInput, parseConfig } from '@polo/core'
import { type SqsBatchResponse, SqsEvent } from '@polo/ingester'
import { Resource } from 'sst/resource'
import { readLinks } from './links.ts'
import { createLogger } from './telemetry.ts'

/**
 * The function that asks for loads of what was written into buckets that `polo.config.ts` names; invoked by the event
 * source mapping of the queue that S3 and the hub's bus send to. `input` is `polo.config.ts`'s.
 */
export function createObjectsHandler(input?: PoloConfigInput): (event: unknown) => Promise<SqsBatchResponse> {
  const { EventsQueue: queueUrl } = readLinks(Resource, 'EventsQueue')
  const sink = createSqsSink({ client: new SQSClient(), queueUrl })
  const config = parseConfig(input ?? {})
  const logger = createLogger()
  return async (event) => {
    const refused = await publishObjectLoads(SqsEvent.parse(event).Records, { sink, config })
    for (const message of refused) logger.warn('a message about an object was not read', { ...message })
    return { batchItemFailures: refused.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
}
