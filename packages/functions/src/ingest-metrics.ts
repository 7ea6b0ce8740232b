import type { Metrics } from '@aws-lambda-powertools/metrics'
import type { MessageReport } from '@polo/ingester'

/** What the ingester's invocation did, as CloudWatch metrics. */
export interface IngestMetrics {
  count(report: MessageReport): void
  /** Emits the sums since the last time; nothing where no message was settled, as in an outage. */
  publish(): void
}

interface Sums {
  messages: number
  rowsStored: number
  rowsDead: number
  deferred: number
  /** Of blocks of which something was stored. */
  maxAgeMs: number
}

/** Sums per invocation: one EMF record for each, however many messages. */
export function createIngestMetrics(metrics: Metrics, now: () => number = Date.now): IngestMetrics {
  let sums = noSums()
  return {
    count({ outcome, rowsStored, rowsDead, createdAt }) {
      const isStored = outcome === 'stored' || outcome === 'partly_stored'
      sums.messages++
      sums.rowsStored += rowsStored
      sums.rowsDead += rowsDead
      if (outcome === 'deferred') sums.deferred++
      if (isStored) sums.maxAgeMs = Math.max(sums.maxAgeMs, now() - Date.parse(createdAt))
    },
    publish() {
      const { messages, rowsStored, rowsDead, deferred, maxAgeMs } = sums
      sums = noSums()
      if (messages === 0) return
      metrics.addMetric('RowsStored', 'Count', rowsStored)
      metrics.addMetric('RowsDead', 'Count', rowsDead)
      metrics.addMetric('MessagesDeferred', 'Count', deferred)
      if (rowsStored > 0) metrics.addMetric('BlockAgeSeconds', 'Seconds', maxAgeMs / 1_000)
      metrics.publishStoredMetrics()
    },
  }
}

function noSums(): Sums {
  return { messages: 0, rowsStored: 0, rowsDead: 0, deferred: 0, maxAgeMs: 0 }
}
