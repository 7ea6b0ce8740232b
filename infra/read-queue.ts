import { makeFunction } from './make-function.ts'
import { schemaEnvironment } from './migrate.ts'
import { queues } from './queues.ts'
import { configuredEntry } from './write-entries.ts'

/** As many as a window may gather; they become one block. */
const BATCH_SIZE = 500
const MAXIMUM_CONCURRENCY = 2

export interface QueueReaderSettings {
  readonly queue: sst.aws.Queue
  readonly timeoutSeconds: number
  /** For how long messages are gathered. */
  readonly windowSeconds: number
  readonly memoryMb?: number
}

/** The function of that name, which makes blocks for the events queue of what the queue says. */
export function readQueue(
  name: string,
  { queue, timeoutSeconds, windowSeconds, memoryMb }: QueueReaderSettings,
): sst.aws.Function {
  const reader = makeFunction(name, {
    handler: configuredEntry(name),
    timeoutSeconds,
    memoryMb,
    link: [queues.events],
    environment: schemaEnvironment,
    permissions: [
      {
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [queue.arn],
      },
    ],
  })
  queue.subscribe(reader.arn, {
    batch: { size: BATCH_SIZE, window: `${windowSeconds} seconds`, partialResponses: true },
    transform: { eventSourceMapping: { scalingConfig: { maximumConcurrency: MAXIMUM_CONCURRENCY } } },
  })
  return reader
}
