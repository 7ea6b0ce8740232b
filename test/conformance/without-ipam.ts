import { EC2Client } from '@aws-sdk/client-ec2'
import type { AwsSource } from '@polo/collectors'

/** The same AWS in an account that has no IPAM: moto does not know what that is. */
export function withoutIpam(aws: AwsSource): AwsSource {
  return {
    ...aws,
    client(clientClass, place) {
      const client = aws.client(clientClass, place)
      if (client instanceof EC2Client) {
        client.middlewareStack.add(
          (next, context) => async (args) =>
            context.commandName === 'DescribeIpamsCommand'
              ? { response: {}, output: { $metadata: {}, Ipams: [] } }
              : next(args),
          { step: 'deserialize', priority: 'high' },
        )
      }
      return client
    },
  }
}
