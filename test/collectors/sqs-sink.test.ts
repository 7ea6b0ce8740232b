import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs'
import { createSqsSink } from '@polo/collectors'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'

const sqs = mockClient(SQSClient)
const QUEUE = 'https://sqs.us-east-1.amazonaws.com/123456789012/polo-events'

beforeEach(() => {
  sqs.reset()
})

function createSink() {
  return createSqsSink({
    client: new SQSClient({ region: 'us-east-1' }),
    queueUrl: QUEUE,
    retries: 2,
    retryDelayMs: 1,
    lingerMs: 5,
  })
}

function acceptAll() {
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries }) => ({
    Successful: Entries.map(({ Id }: SendMessageBatchRequestEntry) => ({ Id })),
  }))
}

function sentBatches(): string[][] {
  return sqs
    .commandCalls(SendMessageBatchCommand)
    .map((call) => (call.args[0].input.Entries ?? []).map(({ MessageBody = '' }) => MessageBody))
}

test('packs small bodies into one request, at most ten', async () => {
  acceptAll()
  const sink = createSink()
  await Promise.all(Array.from({ length: 12 }, (_, index) => sink.send(`body ${index}`)))
  expect(sentBatches().map((batch) => batch.length)).toEqual([10, 2])
})

test('never packs more than 1 MiB into one request', async () => {
  acceptAll()
  const sink = createSink()
  const body = 'x'.repeat(400 * 1024)
  await Promise.all(Array.from({ length: 5 }, () => sink.send(body)))
  expect(sentBatches().map((batch) => batch.length)).toEqual([2, 2, 1])
})

test('counts bytes, not characters', async () => {
  acceptAll()
  const sink = createSink()
  const body = 'é'.repeat(300 * 1024)
  await Promise.all([sink.send(body), sink.send(body)])
  expect(sentBatches().map((batch) => batch.length)).toEqual([1, 1])
})

test('sends again only what a batch had failed', async () => {
  sqs
    .on(SendMessageBatchCommand)
    .resolvesOnce({
      Successful: [{ Id: '0', MessageId: 'a', MD5OfMessageBody: '' }],
      Failed: [{ Id: '1', Code: 'InternalError', SenderFault: false }],
    })
    .callsFake(({ Entries }) => ({
      Successful: Entries.map(({ Id }: SendMessageBatchRequestEntry) => ({ Id })),
    }))
  const sink = createSink()
  await Promise.all([sink.send('first'), sink.send('second')])
  expect(sentBatches()).toEqual([['first', 'second'], ['second']])
})

test('says which queue did not take a block when retries are used up', async () => {
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries }) => ({
    Failed: Entries.map(({ Id }: SendMessageBatchRequestEntry) => ({
      Id,
      Code: 'ServiceUnavailable',
      SenderFault: false,
    })),
  }))
  await expect(createSink().send('body')).rejects.toThrow(`SQS at ${QUEUE} did not take a block`)
  expect(sentBatches()).toHaveLength(3)
})

test('does not repeat what SQS refuses for good, and still sends the rest', async () => {
  sqs
    .on(SendMessageBatchCommand)
    .resolvesOnce({
      Failed: [
        { Id: '0', Code: 'InvalidMessageContents', SenderFault: true },
        { Id: '1', Code: 'InternalError', SenderFault: false },
      ],
    })
    .callsFake(({ Entries }) => ({
      Successful: Entries.map(({ Id }: SendMessageBatchRequestEntry) => ({ Id })),
    }))
  const sink = createSink()
  const results = await Promise.allSettled([sink.send('bad'), sink.send('good')])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  expect(sentBatches()).toEqual([['bad', 'good'], ['good']])
})

test('gives up at once on a queue that does not exist', async () => {
  sqs
    .on(SendMessageBatchCommand)
    .rejects(Object.assign(new Error('no such queue'), { name: 'QueueDoesNotExist' }))
  await expect(createSink().send('body')).rejects.toThrow('no such queue')
  expect(sentBatches()).toHaveLength(1)
})

test('tries again when the connection breaks', async () => {
  sqs
    .on(SendMessageBatchCommand)
    .rejectsOnce(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))
    .callsFake(({ Entries }) => ({
      Successful: Entries.map(({ Id }: SendMessageBatchRequestEntry) => ({ Id })),
    }))
  await createSink().send('body')
  expect(sentBatches()).toHaveLength(2)
})
