import type { SQSClient } from '@aws-sdk/client-sqs'

/** A client, or how to get one when it is needed: most invocations need none, and a cold start need not wait for it. */
export type SqsAccess = SQSClient | (() => Promise<SQSClient>)

/** The client and the SDK's commands, loaded at the first call. */
export async function loadSqs(access: SqsAccess) {
  const sdk = await import('@aws-sdk/client-sqs')
  return { sdk, client: typeof access === 'function' ? await access() : access }
}
