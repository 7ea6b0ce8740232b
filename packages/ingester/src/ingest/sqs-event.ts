import * as z from 'zod'

/** The part of a Lambda SQS record that is read here; Lambda sends more, which is ignored. */
export const SqsRecord = z.object({
  messageId: z.string().min(1),
  body: z.string(),
  /** Without these two the message cannot be kept hidden, nor deleted ahead of the rest of its batch. */
  receiptHandle: z.string().optional(),
  eventSourceARN: z.string().optional(),
  attributes: z
    .object({ SenderId: z.string().optional(), ApproximateReceiveCount: z.string().optional() })
    .default({}),
})
export type SqsRecord = z.infer<typeof SqsRecord>

/** What Lambda's event source mapping hands over. */
export const SqsEvent = z.object({ Records: z.array(SqsRecord) })
export type SqsEvent = z.infer<typeof SqsEvent>

/** The answer under ReportBatchItemFailures: the messages that must come back. */
export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[]
}
