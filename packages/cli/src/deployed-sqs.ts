import { SQSClient } from '@aws-sdk/client-sqs'

/** A client for the region that a queue's URL names (`https://sqs.<region>.amazonaws.com/…`), else for the configured one. */
export function deployedSqs(queueUrl: string): SQSClient {
  const region = /\bsqs\.([a-z0-9-]+)\./.exec(new URL(queueUrl).hostname)?.[1]
  return new SQSClient(region ? { region } : {})
}
