// One contender of ingester-alone.ts, in a process of its own as in Lambda: no other's heap and garbage weigh on it.
import { readFile } from 'node:fs/promises'
import { zstdDecompressSync } from 'node:zlib'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import { parseEnvelope, ResourceEvent } from '@polo/core'
import { connectClickHouse, createIngester, SqsEvent } from '@polo/ingester'
import { cpuSecondsOf } from './measure.ts'

/** What `process.send` carries back for each round. */
export interface ContenderReport {
  readonly cpuSeconds: number
  /** The most memory that the process ever had. */
  readonly maxRssBytes: number
}

/** Takes Lambda's event as the text that its runtime receives. */
type Contender = (event: string) => Promise<void>

function ingester(clickhouse: ClickHouseClient): Contender {
  const ingest = createIngester({
    clickhouse,
    sqs: new SQSClient({ region: 'us-east-1' }),
    deadLetterQueueUrl: 'http://127.0.0.1:1/dead',
    controlSenders: [],
    onMessage({ outcome, reason }) {
      if (outcome !== 'stored') throw new Error(`a message was not stored: ${reason}`)
    },
  })
  return async (event) => void (await ingest(SqsEvent.parse(JSON.parse(event))))
}

/** No hash, no bound, no count: only what cannot be left out to insert objects that were checked. */
function naive(clickhouse: ClickHouseClient): Contender {
  return async (event) => {
    for (const { body } of SqsEvent.parse(JSON.parse(event)).Records) {
      const lines = zstdDecompressSync(parseEnvelope(body).block.data).toString().trimEnd().split('\n')
      const values = lines.map((line) => ResourceEvent.parse(JSON.parse(line)))
      await clickhouse.insert({ table: 'resource_events', values, format: 'JSONEachRow' })
    }
  }
}

function parsing(): Contender {
  return async (event) => void SqsEvent.parse(JSON.parse(event))
}

const [name, url, ...files] = process.argv.slice(2)
const contenders = { ingester, naive, parsing }
if (name !== 'ingester' && name !== 'naive' && name !== 'parsing') throw new Error(`no contender ${name}`)
const run = contenders[name](connectClickHouse({ url: url ?? '', database: 'polo' }))
const events = await Promise.all(files.map((file) => readFile(file)))

process.on('message', async () => {
  const cpuSeconds = await cpuSecondsOf(async () => {
    for (const event of events) await run(event.toString())
  })
  const report: ContenderReport = { cpuSeconds, maxRssBytes: process.resourceUsage().maxRSS * 1024 }
  process.send?.(report)
})
process.once('disconnect', () => process.exit())
process.send?.('ready')
