import * as z from 'zod'

/** An object that was written. */
export interface WrittenObject {
  readonly bucket: string
  readonly key: string
  readonly etag: string
  readonly bytes: number
  readonly writtenAt: Date
  /** The bucket's account, where the event says so. */
  readonly account: string
}

const S3Object = { size: z.int().nonnegative().default(0) }

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const Notification = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      eventTime: z.iso.datetime(),
      s3: z.object({
        bucket: z.object({ name: z.string().min(1) }),
        object: z.object({ ...S3Object, key: z.string().min(1), eTag: z.string().default('') }),
      }),
    }),
  ),
})

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const BusEvent = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  account: z.string().default(''),
  time: z.iso.datetime(),
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({ ...S3Object, key: z.string().min(1), etag: z.string().default('') }),
  }),
})

/** What S3 sends when notifications are set up. */
const TestEvent = z.object({ Event: z.literal('s3:TestEvent') })
/** SNS between S3 and the queue, without raw delivery. */
const Wrapped = z.object({ Type: z.literal('Notification'), Message: z.string() })

/**
 * Reads what S3 says of objects that were written: its own notifications, straight or through SNS, or EventBridge's events.
 * @throws SyntaxError or ZodError for anything else
 */
export function readObjectEvents(body: string): WrittenObject[] {
  const json: unknown = JSON.parse(body)
  const wrapped = Wrapped.safeParse(json)
  if (wrapped.success) return readObjectEvents(wrapped.data.Message)
  if (TestEvent.safeParse(json).success) return []
  const event = BusEvent.safeParse(json)
  if (event.success) return fromBus(event.data)
  return Notification.parse(json).Records.flatMap(fromNotification)
}

function fromBus({ 'detail-type': type, account, time, detail }: z.infer<typeof BusEvent>): WrittenObject[] {
  if (type !== 'Object Created') return []
  const { key, etag, size } = detail.object
  return [{ bucket: detail.bucket.name, key, etag, bytes: size, writtenAt: new Date(time), account }]
}

function fromNotification({
  eventName,
  eventTime,
  s3,
}: z.infer<typeof Notification>['Records'][number]): WrittenObject[] {
  if (!/^(s3:)?ObjectCreated:/.test(eventName)) return []
  const { key, eTag, size } = s3.object
  // As a form is encoded: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
  const decoded = decodeURIComponent(key.replaceAll('+', ' '))
  const writtenAt = new Date(eventTime)
  return [{ bucket: s3.bucket.name, key: decoded, etag: eTag, bytes: size, writtenAt, account: '' }]
}
