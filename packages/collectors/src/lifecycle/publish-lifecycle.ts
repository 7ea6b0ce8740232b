import { randomUUID } from 'node:crypto'
import type { PoloConfig } from '@polo/core'
import { describeError } from '../classify-failure.ts'
import type { BlockSink } from '../publish/block-sink.ts'
import { createPublisher } from '../publish/publisher.ts'
import { lifecycle } from './lifecycle.ts'
import { type LifecycleContext, readLifecycleEvents } from './read-lifecycle-events.ts'

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

export interface PublishLifecycleOptions {
  readonly sink: BlockSink
  readonly config: PoloConfig
  readonly now?: Date
}

/**
 * Publishes the lifecycle events of messages, all in one block where they fit. Resolves to the messages that were
 * refused: those must come back, and end as dead letters.
 * @throws PublishError when the queue did not take a block: then none of the messages may be taken for done
 */
export async function publishLifecycle(
  messages: readonly LifecycleMessage[],
  { sink, config, now = new Date() }: PublishLifecycleOptions,
): Promise<RefusedLifecycleMessage[]> {
  const refused: RefusedLifecycleMessage[] = []
  const messageOf = new Map<unknown, string>()
  const publisher = createPublisher({
    sink,
    schema: 'resource_event/1',
    runId: randomUUID(),
    collector: lifecycle.name,
    onTooLarge: ({ message }, { event_id }) =>
      refused.push({ messageId: messageOf.get(event_id) ?? '', error: message }),
  })
  for (const { messageId, body } of messages) {
    const { events = [], error } = read(body, { config, observedAt: now })
    if (error !== undefined) refused.push({ messageId, error: describeError(error) })
    for (const event of events) {
      messageOf.set(event.event_id, messageId)
      await publisher.publish(event)
    }
  }
  const { error } = await publisher.finish()
  if (error) throw error
  return refused
}

/** Whatever is wrong with one message, a bug of ours included, must not hold up those that came with it. */
function read(body: string, context: LifecycleContext) {
  try {
    return { events: readLifecycleEvents(body, context) }
  } catch (error) {
    return { error }
  }
}
