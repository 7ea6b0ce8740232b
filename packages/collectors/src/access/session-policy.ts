import { ConfigError } from '@polo/core'

/** What a read role allows beside the permissions of its collectors: finding out which regions are enabled. */
export const REGIONS_PERMISSION = 'ec2:DescribeRegions'

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const MAX_LENGTH = 2_048

/**
 * The inline policy that cuts a session down to what one collector calls, whatever the role allows.
 * @throws ConfigError when it is longer than AWS takes
 */
export function sessionPolicy(permissions: readonly string[]): string {
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: readActions(permissions), Resource: '*' }],
  })
  if (policy.length <= MAX_LENGTH) return policy
  throw new ConfigError(
    `the session policy of ${permissions.length} permissions has ${policy.length} characters, and AWS takes ${MAX_LENGTH}: split the collector`,
  )
}

/** Sorted, each once. */
export function readActions(permissions: readonly string[]): string[] {
  return [...new Set([...permissions, REGIONS_PERMISSION])].sort()
}
