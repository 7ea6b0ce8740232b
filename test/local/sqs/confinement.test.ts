import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { EVENTS, receive, send, startTestSqs, temporaryDirectory } from './local-queue.ts'

test('listens on loopback only', async () => {
  const { port } = await startTestSqs()
  const others = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ internal, family }) => !internal && family === 'IPv4'),
  )
  expect(await canConnect('127.0.0.1', port)).toBe(true)
  expect(await canConnect('127.0.0.2', port)).toBe(false)
  for (const { address } of others) expect(await canConnect(address, port)).toBe(false)
})

test('refuses what a browser page could send, and what is not SQS', async () => {
  const { port } = await startTestSqs()
  const list = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' }
  expect(await statusOf(port, list)).toBe(200)
  expect(await statusOf(port, { ...list, origin: 'http://localhost:3000' })).toBe(200)
  expect(await statusOf(port, { ...list, origin: 'https://attacker.example' })).toBe(403)
  expect(await statusOf(port, { ...list, origin: 'null' })).toBe(403)
  expect(await statusOf(port, { ...list, host: `attacker.example:${port}` })).toBe(403)
  expect(await statusOf(port, { ...list, host: `127.0.0.1.attacker.example:${port}` })).toBe(403)
  expect(await statusOf(port, { 'content-type': 'application/x-www-form-urlencoded' })).toBe(404)
  expect(await statusOf(port, { 'content-type': 'text/plain' })).toBe(404)
})

test('keeps the messages of a queue that a client of another region creates again', async () => {
  const sqs = await startTestSqs()
  await send(sqs, ['kept'])
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  const elsewhere = new SQSClient({ endpoint: sqs.endpoint, region: 'eu-west-1', credentials })
  const { QueueUrl } = await elsewhere.send(new CreateQueueCommand({ QueueName: 'events' }))
  elsewhere.destroy()
  expect(QueueUrl).toBe(sqs.queueUrls.events)
  expect((await receive(sqs)).map(({ Body }) => Body)).toEqual(['kept'])
})

test('says which port is taken', async () => {
  const { port } = await startTestSqs()
  await expect(startTestSqs({ port })).rejects.toMatchObject({
    name: 'PortInUseError',
    message: expect.stringMatching(`Port ${port}.*choose another`),
  })
})

test('serves a data directory from one process at a time', async () => {
  const dataDir = await temporaryDirectory()
  const first = await startTestSqs({ dataDir })
  await expect(startTestSqs({ dataDir })).rejects.toMatchObject({
    name: 'DataDirectoryInUseError',
    message: expect.stringMatching(/\(process \d+\)/),
  })
  await first.stop()
  await expect(startTestSqs({ dataDir })).resolves.toBeDefined()
})

test('refuses a dead-letter queue that is not among the queues', async () => {
  const queues = [{ ...EVENTS, deadLetterQueue: { name: 'nowhere', maxReceiveCount: 3 } }]
  await expect(startTestSqs({ queues })).rejects.toThrow('dead-letter queue nowhere')
})

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 })
    const settle = (connected: boolean) => {
      socket.destroy()
      resolve(connected)
    }
    socket.on('connect', () => settle(true))
    socket.on('error', () => settle(false))
    socket.on('timeout', () => settle(false))
  })
}

function statusOf(port: number, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject).end('{}')
  })
}
