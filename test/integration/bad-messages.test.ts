import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetQueueAttributesCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { encodeRow, formatEnvelope, freezeBlock } from '@polo/core'
import { RuntimeAddresses, sqsClient } from '@polo/local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { envelopeHead, minimalEvent } from '../core/factories.ts'
import { query } from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo, startUp, waitFor } from './polo-process.ts'

const options = { dataDir: '' }
let addresses: RuntimeAddresses
let sqs: SQSClient

beforeAll(async () => {
  options.dataDir = await makeDirectory()
  await startUp(['--account', '185106417252', '--sample'], options)
  addresses = RuntimeAddresses.parse(
    JSON.parse(await readFile(join(options.dataDir, 'runtime.json'), 'utf8')),
  )
  sqs = sqsClient(addresses.sqsEndpoint)
})
afterAll(async () => {
  sqs?.destroy()
  await cleanUp()
})

test('messages that are broken go to the dead letters, each with its reason, and their good neighbours are stored', async () => {
  const good = ['vol-good-1', 'vol-good-2']
  const broken = [
    'this is not JSON',
    JSON.stringify({ hello: 'world' }),
    (await bodyOf('vol-hash')).replace(/"block_id":"[0-9a-f]{64}"/, `"block_id":"${'0'.repeat(64)}"`),
    (await bodyOf('vol-cut')).slice(0, -200),
    (await bodyOf('vol-rows')).replace('"rows":1', '"rows":2'),
  ]
  await send(await bodyOf('vol-good-1'))
  for (const body of broken) await send(body)
  await send(await bodyOf('vol-good-2'))
  await waitFor(
    'the dead letters',
    async () => (await depth(addresses.deadLetterQueueUrl)).all === broken.length,
  )
  await waitFor('the good neighbours', async () => (await stored('vol-good')).length === good.length)
  expect(await stored('vol-')).toEqual(expect.arrayContaining(good))
  await waitFor('the queue to be empty', async () => (await depth(addresses.queueUrl)).all === 0)
  const { stdout } = await runPolo(['dlq', 'ls', '--json'], options)
  for (const reason of ['invalid_envelope', 'hash_mismatch', 'row_count_mismatch']) {
    expect(stdout).toContain(reason)
  }
})

test('a message of a later release stays in the queue', async () => {
  const before = await depth(addresses.deadLetterQueueUrl)
  await send((await bodyOf('vol-later')).replace('resource_event/1', 'resource_event/9'))
  await send(await bodyOf('vol-neighbour'))
  await waitFor('its neighbour', async () => (await stored('vol-neighbour')).length === 1)
  await waitFor('its neighbour to leave', async () => (await depth(addresses.queueUrl)).all === 1)
  expect(await depth(addresses.deadLetterQueueUrl)).toEqual(before)
})

async function bodyOf(id: string): Promise<string> {
  const now = new Date().toISOString()
  const event = minimalEvent({
    event_id: crypto.randomUUID(),
    resource_id: id,
    event_time: now,
    observed_at: now,
  })
  return formatEnvelope(envelopeHead({ created_at: now }), await freezeBlock([encodeRow(event)]))
}

async function send(MessageBody: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: addresses.queueUrl, MessageBody }))
}

async function depth(QueueUrl: string): Promise<{ all: number }> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  )
  const count = z.coerce.number().int()
  return {
    all:
      count.parse(Attributes.ApproximateNumberOfMessages) +
      count.parse(Attributes.ApproximateNumberOfMessagesNotVisible),
  }
}

async function stored(prefix: string): Promise<unknown[]> {
  const rows = await query(
    `SELECT resource_id FROM resource_events FINAL WHERE startsWith(resource_id, '${prefix}') ORDER BY 1`,
    options,
  )
  return rows.map((row) => row.resource_id)
}
