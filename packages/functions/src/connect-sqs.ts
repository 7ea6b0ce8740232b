import type { SQSClient } from '@aws-sdk/client-sqs'

let client: SQSClient | undefined

/** One client for the function's life, made when it is first needed. */
export async function connectSqs(): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs')
  client ??= new SQSClient()
  return client
}
