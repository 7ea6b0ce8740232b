import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { ConfigError, parseArn, partitionOf } from '@polo/core'
import type { AwsSource } from '../aws-source.ts'
import { classifyAwsError } from '../classify-aws-error.ts'
import {
  AssumeRoleDeniedError,
  AssumeRoleError,
  UnexpectedAnswerError,
  WrongAccountError,
} from '../errors.ts'
import { CLIENT_SETTINGS, createAwsClient, endpointSettings } from './create-aws-client.ts'
import {
  type CredentialProvider,
  type Credentials,
  credentialsOf,
  rememberCredentials,
} from './credentials.ts'
import { askEnabledRegions } from './enabled-regions.ts'
import { sessionPolicy } from './session-policy.ts'
import { sessionName, sessionTags } from './session-tags.ts'

/** The most that AWS gives where a role assumes a role, as a function's does. */
const DURATION_SECONDS = 3_600
/** STS answers with these for whatever keeps the caller from assuming the role. */
const REFUSALS = new Set(['AccessDenied', 'AccessDeniedException'])

/** Whom to read one account as, for one job. */
export interface AssumeRoleOptions {
  readonly accountId: string
  readonly roleArn: string
  readonly externalId: string
  /** All that the session may call, whatever the role allows. */
  readonly permissions: readonly string[]
  /** What CloudTrail shows of the session; what AWS does not allow in it becomes '-'. */
  readonly sessionName: string
  readonly sessionTags?: Readonly<Record<string, string | undefined>>
  /** The hub's: its STS is asked, and its partition is the account's. */
  readonly region: string
  /** Every service's URL, for an emulator. */
  readonly endpoint?: string | undefined
  /** The hub's; the default credential chain's if left out. */
  readonly credentials?: CredentialProvider | undefined
  /** Exactly these, whether enabled or not. */
  readonly regions?: readonly string[] | undefined
  /** Of the enabled regions only these. */
  readonly allowedRegions?: readonly string[] | undefined
}

/**
 * AWS's own APIs as an account's read role sees them. One AssumeRole serves all regions and clients of the source, so
 * that it is made for one job; `regions` is where a role that cannot be assumed shows first.
 * Calls throw AssumeRoleDeniedError where AWS refuses the role, for good; AssumeRoleError for whatever else kept it
 * from being assumed, its cause being AWS's error; MissingCredentialsError where the hub has none;
 * WrongAccountError when asked for another account; ConfigError for a role that cannot be this account's.
 */
export function assumeRoleAws(options: AssumeRoleOptions): AwsSource {
  const { accountId, roleArn, region, endpoint } = options
  const credentials = rememberCredentials(refuseForGood(() => assumeRole(options)))
  const shared = { ...CLIENT_SETTINGS, ...endpointSettings(endpoint), credentials }
  return {
    description: `account ${accountId} as ${roleArn}`,
    accounts: async () => [{ id: accountId, source: 'role' }],
    async regions(id) {
      confine(id, options)
      await credentials()
      return options.regions ?? narrow(await askEnabledRegions({ ...shared, region }), options)
    },
    client(clientClass, place) {
      confine(place.accountId, options)
      return createAwsClient(
        clientClass,
        { ...shared, region: place.region },
        { countCall: place.countCall, use: () => {} },
      )
    },
  }
}

async function assumeRole(options: AssumeRoleOptions): Promise<Credentials> {
  checkRole(options)
  const command = new AssumeRoleCommand({
    RoleArn: options.roleArn,
    RoleSessionName: sessionName(options.sessionName),
    ExternalId: options.externalId,
    DurationSeconds: DURATION_SECONDS,
    Policy: sessionPolicy(options.permissions),
    Tags: sessionTags(options.sessionTags ?? {}),
  })
  // Its endpoint is the region's own (https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html).
  const sts = new STSClient({
    ...CLIENT_SETTINGS,
    ...endpointSettings(options.endpoint),
    region: options.region,
    credentials: options.credentials ?? credentialsOf(undefined),
  })
  try {
    const { Credentials: given } = await sts.send(command)
    if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration) {
      throw new UnexpectedAnswerError('sts:AssumeRole answered without credentials')
    }
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
      expiration: given.Expiration,
    }
  } catch (cause) {
    throw explainRefusal(cause, options)
  } finally {
    sts.destroy()
  }
}

/** What AWS denied is not asked again: the answer stands for every region and client of the job. */
function refuseForGood(provide: CredentialProvider): CredentialProvider {
  let refusal: { readonly error: unknown } | undefined
  return async () => {
    if (refusal) throw refusal.error
    try {
      return await provide()
    } catch (error) {
      if (classifyAwsError(error).outcome === 'denied') refusal = { error }
      throw error
    }
  }
}

function explainRefusal(cause: unknown, { roleArn, externalId }: AssumeRoleOptions): unknown {
  if (!(cause instanceof Error) || cause.name === 'MissingCredentialsError') return cause
  const { code } = classifyAwsError(cause)
  const said = `${code}: ${cause.message}`
  if (!REFUSALS.has(code)) return new AssumeRoleError(`cannot assume ${roleArn}; ${said}`, { cause })
  return new AssumeRoleDeniedError(
    `cannot assume ${roleArn}. Check that it exists, that it trusts this hub's polo-* roles with external id ` +
      `'${externalId}' (sts:AssumeRole and sts:TagSession), and that no SCP forbids it; ` +
      `\`polo accounts role\` prints the template that sets it up. AWS said: ${said}`,
    { cause },
  )
}

function checkRole({ accountId, roleArn, region }: AssumeRoleOptions): void {
  const { accountId: owner, partition } = parseArn(roleArn)
  if (owner !== accountId) {
    throw new ConfigError(`the role ${roleArn} is not account ${accountId}'s: name one of that account's`)
  }
  if (partition === partitionOf(region)) return
  throw new ConfigError(
    `the role ${roleArn} is in partition ${partition} and the hub in ${partitionOf(region)} (${region}): ` +
      'no role can be assumed across partitions, so each needs a hub of its own',
  )
}

function confine(asked: string, { accountId, roleArn }: AssumeRoleOptions): void {
  if (asked === accountId) return
  throw new WrongAccountError(`${roleArn} reads account ${accountId}, not ${asked}`)
}

function narrow(
  enabled: readonly string[],
  { accountId, allowedRegions }: AssumeRoleOptions,
): readonly string[] {
  if (!allowedRegions) return enabled
  const chosen = enabled.filter((region) => allowedRegions.includes(region))
  if (chosen.length > 0) return chosen
  throw new ConfigError(
    `none of the regions ${allowedRegions.join(', ')} is enabled in account ${accountId}: enable one, or change the regions set for it`,
  )
}
