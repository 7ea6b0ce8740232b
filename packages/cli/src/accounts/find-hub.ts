import { configuredRegion, liveAws, type SourceAccount } from '@polo/collectors'
import { REGION_NAME } from '@polo/core'
import { findAccounts } from '@polo/local'
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

/** The hub whose credentials these are, in the region of the AWS configuration. */
export async function hubOf(callers: readonly SourceAccount[], profile: string | undefined): Promise<Hub> {
  const [caller] = callers
  if (!caller) throw new UsageError('the credentials do not say whose they are')
  return { accountId: caller.id, region: await regionOfHub(profile) }
}

/** Where read roles are assumed: in the region of the AWS configuration; where it says none, any will do. */
export async function regionOfHub(profile: string | undefined): Promise<string> {
  return (await configuredRegion(profile)) ?? FALLBACK_REGION
}

/**
 * The hub that the flags name; what they leave out is asked of the credentials and the AWS configuration.
 * @throws UsageError for what is not an account or region, or where no region is configured
 */
export async function findHub({ hubAccount, hubRegion, profile, endpoint }: HubFlags): Promise<Hub> {
  if (hubRegion !== undefined) checkRegion('--hub-region', hubRegion)
  const region = hubRegion ?? (await configuredRegion(profile))
  if (!region) throw new UsageError('say where Polo is deployed: --hub-region eu-west-1 (or set AWS_REGION)')
  if (hubAccount !== undefined) {
    const [accountId = ''] = readAccountIds([hubAccount])
    return { accountId, region }
  }
  const [caller] = await findAccounts(liveAws({ profile, endpoint, regions: [region] }))
  if (!caller) throw new UsageError('say which account Polo is deployed in: --hub-account 111122223333')
  return { accountId: caller.id, region }
}

/** @throws UsageError for what is not the name of a region */
export function checkRegion(option: string, region: string): void {
  if (REGION_NAME.test(region)) return
  throw new UsageError(`${option} ${region}: expected the name of an AWS region, such as eu-west-1`)
}
