import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { createPublisher, createSqsSink } from '@polo/collectors'
import { createIngester } from '@polo/ingester'
import { type EventSourceMapping, startEventSourceMapping } from '@polo/local'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bodyOf, eventRow } from '../ingester/factories.ts'
import { type Pipeline, startPipeline } from '../ingester/pipeline.ts'
import { cleanUp, makeDirectory, runPolo, waitFor } from '../integration/polo-process.ts'
import { type Moto, startMoto } from './start-moto.ts'

const REGION = 'us-east-1'
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }
const VISIBILITY_SECONDS = 30
const ROWS = 20_000
const RUN_ID = '5f2b6c1e-8d2f-4b58-9d06-0a4b3c2d1e0f'

let moto: Moto
let pipeline: Pipeline
let sqs: SQSClient
let mapping: EventSourceMapping
const queues = { events: '', deadLetters: '', arn: '' }

beforeAll(async () => {
  moto = await startMoto()
  pipeline = await startPipeline()
  sqs = new SQSClient({ endpoint: moto.endpoint, region: REGION, credentials: CREDENTIALS })
  queues.deadLetters = await createQueue('polo-events-dlq', { MessageRetentionPeriod: '1209600' })
  const deadLetterTargetArn = await arnOf(queues.deadLetters)
  queues.events = await createQueue('polo-events', {
    VisibilityTimeout: String(VISIBILITY_SECONDS),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 50 }),
  })
  queues.arn = await arnOf(queues.events)
  mapping = startEventSourceMapping({
    client: sqs,
    queueUrl: queues.events,
    queueArn: queues.arn,
    region: REGION,
    visibilityTimeoutSeconds: VISIBILITY_SECONDS,
    functionTimeoutMs: 30_000,
    reportBatchItemFailures: true,
    handler: createIngester({
      clickhouse: pipeline.clickhouse,
      sqs,
      deadLetterQueueUrl: queues.deadLetters,
      controlSenders: ['AROACONTROL'],
    }),
  })
})

afterAll(async () => {
  await mapping?.stop()
  sqs?.destroy()
  await pipeline?.stop()
  await moto?.stop()
  await cleanUp()
})

async function createQueue(QueueName: string, Attributes: Record<string, string>): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName, Attributes: { MaximumMessageSize: '1048576', ...Attributes } }),
  )
  return QueueUrl
}

async function arnOf(QueueUrl: string): Promise<string> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  )
  return Attributes?.QueueArn ?? ''
}

async function messagesIn(QueueUrl: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  )
  return Object.values(Attributes ?? {}).reduce((sum, count) => sum + Number(count), 0)
}

async function polo(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runPolo([...args, '--json'], {
    dataDir: await makeDirectory(),
    env: {
      POLO_CLICKHOUSE_URL: pipeline.url,
      POLO_DATABASE: pipeline.database,
      POLO_QUEUE_URL: queues.events,
      POLO_DEAD_LETTER_QUEUE_URL: queues.deadLetters,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
  })
  if (code !== 0) throw new Error(`polo ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return JSON.parse(stdout)
}

it('takes what the publisher sends, and the ingester stores every row once', async () => {
  const publisher = createPublisher({
    sink: createSqsSink({ client: sqs, queueUrl: queues.events }),
    schema: 'resource_event/1',
    runId: RUN_ID,
    collector: 'config_ebs',
    onTooLarge: (error) => {
      throw error
    },
  })
  for (let index = 0; index < ROWS; index++) {
    const waiting = publisher.publish({ ...WHOLE, ...eventRow(`moto-${index}`) })
    if (waiting) await waiting
  }
  const { blocks, error } = await publisher.finish()

  expect(error).toBeUndefined()
  expect(blocks.reduce((sum, { rows }) => sum + rows, 0)).toBe(ROWS)
  await waitFor('every row', async () => (await pipeline.countRaw('moto')) >= ROWS)
  expect(await pipeline.countRaw('moto')).toBe(ROWS)
  await waitFor('an empty queue', async () => (await messagesIn(queues.events)) === 0)
})

it('gets the bad rows as a dead letter, which polo dlq shows, mends and sends back', async () => {
  const rows = [0, 1, 2].map((key) => eventRow(`mend-${key}`, key === 1 ? { aws_account_id: '' } : {}))
  const MessageBody = await bodyOf(rows, { collector: 'mend' })
  await sqs.send(new SendMessageCommand({ QueueUrl: queues.events, MessageBody }))
  await waitFor('a dead letter', async () => (await messagesIn(queues.deadLetters)) === 1)
  expect(await pipeline.countRaw('mend')).toBe(2)

  const letters = await polo('dlq', 'ls')
  expect(JSON.stringify(letters)).toContain('rejected_rows')

  const patch = JSON.stringify({ aws_account_id: '111122223333' })
  const report = await polo('dlq', 'redrive', '--all', '--patch', patch)

  expect(report).toMatchObject({ matched: 1, redriven: 1, rows: 1 })
  await waitFor('the mended row', async () => (await pipeline.countRaw('mend')) === 3)
  expect(await messagesIn(queues.deadLetters)).toBe(0)
})

/** The columns that `eventRow` leaves to their defaults; Native blocks carry them all. */
const WHOLE = {
  resource_name: '',
  actor_arn: '',
  actor_name: '',
  marqo_customer: '',
  marqo_cluster: '',
  marqo_index: '',
  marqo_env: '',
  marqo_purpose: '',
  account_role: '',
}
