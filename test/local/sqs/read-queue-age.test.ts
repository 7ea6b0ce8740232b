import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { readOldestMessages } from '../../../packages/local/src/sqs/read-queue-age.ts'
import { EVENTS, receive, send, startTestSqs, temporaryDirectory } from './local-queue.ts'

test('knows when the oldest message of each queue was sent, in flight or not, while the server runs', async () => {
  const dataDir = await temporaryDirectory()
  const sqs = await startTestSqs({ dataDir, queues: [EVENTS, { ...EVENTS, name: 'backfill' }] })
  expect(readOldestMessages(dataDir)).toEqual(new Map())
  const before = Date.now()
  await send(sqs, ['first'])
  await send(sqs, ['second'])
  const [first] = await receive(sqs)
  const sent = Number(first?.Attributes?.SentTimestamp)
  expect(sent).toBeGreaterThanOrEqual(before)
  expect(readOldestMessages(dataDir)).toEqual(new Map([['events', new Date(sent)]]))
})

test('leaves the messages as they are', async () => {
  const dataDir = await temporaryDirectory()
  const sqs = await startTestSqs({ dataDir })
  await send(sqs, ['kept'])
  readOldestMessages(dataDir)
  const { Messages = [] } = await sqs.client.send(
    new ReceiveMessageCommand({
      QueueUrl: sqs.queueUrls.events,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }),
  )
  expect(Messages.map(({ Body, Attributes }) => [Body, Attributes?.ApproximateReceiveCount])).toEqual([
    ['kept', '1'],
  ])
})

test('knows nothing of a server that never ran', async () => {
  expect(readOldestMessages(await temporaryDirectory())).toEqual(new Map())
})
