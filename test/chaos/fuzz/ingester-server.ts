import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { connectClickHouse, createIngester, type MessageReport, OutageError, SqsEvent } from '@polo/ingester'
import { serveAsChild, sqsClient } from '@polo/local'

/** What the ingester under test is started with. */
export interface IngesterServerOptions {
  readonly clickhouseUrl: string
  readonly database: string
  readonly sqsEndpoint: string
  readonly deadLetterQueueUrl: string
  readonly controlSenders: readonly string[]
}

/** The answer to an SQS event: what the event source mapping would see, and what became of each message. */
export type InvocationAnswer =
  | { readonly failedIds: readonly string[]; readonly reports: readonly MessageReport[] }
  | { readonly thrown: string; readonly isOutage: boolean }

/** As the event source mapping's limit on one machine. */
const INVOCATION_MS = 30_000

await serveAsChild(async (options: IngesterServerOptions) => {
  const clickhouse = connectClickHouse({ url: options.clickhouseUrl, database: options.database })
  const sqs = sqsClient(options.sqsEndpoint)
  const reports = new Map<string, MessageReport>()
  const ingest = createIngester({
    ...options,
    clickhouse,
    sqs,
    onMessage: (report) => reports.set(report.messageId, report),
  })

  async function invoke(event: SqsEvent): Promise<InvocationAnswer> {
    const deadline = Date.now() + INVOCATION_MS
    try {
      const { batchItemFailures } = await ingest(event, {
        getRemainingTimeInMillis: () => deadline - Date.now(),
      })
      const ids = event.Records.map(({ messageId }) => messageId)
      return {
        failedIds: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
        reports: ids.flatMap((id) => reports.get(id) ?? []),
      }
    } catch (error) {
      return { thrown: String(error), isOutage: error instanceof OutageError }
    } finally {
      for (const { messageId } of event.Records) reports.delete(messageId)
    }
  }

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const answer = await invoke(SqsEvent.parse(await json(request)))
    response.end(JSON.stringify(answer))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    port,
    async stop() {
      server.closeAllConnections()
      await clickhouse.close()
      sqs.destroy()
    },
  }
})
