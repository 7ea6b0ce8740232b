import { connectClickHouse } from '@polo/ingester'
import { serveAsChild } from '../child.ts'
import { sqsClient } from '../sqs/sqs-client.ts'
import { trackProblems } from './ingester-problems.ts'
import { type DrainOptions, startDrain } from './start-drain.ts'

/** What the ingester's process is started with. */
export interface IngesterProcessOptions
  extends Pick<DrainOptions, 'dataDir' | 'events' | 'backfill' | 'deadLetterQueueUrl' | 'controlSenders'> {
  readonly clickhouseUrl: string
  readonly database: string
  readonly sqsEndpoint: string
}

await serveAsChild(async (options: IngesterProcessOptions, reportProblem) => {
  const sqs = sqsClient(options.sqsEndpoint)
  const clickhouse = connectClickHouse({ url: options.clickhouseUrl, database: options.database })
  const drain = await startDrain({ ...options, clickhouse, sqs, ...trackProblems(reportProblem) })
  return {
    port: 0,
    async stop() {
      await drain.stop()
      await clickhouse.close()
      sqs.destroy()
    },
  }
})
