import { type BlockSink, createSqsSink, PublishError } from '@polo/collectors'
import { createIngester } from '@polo/ingester'
import { LOCAL_SQS_ACCOUNT } from '@polo/local'
import { UsageError } from '../errors.ts'
import type { Session } from '../session/session.ts'
import type { CollectFlags } from './collect-request.ts'

/**
 * The queue, with `--backfill` the one for what must not delay live data, or with `--direct` the ingester itself, in
 * this process; dead letters go to the DLQ either way.
 * @throws UsageError for a backfill without a queue for it
 */
export function chooseSink(
  session: Session,
  { direct, backfill }: Pick<CollectFlags, 'direct' | 'backfill'>,
): BlockSink {
  if (direct) return createDirectSink(session)
  const queueUrl = backfill ? backfillQueueOf(session) : session.queueUrl
  return createSqsSink({ client: session.sqs, queueUrl })
}

function backfillQueueOf({ backfillQueueUrl, isDeployed }: Session): string {
  if (backfillQueueUrl) return backfillQueueUrl
  throw new UsageError(
    isDeployed
      ? 'what goes to the backfill queue (--backfill, and what is read from files) needs to know it: set ' +
          'POLO_BACKFILL_QUEUE_URL, or use the live queue with --no-backfill'
      : 'the polo up that runs here has no backfill queue: stop it and start it again',
  )
}

function createDirectSink({ clickhouse, sqs, deadLetterQueueUrl }: Session): BlockSink {
  const ingest = createIngester({ clickhouse, sqs, deadLetterQueueUrl, controlSenders: [LOCAL_SQS_ACCOUNT] })
  // No queue delivers it again: the ingester must not count on that.
  const attributes = { SenderId: LOCAL_SQS_ACCOUNT, ApproximateReceiveCount: '2' }
  return {
    async send(body) {
      const record = { messageId: crypto.randomUUID(), body, attributes }
      const { batchItemFailures } = await ingest({ Records: [record] }).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new PublishError(`the block was not stored: ${reason}`, { cause })
      })
      if (batchItemFailures.length > 0) throw new PublishError('the ingester did not take the block')
    },
  }
}
