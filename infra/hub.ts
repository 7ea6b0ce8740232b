/** The account and the region that this is deployed to. */
export const hub = {
  accountId: aws.getCallerIdentityOutput().accountId,
  region: aws.getRegionOutput().region,
  partition: aws.getPartitionOutput().partition,
}

/** An ARN of the hub's account and region, for what must be named before it exists. */
export function hubArn(service: string, resource: string) {
  return $interpolate`arn:${hub.partition}:${service}:${hub.region}:${hub.accountId}:${resource}`
}
