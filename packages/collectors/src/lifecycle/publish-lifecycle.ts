import { randomUUID } from 'node:crypto'
import type { BlockSink } from '../block-sink.ts'
import { describeError } from '../classify-failure.ts'
import { createPublisher } from '../publisher.ts'
import { UnreadableEventError } from './errors.ts'
import { LIFECYCLE_COLLECTOR, readLifecycleEvents } from './read-lifecycle-events.ts'

/** A message whose body is an event of EventBridge's. */
export interface LifecycleMessage {
  readonly messageId: string
  readonly body: string
}

/** A message of which nothing, or not everything, could be published, and why. */
export interface RefusedLifecycleMessage {
  readonly messageId: string
  readonly error: string
}

/**
 * Publishes the lifecycle events of messages, all in one block where they fit. Resolves to the messages that were
 * refused: those must come back, and end as dead letters.
 * @throws PublishError when the queue did not take a block: then none of the messages may be taken for done
 */
export async function publishLifecycle(
  messages: readonly LifecycleMessage[],
  { sink, now = new Date() }: { readonly sink: BlockSink; readonly now?: Date },
): Promise<RefusedLifecycleMessage[]> {
  const refused: RefusedLifecycleMessage[] = []
  const messageOf = new Map<unknown, string>()
  const publisher = createPublisher({
    sink,
    schema: 'resource_event/1',
    runId: randomUUID(),
    collector: LIFECYCLE_COLLECTOR,
    onTooLarge: ({ message }, { event_id }) =>
      refused.push({ messageId: messageOf.get(event_id) ?? '', error: message }),
  })
  for (const { messageId, body } of messages) {
    try {
      for (const event of readLifecycleEvents(body, now)) {
        messageOf.set(event.event_id, messageId)
        await publisher.publish(event)
      }
    } catch (error) {
      if (!(error instanceof UnreadableEventError)) throw error
      refused.push({ messageId, error: describeError(error) })
    }
  }
  const { error } = await publisher.finish()
  if (error) throw error
  return refused
}
