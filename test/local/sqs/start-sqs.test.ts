import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import {
  attributesOf,
  EVENTS,
  kill,
  receive,
  receiveSome,
  send,
  startTestSqs,
  temporaryDirectory,
} from './local-queue.ts'

const DLQ = { ...EVENTS, name: 'dlq', messageRetentionSeconds: 1_209_600 }
const WITH_DLQ = { ...EVENTS, deadLetterQueue: { name: 'dlq', maxReceiveCount: 1 } }

test('creates the queues with their attributes and says where they are', async () => {
  const sqs = await startTestSqs({ queues: [WITH_DLQ, DLQ] })
  expect(sqs.queueUrls.events).toBe(`${sqs.endpoint}/000000000000/events`)
  expect(sqs.queueArns).toEqual({
    events: 'arn:aws:sqs:us-east-1:000000000000:events',
    dlq: 'arn:aws:sqs:us-east-1:000000000000:dlq',
  })
  expect(await attributesOf(sqs)).toMatchObject({
    VisibilityTimeout: '30',
    MessageRetentionPeriod: '604800',
    MaximumMessageSize: '1048576',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: sqs.queueArns.dlq, maxReceiveCount: 1 }),
  })
  const { QueueUrls } = await sqs.client.send(new ListQueuesCommand({}))
  expect(QueueUrls?.toSorted()).toEqual(Object.values(sqs.queueUrls).toSorted())
})

test('brings the attributes of a queue up to date and keeps its messages', async () => {
  const dataDir = await temporaryDirectory()
  const before = await startTestSqs({ dataDir, queues: [WITH_DLQ, DLQ] })
  await send(before, ['kept'])
  await before.stop()
  const after = await startTestSqs({ dataDir, queues: [{ ...EVENTS, visibilityTimeoutSeconds: 60 }, DLQ] })
  const attributes = await attributesOf(after)
  expect(attributes.VisibilityTimeout).toBe('60')
  expect(attributes.RedrivePolicy).toBeUndefined()
  expect((await receive(after)).map(({ Body }) => Body)).toEqual(['kept'])
})

test('takes messages of exactly 1 MiB', async () => {
  const sqs = await startTestSqs()
  await send(sqs, ['x'.repeat(1_048_576)])
  await expect(send(sqs, ['x'.repeat(1_048_577)])).rejects.toThrow('1048576')
  expect((await receive(sqs))[0]?.Body).toHaveLength(1_048_576)
})

test('loses nothing that it acknowledged when it is killed', async () => {
  const dataDir = await temporaryDirectory()
  const before = await startTestSqs({ dataDir })
  const sent = new Set<string>()
  const attempts = Array.from({ length: 400 }, async (_, index) => {
    await send(before, [`message ${index}`])
    sent.add(`message ${index}`)
  })
  const sending = Promise.allSettled(attempts)
  while (sent.size < 50) await sleep(5)
  await kill(before)
  await sending
  const after = await startTestSqs({ dataDir })
  const found = new Set<string | undefined>()
  for (let messages = await receive(after); messages.length > 0; messages = await receive(after)) {
    for (const { Body } of messages) found.add(Body)
  }
  expect(sent.size).toBeGreaterThanOrEqual(50)
  expect([...sent].filter((body) => !found.has(body))).toEqual([])
})

test('shows messages that were in flight when it was killed at once, with their receive count', async () => {
  const dataDir = await temporaryDirectory()
  const before = await startTestSqs({ dataDir })
  await send(before, ['deleted', 'in flight'])
  const received = await receive(before)
  const deleted = received.find(({ Body }) => Body === 'deleted')
  const QueueUrl = before.queueUrls.events
  await before.client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: deleted?.ReceiptHandle }))
  await kill(before)
  const messages = await receive(await startTestSqs({ dataDir }))
  expect(messages.map(({ Body }) => Body)).toEqual(['in flight'])
  expect(messages[0]?.Attributes?.ApproximateReceiveCount).toBe('2')
})

test('keeps a message that it was moving to the dead-letter queue when it was killed', async () => {
  const dataDir = await temporaryDirectory()
  const queues = [{ ...WITH_DLQ, visibilityTimeoutSeconds: 0 }, DLQ]
  const before = await startTestSqs({ dataDir, queues })
  await send(before, ['poison'])
  expect(await receive(before)).toHaveLength(1)
  await kill(before)
  const store = new DatabaseSync(join(dataDir, 'fauxqs.db'))
  store.exec('DELETE FROM sqs_messages') // the first half of the move
  store.close()
  const after = await startTestSqs({ dataDir, queues })
  expect(await receive(after)).toEqual([])
  expect((await receive(after, 'dlq')).map(({ Body }) => Body)).toEqual(['poison'])
})

test('keeps a moved message in the dead-letter queue, once, over a restart', async () => {
  const dataDir = await temporaryDirectory()
  const queues = [{ ...WITH_DLQ, visibilityTimeoutSeconds: 0 }, DLQ]
  const before = await startTestSqs({ dataDir, queues })
  await send(before, ['poison'])
  await receive(before)
  expect(await receive(before)).toEqual([])
  await kill(before)
  const after = await startTestSqs({ dataDir, queues })
  expect(await receive(after)).toEqual([])
  expect((await receive(after, 'dlq')).map(({ Body }) => Body)).toEqual(['poison'])
})

test('shows a message again when its visibility timeout is set to 0', async () => {
  const sqs = await startTestSqs()
  await send(sqs, ['put back'])
  const [first] = await receive(sqs)
  const release = {
    QueueUrl: sqs.queueUrls.events,
    ReceiptHandle: first?.ReceiptHandle,
    VisibilityTimeout: 0,
  }
  await sqs.client.send(new ChangeMessageVisibilityCommand(release))
  const [second] = await receiveSome(sqs)
  expect(second?.MessageId).toBe(first?.MessageId)
  expect(second?.Attributes?.ApproximateReceiveCount).toBe('2')
})

test('does not hand messages to a long poll whose caller is gone', async () => {
  const sqs = await startTestSqs()
  const QueueUrl = sqs.queueUrls.events
  await send(sqs, ['opens a connection'])
  await receive(sqs)
  for (const MessageBody of ['first', 'second', 'third']) {
    const caller = new AbortController()
    const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 })
    const poll = sqs.client.send(command, { abortSignal: caller.signal }).catch((error) => error.name)
    await sleep(100)
    caller.abort()
    await sqs.client.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    expect(await poll).toBe('AbortError')
    expect((await receiveSome(sqs)).map(({ Body }) => Body)).toEqual([MessageBody])
  }
})

test('reports the same sender for every message', async () => {
  const sqs = await startTestSqs()
  await send(sqs, ['whose?'])
  expect((await receive(sqs))[0]?.Attributes?.SenderId).toBe('000000000000')
})

test('refuses messages when its memory is nearly full, and keeps those that it took', async () => {
  const sqs = await startTestSqs({ heapMegabytes: 200 })
  let taken = 0
  const fill = async () => {
    for (; taken < 300; taken += 1) await send(sqs, [`${taken}`.padEnd(1_000_000, 'x')])
  }
  await expect(fill()).rejects.toMatchObject({ name: 'ServiceUnavailable' })
  expect(taken).toBeGreaterThan(20)
  expect(await attributesOf(sqs)).toMatchObject({ ApproximateNumberOfMessages: `${taken}` })
})
