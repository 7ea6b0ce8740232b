import { setTimeout as sleep } from 'node:timers/promises'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { DeadLetterQueue } from './with-dead-letter-queue.ts'

const POLL_MS = 250
const MAX_WAIT_MS = 60_000

/** Waits until the ingester has taken everything off a queue, at most a minute; what is left is taken another time. */
export async function waitUntilSettled(
  { sqs, output, signal }: DeadLetterQueue,
  queueUrl: string,
): Promise<void> {
  const deadline = Date.now() + MAX_WAIT_MS
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
  while (Date.now() < deadline && !signal.aborted) {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...AttributeNames] }),
    )
    const messages = AttributeNames.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0)
    if (messages === 0) return
    output.progress(`waiting until ${messages} messages are stored`)
    await sleep(POLL_MS)
  }
}
