import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs'

/** What Lambda hands to a function for a batch of SQS messages. */
export interface SqsEvent {
  Records: SqsRecord[]
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, with Lambda's spelling of the keys. */
export interface SqsRecord {
  messageId: string
  receiptHandle: string
  body: string
  attributes: Record<string, string>
  messageAttributes: Record<string, SqsRecordAttribute>
  md5OfMessageAttributes?: string
  md5OfBody: string
  eventSource: 'aws:sqs'
  eventSourceARN: string
  awsRegion: string
}

export interface SqsRecordAttribute {
  stringValue?: string
  /** Base64. */
  binaryValue?: string
  stringListValues: string[]
  binaryListValues: string[]
  dataType: string
}

/** A received message as Lambda shows it. */
export function toSqsRecord(message: Message, queue: { arn: string; region: string }): SqsRecord {
  const attributes = Object.entries(message.MessageAttributes ?? {})
  const md5OfMessageAttributes = message.MD5OfMessageAttributes
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: { ...message.Attributes },
    messageAttributes: Object.fromEntries(attributes.map(([name, value]) => [name, toAttribute(value)])),
    ...(md5OfMessageAttributes && { md5OfMessageAttributes }),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: queue.region,
  }
}

function toAttribute({ StringValue, BinaryValue, DataType }: MessageAttributeValue): SqsRecordAttribute {
  return {
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType ?? '',
  }
}
