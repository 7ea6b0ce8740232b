import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReceiveMessageCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type LocalSqs, sqsClient, startSqs } from '@polo/local'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { peekMessages } from '../../packages/cli/src/dead-letters/peek-messages.ts'

const QUEUES = ['many', 'slow', 'late', 'other', 'hidden', 'stop', 'failing', 'removing', 'keeping']

let directory: string
let server: LocalSqs
let sqs: SQSClient
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-peek-'))
  const queues = QUEUES.map((name) => ({
    name,
    visibilityTimeoutSeconds: 30,
    messageRetentionSeconds: 1_209_600,
  }))
  server = await startSqs({ dataDir: directory, queues })
  sqs = sqsClient(server.endpoint)
})
afterAll(async () => {
  sqs?.destroy()
  await server?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** A queue with messages `0`, `1`, … */
async function fill(name: string, messages: number): Promise<string> {
  const url = server.queueUrls[name] ?? ''
  for (let first = 0; first < messages; first += 10) {
    const Entries = Array.from({ length: Math.min(10, messages - first) }, (_, index) => ({
      Id: String(index),
      MessageBody: String(first + index),
    }))
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
  }
  return url
}

async function peekBodies(queueUrl: string, { hiddenSeconds = 1, pauseAt = '' } = {}) {
  const bodies: string[] = []
  const hidden = await peekMessages({ sqs, queueUrl, hiddenSeconds }, ({ body }) => {
    bodies.push(body)
    if (body === pauseAt) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200)
    return false
  })
  return { bodies, hidden }
}

it('sees every message although the first come back before the last is read', async () => {
  const { bodies } = await peekBodies(await fill('slow', 45), { pauseAt: '25' })
  expect(new Set(bodies).size).toBe(45)
  expect(bodies).toHaveLength(45)
})

it.concurrent('sees every message of a queue once', async () => {
  const { bodies, hidden } = await peekBodies(await fill('many', 45))
  expect(bodies).toHaveLength(45)
  expect(new Set(bodies).size).toBe(45)
  expect(hidden).toBe(0)
})

it.concurrent('waits for messages that another reader hides for a while', async () => {
  const url = await fill('other', 2)
  await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 2 }))
  expect((await peekBodies(url, { hiddenSeconds: 2 })).bodies).toHaveLength(2)
})

it.concurrent('takes none of its own for somebody else’s where SQS answers so late that they are back', async () => {
  const queueUrl = await fill('late', 3)
  const late = sqsClient(server.endpoint)
  let isAnswered = false
  late.middlewareStack.add((next) => async (args) => {
    const answer = await next(args)
    const isEmpty = !JSON.stringify(answer.output).includes('MessageId')
    if (isEmpty && !isAnswered) await sleep(3_200)
    isAnswered ||= isEmpty
    return answer
  })
  expect(await peekMessages({ sqs: late, queueUrl, hiddenSeconds: 2 }, () => false)).toBe(0)
  late.destroy()
})

it.concurrent('counts messages that somebody else holds for longer', async () => {
  const url = await fill('hidden', 3)
  await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 2 }))
  const { bodies, hidden } = await peekBodies(url)
  expect([bodies.length, hidden]).toEqual([1, 2])
})

it.concurrent('releases what it has hidden when it ends', async () => {
  const url = await fill('stop', 12)
  await peekMessages({ sqs, queueUrl: url, hiddenSeconds: 300 }, () => true)
  expect((await peekBodies(url)).bodies).toHaveLength(12)
})

it.concurrent('releases what it has hidden when its visitor fails', async () => {
  const url = await fill('failing', 3)
  const failing = peekMessages({ sqs, queueUrl: url, hiddenSeconds: 300 }, () => {
    throw new Error('no more')
  })
  await expect(failing).rejects.toThrow('no more')
  expect((await peekBodies(url)).bodies).toHaveLength(3)
})

it.concurrent('takes out of the queue what its visitor removes, and nothing else', async () => {
  const url = await fill('removing', 25)
  await peekMessages({ sqs, queueUrl: url, hiddenSeconds: 300 }, async ({ body }, hold) => {
    if (Number(body) % 5 === 0) await hold.remove()
    return false
  })
  const { bodies } = await peekBodies(url)
  expect(bodies).toHaveLength(20)
  expect(bodies.filter((body) => Number(body) % 5 === 0)).toEqual([])
})

it.concurrent('keeps a message hidden for longer when its visitor asks for it', async () => {
  const url = await fill('keeping', 1)
  await peekMessages({ sqs, queueUrl: url, hiddenSeconds: 1 }, async (_, hold) => {
    await hold.keep(60)
    await sleep(1_200)
    expect((await peekBodies(url)).hidden).toBe(1)
    return true
  })
})
