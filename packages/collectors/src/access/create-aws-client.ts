import type { CountCall } from '../aws-source.ts'
import type { ClientClass } from '../collector.ts'
import { costOfCall } from '../paid-calls/paid-calls.ts'
import { showManaged } from './show-managed.ts'

type Handler = (args: { readonly input: object }) => Promise<object>

/** A step between a command and the network; `context.commandName` is such as 'DescribeInstancesCommand'. */
export type SdkMiddleware = (next: Handler, context: Readonly<Record<PropertyKey, unknown>>) => Handler

/** What every AWS SDK v3 client has in common and a source of AWS needs. */
export interface SdkClient {
  readonly config: {
    /** What requests are signed for: 'ec2', 'elasticloadbalancing', 'monitoring'. */
    readonly defaultSigningName: string
    readonly endpointProvider: (parameters: object) => { readonly url: URL }
  }
  readonly middlewareStack: {
    add(
      middleware: SdkMiddleware,
      options: {
        step: 'initialize' | 'finalizeRequest' | 'deserialize'
        priority: 'high' | 'low'
        name: string
      },
    ): void
  }
}

/** Tries that a call gets while AWS throttles it or the network fails. */
export const MAX_ATTEMPTS = 8

/** How every client of the live APIs waits and tries again. */
export const CLIENT_SETTINGS = {
  maxAttempts: MAX_ATTEMPTS,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  // S3's alone: a bucket may be in another region than the job, and S3 says in which.
  followRegionRedirects: true,
} as const

/** For an emulator, which has no host of its own for each bucket. */
export function endpointSettings(endpoint: string | undefined): object {
  return endpoint === undefined ? {} : { endpoint, forcePathStyle: true }
}

/** Where IAM's name of a service is not the one its requests are signed for. */
const IAM_PREFIXES: Readonly<Record<string, string>> = { monitoring: 'cloudwatch', tagging: 'tag' }

/** Where IAM's name of a permission is not that of the operation. */
const IAM_ACTIONS: Readonly<Record<string, string>> = { 's3:ListObjectsV2': 's3:ListBucket' }

/** An SDK client that tells `countCall` of every attempt; `isFree` where it is not AWS that answers, and nothing is charged. */
export function createAwsClient<Class extends ClientClass>(
  clientClass: Class,
  config: object,
  {
    countCall,
    use,
    isFree = false,
  }: { countCall: CountCall; use: (client: SdkClient) => void; isFree?: boolean },
): InstanceType<Class> {
  const client = new clientClass(config)
  if (!isInstance(client, clientClass) || !isSdkClient(client)) {
    throw new TypeError(`${clientClass.name} is not an AWS SDK v3 client`)
  }
  use(client)
  client.middlewareStack.add(showManaged(), { name: 'poloShowManaged', step: 'initialize', priority: 'low' })
  // After the SDK's retries and its signing: an attempt that was never signed was never sent.
  client.middlewareStack.add(countAttempts(client, countCall, isFree), {
    name: 'poloCountAttempts',
    step: 'finalizeRequest',
    priority: 'low',
  })
  return client
}

/** The operation's name: 'DescribeInstances'. */
export function operationOf(context: Readonly<Record<PropertyKey, unknown>>): string {
  return String(context.commandName).replace(/Command$/, '')
}

/** What IAM calls the permission for a call: 'cloudwatch:GetMetricData'. */
export function permissionOf(client: SdkClient, context: Readonly<Record<PropertyKey, unknown>>): string {
  const { defaultSigningName } = client.config
  const name = `${IAM_PREFIXES[defaultSigningName] ?? defaultSigningName}:${operationOf(context)}`
  return IAM_ACTIONS[name] ?? name
}

/** Calls `onEnd` with the permission when a call has been answered, and with the error when it failed, after all tries. */
export function watchCalls(
  client: object,
  onEnd: (permission: string, failure?: { readonly error: unknown }) => void,
): void {
  if (!isSdkClient(client)) throw new TypeError('only the calls of an AWS SDK v3 client can be watched')
  const watch: SdkMiddleware = (next, context) => async (args) => {
    try {
      const answer = await next(args)
      onEnd(permissionOf(client, context))
      return answer
    } catch (error) {
      onEnd(permissionOf(client, context), { error })
      throw error
    }
  }
  client.middlewareStack.add(watch, { name: 'poloWatchCalls', step: 'initialize', priority: 'high' })
}

function countAttempts(client: SdkClient, countCall: CountCall, isFree: boolean): SdkMiddleware {
  return (next, context) => async (args) => {
    const permission = permissionOf(client, context)
    await countCall(permission, isFree ? 0 : costOfCall(permission, args.input))
    return await next(args)
  }
}

function isInstance<Class extends ClientClass>(
  client: object,
  clientClass: Class,
): client is InstanceType<Class> {
  return client instanceof clientClass
}

function isSdkClient(client: object): client is SdkClient {
  if (!('config' in client) || !('middlewareStack' in client)) return false
  const { config } = client
  return typeof config === 'object' && config !== null && 'endpointProvider' in config
}
