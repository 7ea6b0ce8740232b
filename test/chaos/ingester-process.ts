import { connectClickHouse } from '@polo/ingester'
import { type DrainOptions, serveAsChild, sqsClient, startDrain } from '@polo/local'
import { type Sabotage, sabotageClickHouse, sabotageIngester, sabotageQueue } from './sabotage.ts'

/** What the ingester's process is started with. */
export interface IngesterProcessOptions
  extends Pick<DrainOptions, 'dataDir' | 'events' | 'backfill' | 'deadLetterQueueUrl'> {
  readonly clickhouseUrl: string
  readonly database: string
  readonly sqsEndpoint: string
  readonly functionTimeoutMs: number
  readonly visibilityTimeoutSeconds: number
  readonly sabotage: Sabotage
}

/** Nobody who sends here is among them: every control record is forged. */
const CONTROL_SENDERS = ['AROACONTROL']
/** An outage lasts for seconds here. */
const BREAKER_TIMING = { firstProbeMs: 300, lastProbeMs: 2_000, halfOpenMs: 1_000 }

await serveAsChild(async (options: IngesterProcessOptions) => {
  const { clickhouseUrl: url, database, sabotage } = options
  const sqs = sabotageQueue(sabotage, sqsClient(options.sqsEndpoint))
  const clickhouse = sabotageClickHouse(sabotage, connectClickHouse({ url, database }))
  const drain = await startDrain({
    ...options,
    clickhouse,
    sqs,
    controlSenders: CONTROL_SENDERS,
    breakerTiming: BREAKER_TIMING,
    wrapIngester: (ingester) => sabotageIngester(sabotage, ingester),
  })
  return {
    port: 0,
    async stop() {
      await drain.stop()
      await clickhouse.close()
      sqs.destroy()
    },
  }
})
