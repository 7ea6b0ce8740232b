import { liveAws, type SourceAccount } from '@polo/collectors'
import { REGION_NAME } from '@polo/core'
import { UsageError } from '../errors.ts'
import { readAccountIds } from './read-account-ids.ts'

/** Where Polo is deployed: the account and region that read roles trust and that events are forwarded to. */
export interface Hub {
  readonly accountId: string
  readonly region: string
}

export interface HubFlags {
  readonly hubAccount?: string
  readonly hubRegion?: string
  readonly profile?: string
  readonly endpoint?: string
}

const FALLBACK_REGION = 'us-east-1'

/** The hub whose credentials these are, in the region that is configured; its STS is asked, and any region's will do. */
export function hubOf(callers: readonly SourceAccount[]): Hub {
  const [caller] = callers
  if (!caller) throw new UsageError('the credentials do not say whose they are')
  return { accountId: caller.id, region: configuredRegion() ?? FALLBACK_REGION }
}

function configuredRegion(): string | undefined {
  return process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || undefined
}

/**
 * The hub that the flags name; what they leave out is asked of the credentials and the AWS configuration.
 * @throws UsageError for what is not an account or region, or where no region is configured
 */
export async function findHub({ hubAccount, hubRegion, profile, endpoint }: HubFlags): Promise<Hub> {
  const region = hubRegion ?? configuredRegion() ?? ''
  if (!REGION_NAME.test(region)) {
    throw new UsageError('say where Polo is deployed: --hub-region eu-west-1 (or set AWS_REGION)')
  }
  if (hubAccount !== undefined) {
    const [accountId = ''] = readAccountIds([hubAccount])
    return { accountId, region }
  }
  const [caller] = await liveAws({ profile, endpoint }).accounts()
  if (!caller) throw new UsageError('say which account Polo is deployed in: --hub-account 111122223333')
  return { accountId: caller.id, region }
}
