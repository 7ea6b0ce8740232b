import { DescribeRegionsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers'
import type { AwsSource } from './aws-source.ts'
import { createAwsClient, type SdkClient } from './create-aws-client.ts'
import { MissingCredentialsError, UnexpectedAnswerError, WrongAccountError } from './errors.ts'

/** Tries that a call gets while AWS throttles it or the network fails. */
export const MAX_ATTEMPTS = 8
const CONNECTION_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 30_000
const CREDENTIALS_MARGIN_MS = 5 * 60_000
const FALLBACK_REGION = 'us-east-1'
const USABLE = ['opt-in-not-required', 'opted-in']

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}
type CredentialProvider = () => Promise<Credentials>

/** Which AWS, as whom, and where. */
export interface LiveAwsOptions {
  /** A profile of the AWS configuration files; the default credential chain if left out. */
  readonly profile?: string | undefined
  /** Every service's URL, for an emulator. */
  readonly endpoint?: string | undefined
  /** Look only here; every region that is enabled in the account if left out. */
  readonly regions?: readonly string[] | undefined
  /** Instead of a profile or the chain. */
  readonly credentials?: CredentialProvider | undefined
}

/**
 * AWS's own APIs as one caller sees them; its account is the only one there is.
 * Calls throw MissingCredentialsError where there are none, and WrongAccountError when asked for another account.
 */
export function liveAws(options: LiveAwsOptions = {}): AwsSource {
  const { profile, endpoint } = options
  const shared = {
    ...(endpoint === undefined ? {} : { endpoint }),
    credentials: rememberCredentials(options.credentials ?? credentialsOf(profile), profile),
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  }
  const homeRegion = once(async () => options.regions?.[0] ?? (await configuredRegion(profile)))
  const callerId = once(async () => askCaller({ ...shared, region: await homeRegion() }))
  return {
    description: ['live AWS', profile && `as profile ${profile}`, endpoint && `at ${endpoint}`]
      .filter(Boolean)
      .join(' '),
    accounts: async () => [{ id: await callerId(), source: 'caller' }],
    regions: async () => options.regions ?? askRegions({ ...shared, region: await homeRegion() }),
    client: (clientClass, { accountId, region, countCall }) =>
      createAwsClient(
        clientClass,
        { ...shared, region },
        {
          countCall,
          use: (client) => confineToAccount(client, accountId, callerId),
        },
      ),
  }
}

async function askCaller(config: object): Promise<string> {
  const client = new STSClient(config)
  try {
    const { Account } = await client.send(new GetCallerIdentityCommand({}))
    if (!Account) throw new UnexpectedAnswerError('sts:GetCallerIdentity answered without an account')
    return Account
  } finally {
    client.destroy()
  }
}

async function askRegions(config: object): Promise<readonly string[]> {
  const client = new EC2Client(config)
  try {
    const { Regions } = await client.send(new DescribeRegionsCommand({ AllRegions: false }))
    if (!Regions) throw new UnexpectedAnswerError('ec2:DescribeRegions answered without regions')
    return Regions.filter(({ OptInStatus = 'opt-in-not-required' }) => USABLE.includes(OptInStatus))
      .flatMap(({ RegionName }) => RegionName ?? [])
      .sort()
  } finally {
    client.destroy()
  }
}

/** The SDK's own reading of AWS_REGION and the configuration files; where they say nothing, any region will do. */
async function configuredRegion(profile: string | undefined): Promise<string> {
  const client = new STSClient(profile === undefined ? {} : { profile })
  try {
    return await client.config.region()
  } catch {
    return FALLBACK_REGION
  } finally {
    client.destroy()
  }
}

/** Without this, one caller's resources would be recorded as another account's. */
function confineToAccount(client: SdkClient, accountId: string, callerId: () => Promise<string>): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const caller = await callerId()
      if (caller !== accountId) {
        throw new WrongAccountError(
          `these credentials are account ${caller}'s, not ${accountId}'s; use a profile of account ${accountId}`,
        )
      }
      return next(args)
    },
    { name: 'poloConfineToAccount', step: 'initialize', priority: 'high' },
  )
}

function credentialsOf(profile: string | undefined): CredentialProvider {
  // The whole chain would go on to an instance's or container's credentials if the profile failed: another account's.
  return profile === undefined ? fromNodeProviderChain() : fromIni({ profile })
}

/** One resolution serves all clients and regions until shortly before it expires. */
function rememberCredentials(provide: CredentialProvider, profile: string | undefined): CredentialProvider {
  let current: Promise<Credentials> | undefined
  let expiresAt = Number.POSITIVE_INFINITY
  const refresh = async (): Promise<Credentials> => {
    expiresAt = Number.POSITIVE_INFINITY
    try {
      const credentials = await provide()
      expiresAt = credentials.expiration?.getTime() ?? expiresAt
      return credentials
    } catch (cause) {
      current = undefined
      throw explainCredentials(cause, profile)
    }
  }
  return () => {
    if (expiresAt - Date.now() < CREDENTIALS_MARGIN_MS) current = undefined
    current ??= refresh()
    return current
  }
}

function explainCredentials(cause: unknown, profile: string | undefined): unknown {
  if (!(cause instanceof Error) || cause.name !== 'CredentialsProviderError') return cause
  const advice =
    profile === undefined
      ? 'set AWS_PROFILE or --profile, sign in with aws sso login, or run aws configure'
      : `check that profile '${profile}' is in ~/.aws/config, or sign in with aws sso login --profile ${profile}`
  return new MissingCredentialsError(`no AWS credentials: ${cause.message}; ${advice}`, { cause })
}

/** Remembers what succeeded; a failure is tried again next time. */
function once<Value>(compute: () => Promise<Value>): () => Promise<Value> {
  let current: Promise<Value> | undefined
  return () => {
    current ??= compute().catch((error: unknown) => {
      current = undefined
      throw error
    })
    return current
  }
}
