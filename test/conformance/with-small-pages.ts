import { AutoScalingClient } from '@aws-sdk/client-auto-scaling'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { S3Client } from '@aws-sdk/client-s3'
import type { AwsSource } from '@polo/collectors'

export const PAGE_SIZE = 10

/** The same AWS, asked for pages so small that a few resources fill several. */
export function withSmallPages(aws: AwsSource): AwsSource {
  return {
    ...aws,
    client(clientClass, place) {
      const client = aws.client(clientClass, place)
      if (client instanceof EC2Client) {
        client.middlewareStack.add((next) => (args) => next(cut(args, 'MaxResults')), { step: 'initialize' })
      }
      if (client instanceof ElasticLoadBalancingV2Client) {
        client.middlewareStack.add((next) => (args) => next(cut(args, 'PageSize')), { step: 'initialize' })
      }
      if (client instanceof AutoScalingClient) {
        client.middlewareStack.add((next) => (args) => next(cut(args, 'MaxRecords')), { step: 'initialize' })
      }
      if (client instanceof S3Client) {
        client.middlewareStack.add((next) => (args) => next(cut(args, 'MaxKeys')), { step: 'initialize' })
      }
      return client
    },
  }
}

function cut<Args extends { input: object }>(args: Args, limit: string): Args {
  return limit in args.input ? { ...args, input: { ...args.input, [limit]: PAGE_SIZE } } : args
}
