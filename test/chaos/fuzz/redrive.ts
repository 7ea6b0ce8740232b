import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { LOCAL_SQS_REGION, startEventSourceMapping } from '@polo/local'
import { bodyOf, eventRow } from '../../ingester/factories.ts'
import type { Pipeline } from '../../ingester/pipeline.ts'
import type { Target } from './deliver.ts'

const MAX_RECEIVES = 3
const VISIBILITY_SECONDS = 1
const PATIENCE_MS = 30_000

/** One of each that a later release may know. */
const LATER = [
  ['"v":1', '"v":2'],
  ['"resource_event/1"', '"resource_event/2"'],
  ['"JSONEachRow"', '"CSV"'],
  ['"zstd"', '"gzip"'],
] as const

/** Sends what comes back through a real queue of few receives: each must end in the dead-letter queue as it was. */
export async function checkRedrive({ sqs, deadLetterQueueUrl }: Pipeline, target: Target): Promise<string[]> {
  const arnOf = async (QueueUrl: string) => {
    const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
    return answer.Attributes?.QueueArn ?? ''
  }
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: await arnOf(deadLetterQueueUrl),
    maxReceiveCount: MAX_RECEIVES,
  })
  const Attributes = { VisibilityTimeout: String(VISIBILITY_SECONDS), RedrivePolicy }
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'fuzz-redrive', Attributes }))
  const good = await bodyOf([eventRow('redrive')])
  const later = LATER.map(([now, then]) => good.replace(now, then))
  for (const MessageBody of [good, ...later])
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
  const mapping = startEventSourceMapping({
    client: sqs,
    queueUrl: QueueUrl,
    queueArn: await arnOf(QueueUrl),
    region: LOCAL_SQS_REGION,
    visibilityTimeoutSeconds: VISIBILITY_SECONDS,
    functionTimeoutMs: VISIBILITY_SECONDS * 1_000,
    reportBatchItemFailures: true,
    handler: async ({ Records }) => {
      const answer = await target.invoke(Records)
      if ('thrown' in answer) throw new Error(answer.thrown)
      return { batchItemFailures: answer.failedIds.map((itemIdentifier) => ({ itemIdentifier })) }
    },
  })
  try {
    const buried = await receiveAll(deadLetterQueueUrl, later.length)
    return later.flatMap((body, index) =>
      buried.includes(body) ? [] : [`not in the dead-letter queue in the end: ${LATER[index]?.[1]}`],
    )
  } finally {
    await mapping.stop()
  }

  async function receiveAll(url: string, count: number): Promise<string[]> {
    const bodies: string[] = []
    for (const until = Date.now() + PATIENCE_MS; bodies.length < count && Date.now() < until; ) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
      )
      bodies.push(...Messages.map(({ Body = '' }) => Body))
      await sleep(100)
    }
    return bodies
  }
}
