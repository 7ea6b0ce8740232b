import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { AwsSource } from '../aws-source.ts'
import { UnexpectedAnswerError, WrongAccountError } from '../errors.ts'
import { CLIENT_SETTINGS, createAwsClient, endpointSettings, type SdkClient } from './create-aws-client.ts'
import { type CredentialProvider, credentialsOf, rememberCredentials } from './credentials.ts'
import { askEnabledRegions } from './enabled-regions.ts'

/** Whose calls are the whole account's: any region answers them. */
const FALLBACK_REGION = 'us-east-1'

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
    ...CLIENT_SETTINGS,
    ...endpointSettings(endpoint),
    credentials: options.credentials ? rememberCredentials(options.credentials) : credentialsOf(profile),
  }
  const homeRegion = once(
    async () => options.regions?.[0] ?? (await configuredRegion(profile)) ?? FALLBACK_REGION,
  )
  const callerId = once(async () => askCaller({ ...shared, region: await homeRegion() }))
  return {
    description: ['live AWS', profile && `as profile ${profile}`, endpoint && `at ${endpoint}`]
      .filter(Boolean)
      .join(' '),
    accounts: async () => [{ id: await callerId(), source: 'caller' }],
    homeRegion,
    regions: async () => options.regions ?? askEnabledRegions({ ...shared, region: await homeRegion() }),
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

/** What the SDK reads in AWS_REGION, else in the profile of the configuration files; undefined where they say nothing. */
export async function configuredRegion(profile: string | undefined): Promise<string | undefined> {
  const client = new STSClient(profile === undefined ? {} : { profile })
  try {
    return await client.config.region()
  } catch {
    return undefined
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
