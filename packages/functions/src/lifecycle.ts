import { SQSClient } from '@aws-sdk/client-sqs'
import { createSqsSink, publishLifecycle } from '@polo/collectors'
import { type PoloConfigInput, parseConfig } from '@polo/core'
import { type SqsBatchResponse, SqsEvent } from '@polo/ingester'
import { Resource } from 'sst/resource'
import { readLinks } from './links.ts'
import { createLogger } from './telemetry.ts'

/** Makes lifecycle events of what the hub's event bus has put into a queue; `input` is `polo.config.ts`'s. */
export function createLifecycleHandler(input?: PoloConfigInput) {
  const { EventsQueue: queueUrl } = readLinks(Resource, 'EventsQueue')
  const options = {
    sink: createSqsSink({ client: new SQSClient(), queueUrl }),
    config: parseConfig(input ?? {}),
  }
  const logger = createLogger()
  return async (event: unknown): Promise<SqsBatchResponse> => {
    const refused = await publishLifecycle(SqsEvent.parse(event).Records, options)
    for (const message of refused) logger.warn('an event was not published', { ...message })
    const ids = new Set(refused.map(({ messageId }) => messageId))
    return { batchItemFailures: [...ids].map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
