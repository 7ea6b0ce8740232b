import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { countLeft, send, startTestSqs } from './sqs/local-queue.ts'
import { bodiesOf, pastVisibility, QUEUES, startTestMapping, until } from './sqs/test-mapping.ts'

test('hands over the event that Lambda would', async () => {
  const sqs = await startTestSqs({ queues: QUEUES })
  await sqs.client.send(
    new SendMessageCommand({
      QueueUrl: sqs.queueUrls.events,
      MessageBody: 'hello',
      MessageAttributes: {
        reason: { DataType: 'String', StringValue: 'poison' },
        code: { DataType: 'Number', StringValue: '27' },
        hash: { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 255) },
      },
    }),
  )
  const { events, drained } = startTestMapping(sqs, async () => null)
  await drained()
  const lists = { stringListValues: [], binaryListValues: [] }
  expect(events[0]?.Records).toEqual([
    {
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: 'hello',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: '000000000000',
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        reason: { dataType: 'String', stringValue: 'poison', ...lists },
        code: { dataType: 'Number', stringValue: '27', ...lists },
        hash: { dataType: 'Binary', binaryValue: 'Af8=', ...lists },
      },
      md5OfMessageAttributes: expect.any(String),
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:events',
      awsRegion: 'us-east-1',
    },
  ])
})

test('delivers the whole batch again when the handler throws', async () => {
  const sqs = await startTestSqs({ queues: QUEUES })
  await send(sqs, ['a', 'b'])
  const seen = startTestMapping(sqs, async ({ Records }) => {
    if (Records[0]?.attributes.ApproximateReceiveCount === '1') throw new Error('no database')
  })
  await seen.drained()
  const [whole, ...again] = bodiesOf(seen)
  expect(whole).toEqual(['a', 'b'])
  // They become visible one after the other, so that they may come back in two batches.
  expect(again.flat().sort()).toEqual(['a', 'b'])
  const [failed, ...others] = seen.reports.map(({ outcome }) => outcome)
  expect(failed).toBe('failed')
  expect(new Set(others)).toEqual(new Set(['succeeded']))
  expect(seen.reports[0]).toMatchObject({ records: 2, error: { message: 'no database' } })
  // The queue hides them from the moment that it hands them out, which the handler hears of later.
  const [, second] = seen.events
  const handedOutAt = Number(second?.Records[0]?.attributes.ApproximateFirstReceiveTimestamp)
  expect((second?.at ?? 0) - handedOutAt).toBeGreaterThanOrEqual(1_000)
})

test('ends an invocation at its time limit, fires its signal, and delivers the batch again', async () => {
  const sqs = await startTestSqs({ queues: QUEUES })
  await send(sqs, ['slow'])
  const remaining: number[] = []
  const reasons: string[] = []
  const { reports, mapping, drained } = startTestMapping(
    sqs,
    async ({ Records }, context) => {
      remaining.push(context.getRemainingTimeInMillis())
      if (Records[0]?.attributes.ApproximateReceiveCount !== '1') return
      context.signal.addEventListener('abort', () => reasons.push(context.signal.reason.message))
      await new Promise(() => {})
    },
    { functionTimeoutMs: 200 },
  )
  await drained()
  expect(reports.map(({ outcome }) => outcome)).toEqual(['timed out', 'succeeded'])
  expect(reasons).toEqual(['Task timed out after 0.20 seconds'])
  expect(remaining[0]).toBeGreaterThan(0)
  expect(remaining[0]).toBeLessThanOrEqual(200)
  expect(mapping.inFlight).toBe(0)
})

test('deletes what succeeded and delivers what failed again', async () => {
  const sqs = await startTestSqs({ queues: QUEUES })
  await send(sqs, ['good', 'bad', 'fine'])
  const seen = startTestMapping(sqs, async ({ Records }) => ({
    batchItemFailures: Records.filter(
      ({ body, attributes }) => body === 'bad' && attributes.ApproximateReceiveCount === '1',
    ).map(({ messageId }) => ({ itemIdentifier: messageId })),
  }))
  await seen.drained()
  expect(bodiesOf(seen)).toEqual([['bad', 'fine', 'good'], ['bad']])
  expect(seen.reports.map(({ outcome }) => outcome)).toEqual(['partial', 'succeeded'])
})

test('delivers the whole batch again when the response cannot be read', async () => {
  const sqs = await startTestSqs({ queues: QUEUES })
  await send(sqs, ['a', 'b'])
  const seen = startTestMapping(sqs, async ({ Records }) => {
    const [first] = Records
    if (first?.attributes.ApproximateReceiveCount !== '1') return null
    return { batchItemFailures: [{ itemIdentifier: first.messageId }, { itemIdentifier: 'unknown' }] }
  })
  await seen.drained()
  const [first, ...again] = bodiesOf(seen)
  expect(first).toEqual(['a', 'b'])
  expect(again.flat().sort()).toEqual(['a', 'b'])
  expect(seen.reports[0]).toMatchObject({ outcome: 'invalid response', records: 2 })
  expect(seen.reports[0]?.failedMessageIds).toHaveLength(2)
})

test('deletes everything without ReportBatchItemFailures, whatever the response says', async () => {
  const sqs = await startTestSqs({ queues: QUEUES })
  await send(sqs, ['a', 'b'])
  const handler = async () => ({ batchItemFailures: [{ itemIdentifier: '' }] })
  const seen = startTestMapping(sqs, handler, { reportBatchItemFailures: false })
  await seen.drained()
  expect(seen.reports.map(({ outcome }) => outcome)).toEqual(['succeeded'])
})

test('fails a batch whose response is not JSON', async () => {
  const sqs = await startTestSqs({ queues: QUEUES })
  await send(sqs, ['a'])
  const seen = startTestMapping(sqs, async () => ({ count: 1n }), { reportBatchItemFailures: false })
  await until(() => seen.reports.length > 0)
  expect(seen.reports[0]?.outcome).toBe('failed')
  expect(await countLeft(sqs)).toBe(1)
})

test('gives the handler a copy of the event, so that it cannot change what is deleted', async () => {
  const sqs = await startTestSqs({ queues: QUEUES })
  await send(sqs, ['a'])
  const seen = startTestMapping(sqs, async ({ Records }) => {
    for (const record of Records) record.receiptHandle = 'changed'
    Records.length = 0
  })
  await seen.drained()
  await pastVisibility()
  expect(seen.events).toHaveLength(1)
})
