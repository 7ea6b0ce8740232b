/** The ARN of a resource of EC2's (VPC and EBS included); undefined where the answer lacks the id. */
export function ec2Arn(
  place: { readonly partition: string; readonly region: string; readonly account: string },
  type: string,
  id: string | undefined,
): string | undefined {
  return id ? `arn:${place.partition}:ec2:${place.region}:${place.account}:${type}/${id}` : undefined
}
