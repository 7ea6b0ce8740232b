import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { createClient } from '@clickhouse/client'
import { createIngester } from '@polo/ingester'
import { LOCAL_SQS_REGION, startEventSourceMapping } from '@polo/local'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { bodyOf, eventRow, eventRows } from './factories.ts'
import { EVENTS_VISIBILITY_SECONDS, type Pipeline, startPipeline } from './pipeline.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

async function send(body: string): Promise<void> {
  await polo.sqs.send(new SendMessageCommand({ QueueUrl: polo.queueUrl, MessageBody: body }))
}

it('drains a queue whose ClickHouse was away for a while, and stores and buries each row once', async () => {
  const away = createClient({ url: 'http://127.0.0.1:1', log: { level: 127 } })
  let isAway = true
  const mended = createIngester(polo)
  const broken = createIngester({ ...polo, clickhouse: away })
  const mapping = startEventSourceMapping({
    client: polo.sqs,
    queueUrl: polo.queueUrl,
    queueArn: polo.queueArn,
    region: LOCAL_SQS_REGION,
    handler: (event, context) => (isAway ? broken : mended)(event, context),
    functionTimeoutMs: EVENTS_VISIBILITY_SECONDS * 1000,
    visibilityTimeoutSeconds: EVENTS_VISIBILITY_SECONDS,
    reportBatchItemFailures: true,
    backOffMs: { first: 50, last: 500 },
  })
  try {
    const bodies = await Promise.all(
      Array.from({ length: 12 }, (_, key) => bodyOf(eventRows(`queue-${key}`, 50))),
    )
    for (const body of [...bodies, ...bodies.slice(0, 4)]) await send(body)
    await send(await bodyOf([eventRow('queue-good'), eventRow('queue-bad', { aws_account_id: '' })]))
    await send('hello')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await polo.countWaiting()).toBe(18)
    isAway = false
    await vi.waitFor(async () => expect(await polo.countWaiting()).toBe(0), {
      timeout: 60_000,
      interval: 250,
    })
  } finally {
    await mapping.stop()
    await away.close()
  }
  expect(await polo.countRaw('queue')).toBe(601)
  const letters = await polo.takeDeadLetters()
  const reasons = letters.map(({ MessageAttributes: about }) => about?.reason?.StringValue)
  expect(reasons.sort()).toEqual(['invalid_envelope', 'rejected_rows'])
})
