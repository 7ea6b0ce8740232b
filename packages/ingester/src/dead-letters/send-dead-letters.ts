import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { shorten } from '../ingest/describe-rejection.ts'
import { loadSqs, type SqsAccess } from '../ingest/sqs-access.ts'
import type { DeadLetter } from './dead-letter.ts'

/** Of a message, its attributes included. */
const SQS_MAX_BYTES = 1_048_576
const MAX_ATTRIBUTE_LENGTH = 256

/** Sends dead letters, each with its reason as attributes. */
export async function sendDeadLetters(
  letters: readonly DeadLetter[],
  { sqs, deadLetterQueueUrl }: { sqs: SqsAccess; deadLetterQueueUrl: string },
): Promise<void> {
  if (letters.length === 0) return
  const { sdk, client } = await loadSqs(sqs)
  for (const letter of letters) {
    await client.send(
      new sdk.SendMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MessageBody: letter.body,
        MessageAttributes: attributesOf(letter),
      }),
    )
  }
}

/** A body that came near the limit leaves no room for attributes; better without than not at all. */
function attributesOf({ body, ...about }: DeadLetter): Record<string, MessageAttributeValue> {
  const entries = Object.entries(about)
    .map(([name, value]): [string, string] => [name, sqsText(String(value))])
    .filter(([, value]) => value !== '')
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + 'String'.length + value.length, 0)
  if (Buffer.byteLength(body) + bytes > SQS_MAX_BYTES) return {}
  return Object.fromEntries(
    entries.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  )
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html lists what SQS takes. */
function sqsText(text: string): string {
  return shorten(text.replace(/…/g, '...').replace(/[^\x20-\x7e]+/g, ' '), MAX_ATTRIBUTE_LENGTH)
    .replace('…', '')
    .trim()
}
