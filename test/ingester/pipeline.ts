import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import { createClient } from '@clickhouse/client'
import type { PoloConfig } from '@polo/core'
import { createIngester, type IngesterDependencies, migrate } from '@polo/ingester'
import { sqsClient, startClickHouse, startSqs } from '@polo/local'
import { KEEPING_SAMPLES } from './factories.ts'

const DATABASE = 'polo'
const DEAD_LETTERS = 'polo-dead-letters'
const EVENTS = 'polo-events'
export const EVENTS_VISIBILITY_SECONDS = 4
const SCHEMA = fileURLToPath(new URL('../../schema', import.meta.url))

export type Pipeline = Awaited<ReturnType<typeof startPipeline>>

/** ClickHouse with Polo's tables, and a dead-letter queue, on this machine. */
export async function startPipeline({ config = KEEPING_SAMPLES }: { readonly config?: PoloConfig } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'polo-ingester-'))
  const [server, queues] = await Promise.all([
    startClickHouse({ dataDir: join(directory, 'clickhouse') }),
    startSqs({
      dataDir: join(directory, 'sqs'),
      queues: [
        { name: DEAD_LETTERS, visibilityTimeoutSeconds: 30, messageRetentionSeconds: 1_209_600 },
        {
          name: EVENTS,
          visibilityTimeoutSeconds: EVENTS_VISIBILITY_SECONDS,
          messageRetentionSeconds: 604_800,
          deadLetterQueue: { name: DEAD_LETTERS, maxReceiveCount: 50 },
        },
      ],
    }),
  ])
  const connect = (database: string) => createClient({ url: server.url, database, log: { level: 127 } })
  await migrate({
    connect,
    database: DATABASE,
    target: { kind: 'embedded' },
    directory: SCHEMA,
    config,
  })
  const clickhouse = connect(DATABASE)
  const sqs = sqsClient(queues.endpoint)
  const deadLetterQueueUrl = queues.queueUrls[DEAD_LETTERS] ?? ''
  const controlSenders = ['AROACONTROL']
  const dependencies: IngesterDependencies = { clickhouse, sqs, deadLetterQueueUrl, controlSenders }
  return {
    ...dependencies,
    controlSenders,
    sqs,
    url: server.url,
    sqsEndpoint: queues.endpoint,
    queueUrl: queues.queueUrls[EVENTS] ?? '',
    queueArn: queues.queueArns[EVENTS] ?? '',
    database: DATABASE,
    ingest: createIngester(dependencies),
    async select(query: string): Promise<Record<string, unknown>[]> {
      const result = await clickhouse.query({
        query,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      })
      return await result.json<Record<string, unknown>>()
    },
    /** Rows of `resource_events`, duplicates included, whose resource id begins with `vol-<prefix>-`. */
    async countRaw(prefix: string): Promise<number> {
      const result = await clickhouse.query({
        query: 'SELECT count() AS n FROM resource_events WHERE startsWith(resource_id, {start:String})',
        query_params: { start: `vol-${prefix}-` },
        format: 'JSONEachRow',
      })
      const [row] = await result.json<{ n: string | number }>()
      return Number(row?.n)
    },
    /** Messages that are in the events queue, visible or not. */
    async countWaiting(): Promise<number> {
      const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
      const { Attributes: counts = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queues.queueUrls[EVENTS], AttributeNames: [...names] }),
      )
      return names.reduce((sum, name) => sum + Number(counts[name] ?? 0), 0)
    },
    /** Takes every dead letter off the queue. */
    async takeDeadLetters(): Promise<Message[]> {
      const taken: Message[] = []
      for (;;) {
        const { Messages: messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: deadLetterQueueUrl,
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ['All'],
          }),
        )
        if (messages.length === 0) return taken
        for (const message of messages) {
          const ReceiptHandle = message.ReceiptHandle
          await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle }))
        }
        taken.push(...messages)
      }
    },
    async stop() {
      await clickhouse.close()
      sqs.destroy()
      await Promise.all([server.stop(), queues.stop()])
      await rm(directory, { recursive: true, force: true })
    },
  }
}
