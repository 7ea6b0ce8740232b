import { setTimeout as sleep } from 'node:timers/promises'
import { DeleteQueueCommand } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { sqsClient } from '../../packages/local/src/sqs/sqs-client.ts'
import { startSqs } from '../../packages/local/src/sqs/start-sqs.ts'
import {
  countLeft,
  EVENTS,
  kill,
  receive,
  receiveSome,
  send,
  startTestSqs,
  temporaryDirectory,
} from './sqs/local-queue.ts'
import { bodiesOf, inFlight, QUEUES, startTestMapping, until } from './sqs/test-mapping.ts'

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index}`)

test('closes a batch on its size, over several receives', async () => {
  const sqs = await startTestSqs()
  await send(sqs, numbered(40))
  const seen = startTestMapping(sqs, async () => {}, { batchSize: 25, maximumBatchingWindowSeconds: 2 })
  await seen.drained()
  expect(seen.reports.map(({ records }) => records)).toEqual([25, 15])
})

test('closes a batch when its window ends, with what came in the meantime', async () => {
  const sqs = await startTestSqs()
  const seen = startTestMapping(sqs, async () => {}, { maximumBatchingWindowSeconds: 2 })
  const sentAt = Date.now()
  await send(sqs, ['first'])
  await inFlight(sqs, 1)
  await send(sqs, ['second'])
  await seen.drained()
  expect(bodiesOf(seen)).toEqual([['first', 'second']])
  expect((seen.events[0]?.at ?? 0) - sentAt).toBeGreaterThanOrEqual(2_000)
})

test('closes a batch before its event passes 6 MB, and carries the rest over', async () => {
  const sqs = await startTestSqs()
  const bodies = numbered(13).map((number) => number.padEnd(1_000_000, 'x'))
  await send(sqs, bodies)
  const seen = startTestMapping(sqs, async () => {}, { batchSize: 13, maximumBatchingWindowSeconds: 1 })
  await seen.drained()
  expect(bodiesOf(seen).flat().toSorted()).toEqual(bodies.toSorted())
  expect(seen.reports.map(({ records }) => records)).toEqual([6, 6, 1])
  for (const { Records } of seen.events) {
    expect(Buffer.byteLength(JSON.stringify({ Records }))).toBeLessThanOrEqual(6 * 1024 * 1024)
  }
})

test('counts the bytes of the serialized event, not those of the body', async () => {
  const sqs = await startTestSqs()
  await send(
    sqs,
    numbered(4).map((number) => number.padEnd(1_000_000, '"')),
  )
  const seen = startTestMapping(sqs, async () => {})
  await seen.drained()
  expect(seen.reports.map(({ records }) => records)).toEqual([3, 1])
})

test('invokes up to its concurrency at the same time, and receives no more than it can invoke', async () => {
  const sqs = await startTestSqs()
  await send(sqs, numbered(5))
  const gate = Promise.withResolvers<void>()
  const { mapping, events } = startTestMapping(sqs, () => gate.promise, {
    batchSize: 1,
    maximumConcurrency: 3,
  })
  await until(() => mapping.inFlight === 3)
  await sleep(200)
  expect(events).toHaveLength(3)
  expect(await receive(sqs)).toHaveLength(2)
  gate.resolve()
  await until(() => mapping.inFlight === 0)
})

test('polls ever more slowly while invocations fail, and at full speed after a success', async () => {
  const sqs = await startTestSqs()
  await send(sqs, numbered(8))
  const backOffMs = { first: 200, last: 400 }
  const seen = startTestMapping(
    sqs,
    async ({ Records }) => {
      if (Number(Records[0]?.body) < 4) throw new Error('no database')
    },
    { batchSize: 1, backOffMs },
  )
  await until(() => seen.events.length === 8)
  const gaps = seen.events.slice(1).map(({ at }, index) => at - (seen.events[index]?.at ?? 0))
  const [second = 0, third = 0, fourth = 0, ...others] = gaps.slice(1)
  expect(second).toBeGreaterThanOrEqual(195)
  expect(third).toBeGreaterThanOrEqual(395)
  expect(fourth).toBeGreaterThanOrEqual(395)
  // A back-off would be before each of the last two.
  expect(Math.min(...others.slice(-2))).toBeLessThan(200)
})

test('does not slow down for failed items', async () => {
  const sqs = await startTestSqs()
  await send(sqs, numbered(10))
  const seen = startTestMapping(
    sqs,
    async ({ Records }) => ({
      batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
    }),
    { batchSize: 1, backOffMs: { first: 5_000, last: 5_000 } },
  )
  await until(() => seen.events.length === 10)
  expect(seen.reports.every(({ outcome }) => outcome === 'partial')).toBe(true)
})

test('stops while it waits for messages, at once, and lets a running invocation end', async () => {
  const sqs = await startTestSqs()
  const gate = Promise.withResolvers<void>()
  const { mapping, reports } = startTestMapping(sqs, () => gate.promise)
  await send(sqs, ['running'])
  await until(() => mapping.inFlight === 1)
  const stopped = mapping.stop()
  await send(sqs, ['left alone'])
  await sleep(100)
  gate.resolve()
  await stopped
  expect(reports.map(({ outcome }) => outcome)).toEqual(['succeeded'])
  mapping.enable()
  expect(mapping.state).toBe('Disabled')
  expect((await receiveSome(sqs)).map(({ Body }) => Body)).toEqual(['left alone'])
})

test('releases what it gathered but did not deliver when it is disabled', async () => {
  const sqs = await startTestSqs()
  const client = sqsClient(sqs.endpoint)
  let gathered = 0
  client.middlewareStack.add((next) => async (args) => {
    const answer = await next(args)
    if (JSON.stringify(answer.output).includes('gathered')) gathered += 1
    return answer
  })
  const seen = startTestMapping(sqs, async () => {}, { maximumBatchingWindowSeconds: 300, client })
  await send(sqs, ['gathered'])
  await until(() => gathered === 1)
  seen.mapping.disable()
  expect(seen.mapping.state).toBe('Disabled')
  const [released] = await receiveSome(sqs)
  expect(released?.Body).toBe('gathered')
  expect(seen.events).toEqual([])
})

test('polls again after it was disabled and enabled', async () => {
  const sqs = await startTestSqs()
  const seen = startTestMapping(sqs, async () => {})
  seen.mapping.disable()
  await send(sqs, ['later'])
  await sleep(200)
  expect(seen.events).toEqual([])
  seen.mapping.enable()
  expect(seen.mapping.state).toBe('Enabled')
  await seen.drained()
  expect(bodiesOf(seen)).toEqual([['later']])
})

test('does not poll from the start when it is told so', async () => {
  const sqs = await startTestSqs()
  await send(sqs, ['later'])
  const seen = startTestMapping(sqs, async () => {}, { enabled: false })
  expect(seen.mapping.state).toBe('Disabled')
  await sleep(200)
  expect(seen.events).toEqual([])
  seen.mapping.enable()
  await seen.drained()
})

test('invokes more and fewer at a time when its concurrency is changed while it runs', async () => {
  const sqs = await startTestSqs()
  const gates = Array.from({ length: 8 }, () => Promise.withResolvers<void>())
  await send(sqs, numbered(8))
  const { mapping, events, drained } = startTestMapping(
    sqs,
    async ({ Records }) => await gates[Number(Records[0]?.body)]?.promise,
    {
      batchSize: 1,
    },
  )
  await until(() => mapping.inFlight === 2)
  mapping.setMaximumConcurrency(4)
  await until(() => mapping.inFlight === 4)
  mapping.setMaximumConcurrency(2)
  const running = events.map(({ Records }) => Number(Records[0]?.body))
  for (const body of running.slice(0, 2)) gates[body]?.resolve()
  await until(() => mapping.inFlight === 2)
  await sleep(200)
  expect(events).toHaveLength(4)
  for (const gate of gates) gate.resolve()
  await drained()
  expect(() => mapping.setMaximumConcurrency(1)).toThrow('maximumConcurrency is 1')
})

test('reports a queue that does not answer, and goes on when it does again', async () => {
  const dataDir = await temporaryDirectory()
  const before = await startTestSqs({ dataDir, queues: QUEUES })
  const seen = startTestMapping(before, async () => {})
  await send(before, ['before'])
  await seen.drained()
  await kill(before)
  await until(() => seen.queueErrors.length >= 2)
  const after = await startSqs({ dataDir, port: before.port, queues: QUEUES })
  await send(before, ['after'])
  await until(() => seen.events.length === 2)
  expect(bodiesOf(seen)).toEqual([['before'], ['after']])
  await seen.mapping.stop()
  await after.stop()
})

test('reports a queue that is gone', async () => {
  const sqs = await startTestSqs()
  await sqs.client.send(new DeleteQueueCommand({ QueueUrl: sqs.queueUrls.events }))
  const { queueErrors, mapping } = startTestMapping(sqs, async () => {})
  await until(() => queueErrors.length >= 2)
  expect(queueErrors[0]).toMatchObject({ name: 'QueueDoesNotExist' })
  await mapping.stop()
})

test('deletes again what could not be deleted at first', async () => {
  const sqs = await startTestSqs({ queues: [EVENTS] })
  await send(sqs, numbered(3))
  const flaky = sqsClient(sqs.endpoint)
  let deletes = 0
  flaky.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'DeleteMessageBatchCommand') return next(args)
        deletes += 1
        if (deletes === 1) throw new Error('connection reset')
        if (deletes === 2 && 'Entries' in args.input && args.input.Entries) args.input.Entries.length = 1
        return next(args)
      },
    { step: 'initialize' },
  )
  const { reports } = startTestMapping(sqs, async () => {}, { client: flaky })
  await until(() => reports.length === 1)
  expect(deletes).toBe(3)
  expect(reports[0]?.undeletedMessageIds).toEqual([])
  expect(await countLeft(sqs)).toBe(0)
})
