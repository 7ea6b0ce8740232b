import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import { formatEnvelope, PoloConfig, parseEnvelope } from '@polo/core'
import { connectClickHouse } from '@polo/ingester'
import { type Runtime, sqsClient, startRuntime } from '@polo/local'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { type PeekedMessage, peekMessages } from '../../packages/cli/src/dead-letters/peek-messages.ts'
import { readDepth } from '../../packages/cli/src/status/read-queue.ts'
import { blockOf, bodyOf, eventRow, head, type Row } from '../ingester/factories.ts'
import { cleanUp, makeDirectory, runPolo, startPolo, waitFor } from './polo-process.ts'

const Report = z.object({
  matched: z.int(),
  redriven: z.int(),
  rows: z.int(),
  left: z.array(z.object({ message_id: z.string(), reason: z.string(), why: z.string() })),
  not_matching: z.int(),
  unfinished: z.boolean(),
})
const Line = z.object({ body: z.string(), attributes: z.record(z.string(), z.string()) })
const PATCH = JSON.stringify({ aws_account_id: '111122223333' })

const options = { dataDir: '' }
let runtime: Runtime
let sqs: SQSClient
let clickhouse: ClickHouseClient
beforeAll(async () => {
  options.dataDir = await makeDirectory()
  runtime = await startRuntime({ dataDir: options.dataDir, config: PoloConfig.parse({}), shared: true })
  const { sqsEndpoint, clickhouseUrl: url, database } = runtime.addresses
  sqs = sqsClient(sqsEndpoint)
  clickhouse = connectClickHouse({ url, database })
})
afterAll(async () => {
  await clickhouse?.close()
  sqs?.destroy()
  await runtime?.stop()
  await cleanUp()
})

async function publish(body: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: runtime.addresses.queueUrl, MessageBody: body }))
}

/** A letter as the ingester writes it: one row of a block whose other rows are elsewhere. */
async function letterOf(collector: string, row: Row, place = 0): Promise<string> {
  const root = { block_id: collector.padEnd(64, '0'), rows: 1_000, indices: [place] }
  const errors = [{ row: 0, rows: 1, column: '', code: 469, message: 'refused' }]
  return formatEnvelope(
    head({ collector, root, errors, parent_block_id: root.block_id }),
    await blockOf([row]),
  )
}

async function bury(bodies: readonly string[], reason = 'rejected_rows'): Promise<void> {
  for (let first = 0; first < bodies.length; first += 10) {
    const Entries = bodies.slice(first, first + 10).map((MessageBody, index) => {
      const { collector } = parseEnvelope(MessageBody).envelope
      const attributes = { reason, collector, schema: 'resource_event/1' }
      const MessageAttributes = Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      )
      return { Id: String(index), MessageBody, MessageAttributes }
    })
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: runtime.addresses.deadLetterQueueUrl, Entries }))
  }
}

async function polo(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runPolo(['dlq', ...args], options)
  if (code !== 0) throw new Error(`polo dlq ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return stdout
}

async function redrive(...args: string[]) {
  return Report.parse(JSON.parse(await polo('redrive', '--json', ...args)))
}

/** The letters of a collector that are in the queue. */
async function listed(collector: string): Promise<PeekedMessage[]> {
  const letters: PeekedMessage[] = []
  const queueUrl = runtime.addresses.deadLetterQueueUrl
  await peekMessages({ sqs, queueUrl, hiddenSeconds: 1 }, (message) => {
    if (message.attributes.collector === collector) letters.push(message)
    return false
  })
  return letters
}

async function select(query: string): Promise<Record<string, unknown>[]> {
  const result = await clickhouse.query({ query, format: 'JSONEachRow' })
  return await result.json<Record<string, unknown>>()
}

/** Rows of resources whose names begin so, as they lie in the table and without duplicates. */
async function stored(prefix: string): Promise<{ raw: number; distinct: number }> {
  const [row] = await select(
    `SELECT toUInt32(count()) AS raw, toUInt32(uniqExact(event_id)) AS distinct FROM resource_events
     WHERE startsWith(resource_id, 'vol-${prefix}-')`,
  )
  return z.object({ raw: z.int(), distinct: z.int() }).parse(row)
}

async function ledger(rootBlockId: string): Promise<unknown[]> {
  return await select(
    `SELECT entry, row, outcome FROM ingest_ledger FINAL WHERE root_block_id = '${rootBlockId}' ORDER BY entry, row`,
  )
}

/** What the SQS console does when it starts a redrive: the same bodies and attributes as new messages. */
async function moveByConsole(collector: string): Promise<void> {
  const { queueUrl, deadLetterQueueUrl: QueueUrl } = runtime.addresses
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      VisibilityTimeout: 5,
    }),
  )
  const isMeant = ({ MessageAttributes }: Message) => MessageAttributes?.collector?.StringValue === collector
  for (const { Body, MessageAttributes, ReceiptHandle } of Messages.filter(isMeant)) {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: Body, MessageAttributes }))
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
}

it('stores patched rows, moves them from dead to stored in the ledger, and counts them once', async () => {
  const rows = [0, 1, 2, 3].map((key) => eventRow(`patch-${key}`, key % 2 ? { aws_account_id: '' } : {}))
  const body = await bodyOf(rows, { collector: 'patch' })
  const { block_id } = parseEnvelope(body).envelope
  await publish(body)
  await publish(body)
  await waitFor('both to be taken', async () => {
    const depth = await readDepth({ sqs }, runtime.addresses.queueUrl)
    return depth?.waiting === 0 && depth.in_flight === 0
  })
  expect(await ledger(block_id)).toHaveLength(3)
  expect(await listed('patch')).not.toHaveLength(0)
  const args = ['--collector', 'patch', '--patch', PATCH]
  expect(await redrive(...args, '--dry-run')).toMatchObject({ left: [] })
  expect(await listed('patch')).not.toHaveLength(0)
  expect(await stored('patch')).toEqual({ raw: 2, distinct: 2 })
  expect(await redrive(...args)).toMatchObject({ left: [] })
  await waitFor('the patched rows', async () => (await stored('patch')).distinct === 4)
  expect(await listed('patch')).toEqual([])
  expect(await stored('patch')).toEqual({ raw: 4, distinct: 4 })
  await waitFor('the ledger', async () => !JSON.stringify(await ledger(block_id)).includes('dead'))
  expect(await ledger(block_id)).toEqual([
    { entry: 'block', row: 0, outcome: 'stored' },
    { entry: 'row', row: 1, outcome: 'stored' },
    { entry: 'row', row: 3, outcome: 'stored' },
  ])
})

it('comes out the same by the console and by redrive when the rows are stored', async () => {
  await bury([
    await letterOf('console', eventRow('console-1'), 7),
    await letterOf('command', eventRow('command-1'), 7),
  ])
  await moveByConsole('console')
  expect(await redrive('--collector', 'command')).toMatchObject({ redriven: 1, rows: 1 })
  const ledgers = () => Promise.all(['console', 'command'].map((name) => ledger(name.padEnd(64, '0'))))
  await waitFor('both in the ledger', async () => (await ledgers()).every((entries) => entries.length === 1))
  const entry = { entry: 'row', row: 7, outcome: 'stored' }
  expect(await ledgers()).toEqual([[entry], [entry]])
  expect(await Promise.all([stored('console'), stored('command')])).toEqual([
    { raw: 1, distinct: 1 },
    { raw: 1, distinct: 1 },
  ])
})

it('comes out the same by the console and by redrive when the rows are refused again', async () => {
  await bury([await letterOf('again', eventRow('again-1', { aws_account_id: '' }))])
  const known = new Set((await listed('again')).map(({ id }) => id))
  const nextBody = async () => {
    const fresh: PeekedMessage[] = []
    await waitFor('another letter', async () => {
      fresh.push(...(await listed('again')).filter(({ id }) => !known.has(id)))
      return fresh.length > 0
    })
    for (const { id } of fresh) known.add(id)
    return parseEnvelope(fresh[0]?.body ?? '').envelope
  }
  await moveByConsole('again')
  const byConsole = await nextBody()
  await runPolo(['dlq', 'redrive', '--collector', 'again'], options)
  expect(await nextBody()).toEqual({ ...byConsole, parent_block_id: byConsole.block_id })
})

it('loses nothing and stores nothing twice when it is killed and run again', async () => {
  const letters = 300
  const bodies = Array.from({ length: letters }, (_, key) =>
    letterOf('killed', eventRow(`killed-${key}`), key),
  )
  await bury(await Promise.all(bodies))
  const args = ['dlq', 'redrive', '--collector', 'killed', '--rate', '60', '--json']
  const interrupted = startPolo(args, options)
  await waitFor('some rows', async () => (await stored('killed')).raw > 20)
  interrupted.signalParent('SIGINT')
  const { code, stdout } = await interrupted.ended
  expect(code).toBe(130)
  const first = Report.parse(JSON.parse(stdout))
  expect(first).toMatchObject({ unfinished: true, left: [] })
  const killed = startPolo(args, options)
  await waitFor('more rows', async () => (await stored('killed')).raw > first.redriven + 40)
  killed.signalParent('SIGKILL')
  expect((await killed.ended).signal).toBe('SIGKILL')
  const rest = await redrive('--collector', 'killed', '--rate', '1000')
  expect(rest.redriven).toBeGreaterThan(0)
  expect(rest.redriven).toBeLessThan(letters - first.redriven)
  expect(rest).toMatchObject({ matched: rest.redriven, left: [] })
  await waitFor('every row', async () => (await stored('killed')).distinct === letters)
  expect(await stored('killed')).toEqual({ raw: letters, distinct: letters })
  expect(await ledger('killed'.padEnd(64, '0'))).toHaveLength(letters)
  expect(await listed('killed')).toEqual([])
})

it('works on queues that the environment names, and wants to know both', async () => {
  await bury([await letterOf('named', eventRow('named-1'))], 'received_too_often')
  const { queueUrl, deadLetterQueueUrl } = runtime.addresses
  const env = {
    POLO_DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  }
  const args = ['dlq', 'redrive', '--reason', 'received_too_often', '--collector', 'named']
  const lacking = await runPolo(args, { env })
  expect(lacking).toMatchObject({ code: 1, stderr: expect.stringContaining('set POLO_QUEUE_URL') })
  const { code, stdout } = await runPolo(args, { env: { ...env, POLO_QUEUE_URL: queueUrl } })
  expect(stdout).toContain('Redriven: 1 dead letter with 1 row.')
  expect(code).toBe(0)
  await waitFor('the row', async () => (await stored('named')).raw === 1)
})

it('leaves what the ingester would refuse again, says why, and ends with 2', async () => {
  const body = await letterOf('refused', eventRow('refused-1'))
  await bury([body.replace(/"block_id":"\w+"/, `"block_id":"${'0'.repeat(64)}"`)], 'hash_mismatch')
  const { code, stdout } = await runPolo(['dlq', 'redrive', '--collector', 'refused'], options)
  expect(code).toBe(2)
  expect(stdout).toContain('1 dead letter that matched stayed:')
  expect(stdout).toContain("not sent without --force: hash_mismatch: the data's SHA-256 is")
  expect(await listed('refused')).toHaveLength(1)
})

it('exports letters that can be put back as they were, and purges what is meant when told yes', async () => {
  await bury(await Promise.all([1, 2, 3].map((key) => letterOf('export', eventRow(`export-${key}`), key))))
  await bury([await letterOf('bystander', eventRow('bystander-1'), 12)])
  const before = await listed('export')
  const out = join(options.dataDir, 'letters.ndjson')
  await polo('export', '--collector', 'export', '--out', out)
  expect((await stat(out)).mode & 0o777).toBe(0o600)
  const again = await runPolo(['dlq', 'export', '--out', out], options)
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('EEXIST') })
  const unasked = await runPolo(['dlq', 'purge', '--collector', 'export'], options)
  expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining('say --yes') })
  expect(await listed('export')).toHaveLength(3)
  expect(await polo('purge', '--collector', 'export', '--yes')).toContain(
    'Purged 3 dead letters with 3 rows.',
  )
  expect(await listed('export')).toEqual([])
  const lines = (await readFile(out, 'utf8')).trim().split('\n')
  const letters = lines.map((line) => Line.parse(JSON.parse(line)))
  await bury(letters.map(({ body }) => body))
  const content = ({ body, attributes }: Pick<PeekedMessage, 'body' | 'attributes'>) =>
    JSON.stringify([body, attributes])
  const put = (await listed('export')).map(content).sort()
  expect(put).toEqual(before.map(content).sort())
  expect(put).toEqual(letters.map(content).sort())
  const row: unknown = JSON.parse(await polo('export', '--collector', 'bystander', '--rows'))
  expect(row).toMatchObject({
    root_block_id: 'bystander'.padEnd(64, '0'),
    root_row: 12,
    errors: [{ code: 469 }],
    values: { resource_id: 'vol-bystander-1' },
  })
})
