import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Message, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { connectClickHouse, createIngester } from '@polo/ingester'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { batch, bodyOf, eventRows, record } from './factories.ts'
import { EVENTS_VISIBILITY_SECONDS, type Pipeline, startPipeline } from './pipeline.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

async function receive(): Promise<Message[]> {
  const { Messages: messages = [] } = await polo.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: polo.queueUrl, WaitTimeSeconds: 1 }),
  )
  return messages
}

/** Answers every insert well, but only after a while. */
async function startSlowClickHouse(delayMs: number) {
  const server = createServer((request, response) => {
    request.resume()
    setTimeout(() => response.writeHead(200, { 'X-ClickHouse-Query-Id': '1' }).end(), delayMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { server, url: `http://127.0.0.1:${port}` }
}

it('keeps a message hidden while its insert outlasts the visibility timeout', async () => {
  const slow = await startSlowClickHouse(EVENTS_VISIBILITY_SECONDS * 1_000)
  const clickhouse = connectClickHouse({ url: slow.url, database: 'polo' })
  try {
    const MessageBody = await bodyOf(eventRows('slow', 3))
    await polo.sqs.send(new SendMessageCommand({ QueueUrl: polo.queueUrl, MessageBody }))
    const [message] = await receive()
    const received = {
      ...record(message?.Body ?? ''),
      receiptHandle: message?.ReceiptHandle,
      eventSourceARN: polo.queueArn,
    }
    let isOver = false
    const work = createIngester({ ...polo, clickhouse })(batch(received)).finally(() => {
      isOver = true
    })
    let others = 0
    let looks = 0
    while (!isOver) {
      others += (await receive()).length
      looks++
    }
    expect(await work).toEqual({ batchItemFailures: [] })
    expect(looks).toBeGreaterThan(EVENTS_VISIBILITY_SECONDS)
    expect(others).toBe(0)
  } finally {
    await clickhouse.close()
    slow.server.closeAllConnections()
    slow.server.close()
  }
})
