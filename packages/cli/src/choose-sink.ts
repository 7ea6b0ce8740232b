import { type BlockSink, createSqsSink, PublishError } from '@polo/collectors'
import { createIngester } from '@polo/ingester'
import { LOCAL_SQS_ACCOUNT } from '@polo/local'
import type { Session } from './session.ts'

/** The queue, or with `--direct` the ingester itself, in this process; dead letters go to the DLQ either way. */
export function chooseSink(session: Session, isDirect: boolean): BlockSink {
  return isDirect
    ? createDirectSink(session)
    : createSqsSink({ client: session.sqs, queueUrl: session.queueUrl })
}

function createDirectSink({ clickhouse, sqs, deadLetterQueueUrl }: Session): BlockSink {
  const ingest = createIngester({ clickhouse, sqs, deadLetterQueueUrl, controlSenders: [LOCAL_SQS_ACCOUNT] })
  return {
    async send(body) {
      const record = { messageId: crypto.randomUUID(), body, attributes: { SenderId: LOCAL_SQS_ACCOUNT } }
      const { batchItemFailures } = await ingest({ Records: [record] }).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new PublishError(`the block was not stored: ${reason}`, { cause })
      })
      if (batchItemFailures.length > 0) throw new PublishError('the ingester did not take the block')
    },
  }
}
