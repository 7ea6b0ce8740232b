import { SQSClient } from '@aws-sdk/client-sqs'

/** A client for the region that a queue's URL names, else for the configured one. */
export function deployedSqs(queueUrl: string): SQSClient {
  return new SQSClient(regionOfQueue(queueUrl))
}

/** The region that a queue's URL names (`https://sqs.<region>.amazonaws.com/…`), as an SDK client takes it. */
export function regionOfQueue(queueUrl: string): { region?: string } {
  const region = /\bsqs\.([a-z0-9-]+)\./.exec(new URL(queueUrl).hostname)?.[1]
  return region ? { region } : {}
}
