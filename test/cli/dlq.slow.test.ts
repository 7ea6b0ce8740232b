import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { PoloConfig } from '@polo/core'
import { type Runtime, sqsClient, startRuntime } from '@polo/local'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { peekMessages } from '../../packages/cli/src/dead-letters/peek-messages.ts'
import { bodyOf, eventRow } from '../ingester/factories.ts'

const POLO = fileURLToPath(new URL('../../packages/cli/bin/polo.mjs', import.meta.url))
const List = z.object({
  groups: z.array(z.object({ reason: z.string(), messages: z.int(), rows: z.int() })),
  messages: z.array(z.object({ message_id: z.string(), reason: z.string() })),
})

let dataDir: string
let runtime: Runtime
let sqs: SQSClient
let listed: z.infer<typeof List>
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polo-dlq-'))
  runtime = await startRuntime({ dataDir, config: PoloConfig.parse({}), shared: true })
  sqs = sqsClient(runtime.addresses.sqsEndpoint)
  await send(await bodyOf([eventRow('good'), eventRow('bad', { aws_account_id: '' })]))
  await send('hello')
  const { deadLetterQueueUrl } = runtime.addresses
  await vi.waitFor(async () => expect(await count(deadLetterQueueUrl)).toBe(2), { timeout: 60_000 })
  listed = List.parse(JSON.parse((await polo(['dlq', 'ls', '--json'])).stdout))
})
afterAll(async () => {
  sqs?.destroy()
  await runtime?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function send(body: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: runtime.addresses.queueUrl, MessageBody: body }))
}

function idOf(reason: string): string {
  return listed.messages.find((message) => message.reason === reason)?.message_id ?? ''
}

async function count(queueUrl: string): Promise<number> {
  let messages = 0
  await peekMessages({ sqs, queueUrl, hiddenSeconds: 1 }, () => {
    messages++
    return false
  })
  return messages
}

function polo(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { PATH: process.env.PATH, HOME: dataDir, POLO_DATA_DIR: dataDir, ...env } }
    const child = execFile(process.execPath, [POLO, ...args], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

it('lists what the ingester refused, by reason', () => {
  expect(listed.groups.map(({ reason, messages, rows }) => [reason, messages, rows]).sort()).toEqual([
    ['invalid_envelope', 1, 0],
    ['rejected_rows', 1, 1],
  ])
})

it('shows the row at fault with its column marked', async () => {
  const { code, stdout } = await polo(['dlq', 'show', idOf('rejected_rows')])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ {2}> aws_account_id +""$/m)
  expect(stdout).toContain('vol-bad')
  expect(stdout).not.toContain('vol-good')
})

it('shows a message that is no envelope', async () => {
  const { stdout } = await polo(['dlq', 'show', idOf('invalid_envelope'), '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ reason: 'invalid_envelope', envelope: null, body: 'hello' })
})

it('says that an id is not there, of a queue named by its URL alone', async () => {
  const env = {
    POLO_DEAD_LETTER_QUEUE_URL: runtime.addresses.queueUrl,
    POLO_DATA_DIR: '/nonexistent',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  }
  const { code, stderr } = await polo(['dlq', 'show', 'nothing'], env)
  expect(code).toBe(1)
  expect(stderr).toContain("there is no dead letter 'nothing' among the 0 in the queue")
})

it('asks for the dead-letter queue of a deployed queue', async () => {
  const POLO_QUEUE_URL = 'https://sqs.eu-west-1.amazonaws.com/111122223333/polo-events'
  const { code, stderr } = await polo(['dlq', 'ls'], { POLO_QUEUE_URL })
  expect(code).toBe(1)
  expect(stderr).toContain('set POLO_DEAD_LETTER_QUEUE_URL too')
})
