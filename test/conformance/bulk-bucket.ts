import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { publishObjectLoads } from '@polo/collectors'
import { type PoloConfig, type PoloConfigInput, parseConfig } from '@polo/core'
import { createLoader, loadKinds, loadSources } from '@polo/ingester'
import { vi } from 'vitest'
import { batch, record } from '../ingester/factories.ts'
import { startPipeline } from '../ingester/pipeline.ts'
import { startMoto } from './start-moto.ts'

export const REGION = 'us-east-1'
export const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' })

export type BulkBucketStage = Awaited<ReturnType<typeof startBulkBucket>>

/** A bucket that tells a queue of what is written into it, and Polo's database, which reads it by itself. */
export async function startBulkBucket(
  bucket: string,
  configOf: (source: { bucket: string; region: string; endpoint: string }) => PoloConfigInput,
) {
  const moto = await startMoto()
  // As any ClickHouse, the embedded one reads S3 with the credentials of its own environment.
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  const polo = await startPipeline()
  const { endpoint } = moto
  const s3 = new S3Client({ endpoint, credentials, region: REGION, forcePathStyle: true })
  const sqs = new SQSClient({ endpoint, credentials, region: REGION })
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  const queueUrl = await tellQueue({ s3, sqs, bucket })
  const config = parseConfig(configOf({ bucket, region: REGION, endpoint }))
  return {
    endpoint,
    config,
    select: (query: string) => polo.select(query),
    truncate: (table: string) => polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` }),
    async put(key: string, body: Uint8Array | string): Promise<void> {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
    },
    /** The blocks in which what S3 told of asks for loads. */
    askTold: async () => await askFor(await receiveAll(sqs, queueUrl), config),
    /** Stores blocks as if a function of this name had sent them. */
    async ingest(bodies: readonly string[], sender: string): Promise<void> {
      await polo.ingest(batch(...bodies.map((body) => record(body, { sender: `AROACONTROL:${sender}` }))))
    },
    /** One pass of the loader. */
    async load(): Promise<void> {
      const loader = createLoader({
        clickhouse: polo.clickhouse,
        target: { kind: 'embedded' },
        kinds: loadKinds(config),
        sources: loadSources(config),
        name: 'conformance',
      })
      await loader.run()
    },
    async stop(): Promise<void> {
      await polo.stop()
      await moto.stop()
    },
  }
}

interface Queueing {
  readonly s3: S3Client
  readonly sqs: SQSClient
  readonly bucket: string
}

async function tellQueue({ s3, sqs, bucket }: Queueing): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'objects' }))
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  )
  const told = { QueueArn: Attributes?.QueueArn, Events: ['s3:ObjectCreated:*' as const] }
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: bucket,
      NotificationConfiguration: { QueueConfigurations: [told] },
    }),
  )
  return QueueUrl
}

async function receiveAll(sqs: SQSClient, queueUrl: string) {
  const messages: { messageId: string; body: string }[] = []
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 300 }),
    )
    if (Messages.length === 0) return messages
    messages.push(...Messages.map(({ MessageId = '', Body = '' }) => ({ messageId: MessageId, body: Body })))
  }
}

async function askFor(
  messages: readonly { messageId: string; body: string }[],
  config: PoloConfig,
): Promise<string[]> {
  const bodies: string[] = []
  const sink = { send: async (body: string) => void bodies.push(body) }
  const [refused] = await publishObjectLoads(messages, { sink, config })
  if (refused) throw new Error(`what S3 told was not read: ${refused.error}`)
  return bodies
}
