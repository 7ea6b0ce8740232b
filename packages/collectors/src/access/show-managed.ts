import type { SdkMiddleware } from './create-aws-client.ts'

/** EC2's calls that Polo makes and whose answers leave out what an account hides. */
const HIDING: ReadonlySet<string> = new Set([
  'DescribeInstancesCommand',
  'DescribeNetworkInterfacesCommand',
  'DescribeVolumesCommand',
])

/**
 * Asks also for what AWS services manage in an account, such as instances of EKS Auto Mode: an account may hide it, and it
 * runs and is billed all the same. Where EC2 does not know of that yet, nothing is hidden.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedResourceVisibility.html
 */
export function showManaged(): SdkMiddleware {
  let isKnown = true
  return (next, context) => {
    if (!HIDING.has(String(context.commandName))) return next
    return async (args) => {
      if (!isKnown) return next(args)
      try {
        return await next({ ...args, input: { ...args.input, IncludeManagedResources: true } })
      } catch (error) {
        if (!(error instanceof Error && error.name === 'UnknownParameter')) throw error
        isKnown = false
        return next(args)
      }
    }
  }
}
