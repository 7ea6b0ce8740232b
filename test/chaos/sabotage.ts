import { hash, randomUUID } from 'node:crypto'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Ingester } from '@polo/ingester'

/** Faults that an ingester must not have, to see that the harness finds them. */
export const SABOTAGES = ['none', 'forget_blocks', 'random_token', 'forget_dead_letters'] as const
export type Sabotage = (typeof SABOTAGES)[number]

/** The ingester, or one that acknowledges half of all messages, always the same, without a look at them. */
export function sabotageIngester(sabotage: Sabotage, ingest: Ingester): Ingester {
  if (sabotage !== 'forget_blocks') return ingest
  return ({ Records }, invocation) =>
    ingest({ Records: Records.filter(({ body }) => hash('sha256', body, 'hex') < '8') }, invocation)
}

/** The client, or one that gives every insert an identity of its own. */
export function sabotageClickHouse(sabotage: Sabotage, client: ClickHouseClient): ClickHouseClient {
  if (sabotage !== 'random_token') return client
  const exec = client.exec.bind(client)
  client.exec = (params: Parameters<typeof exec>[0]) => {
    const insert_deduplication_token = randomUUID()
    return exec({
      ...params,
      clickhouse_settings: { ...params.clickhouse_settings, insert_deduplication_token },
    })
  }
  return client
}

/** The client, or one that only pretends to send single messages, which dead letters are. */
export function sabotageQueue(sabotage: Sabotage, client: SQSClient): SQSClient {
  if (sabotage !== 'forget_dead_letters') return client
  client.middlewareStack.add(
    (next, context) => async (args) =>
      context.commandName === 'SendMessageCommand'
        ? { output: { $metadata: {} }, response: undefined }
        : await next(args),
    { step: 'initialize' },
  )
  return client
}
