import { SQSClient } from '@aws-sdk/client-sqs'
import { urlSuffixOf } from '@polo/core'

/** A client for the region that a queue's URL names, else for the configured one. */
export function deployedSqs(queueUrl: string): SQSClient {
  return new SQSClient(regionOfQueue(queueUrl))
}

/** The region that a queue's URL names (`https://sqs.<region>.amazonaws.com/…`), as an SDK client takes it. */
export function regionOfQueue(queueUrl: string): { region?: string } {
  const region = /\bsqs\.([a-z0-9-]+)\./.exec(new URL(queueUrl).hostname)?.[1]
  return region ? { region } : {}
}

const OWNED = /^https:\/\/sqs\.([a-z0-9-]+)\.([a-z0-9.-]+)\/(\d{12})\//

/** The account that a queue's URL names: the hub's, for Polo's own; undefined for a queue that is not AWS's. */
export function ownerOfQueue(queueUrl: string): string | undefined {
  const [, region = '', suffix, owner] = OWNED.exec(queueUrl) ?? []
  return suffix === urlSuffixOf(region) ? owner : undefined
}
