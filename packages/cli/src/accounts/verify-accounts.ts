import {
  assumeRoleAws,
  type Collector,
  credentialsOf,
  liveAws,
  type PermissionCheck,
  verifyAccount,
} from '@polo/collectors'
import { type Account, ConfigError, defaultExternalId, type PoloConfig, readRoleArn } from '@polo/core'
import pLimit from 'p-limit'
import { type Hub, hubOf } from './find-hub.ts'

/** Accounts that are tried side by side. */
const CONCURRENCY = 4

/** What became of one account. */
export interface Verification {
  readonly account: Account
  readonly region: string
  readonly checks: readonly PermissionCheck[]
  /** Why there was nothing to try; else ''. */
  readonly error: string
  /** It was pending, and everything works: it is active from now on. */
  readonly activates: boolean
}

export interface VerifyAccountsOptions {
  readonly collectors: readonly Collector[]
  readonly config: PoloConfig
  readonly signal: AbortSignal
  readonly region?: string
  readonly profile?: string
  readonly endpoint?: string
  readonly onProgress: (what: string) => void
}

/**
 * Assumes each account's read role and tries every permission that its collectors need.
 * @throws what `liveAws` does, for credentials that do not say whose they are
 */
export async function verifyAccounts(
  accounts: readonly Account[],
  options: VerifyAccountsOptions,
): Promise<Verification[]> {
  const { profile, endpoint, onProgress } = options
  const hub = hubOf(await liveAws({ profile, endpoint }).accounts())
  const limit = pLimit(CONCURRENCY)
  let done = 0
  const verify = async (account: Account) => {
    const verification = await verifyOne(account, hub, options)
    onProgress(`verifying: ${++done} of ${accounts.length} accounts`)
    return verification
  }
  return Promise.all(accounts.map((account) => limit(verify, account)))
}

/** Nothing was left untried or refused. */
export function isVerified({ checks, error }: Verification): boolean {
  return error === '' && checks.length > 0 && checks.every(({ status }) => status === 'allowed')
}

async function verifyOne(account: Account, hub: Hub, options: VerifyAccountsOptions): Promise<Verification> {
  const { config, signal } = options
  const region = regionOf(account, hub, options)
  const collectors = options.collectors.filter(
    ({ scope }) => scope === 'account' || (scope === 'organization' && isPayer(account, hub, config)),
  )
  const checks: PermissionCheck[] = []
  let error = ''
  try {
    for (const collector of collectors) {
      const aws = sourceOf(account, collector, { hub, options })
      const id = account.aws_account_id
      checks.push(...(await verifyAccount({ aws, collectors: [collector], account: { id }, region, signal })))
    }
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    error = cause.message
  }
  const result = { account, region, checks, error, activates: false }
  return { ...result, activates: account.polo_status === 'pending' && isVerified(result) }
}

function sourceOf(
  account: Account,
  collector: Collector,
  { hub, options }: { hub: Hub; options: VerifyAccountsOptions },
) {
  const accountId = account.aws_account_id
  return assumeRoleAws({
    accountId,
    roleArn: readRoleArn({ id: accountId, role: account.polo_read_role, region: hub.region }),
    externalId: account.external_id || options.config.externalId || defaultExternalId(hub.accountId),
    permissions: collector.permissions,
    sessionName: 'polo-verify',
    sessionTags: { 'polo:collector': collector.name },
    region: hub.region,
    endpoint: options.endpoint,
    credentials: credentialsOf(options.profile),
  })
}

function isPayer({ aws_account_id }: Account, hub: Hub, { payerAccount }: PoloConfig): boolean {
  return aws_account_id === (payerAccount ?? hub.accountId)
}

/** One region tells: a role's policy is the same in all. */
function regionOf(account: Account, hub: Hub, { region, config }: VerifyAccountsOptions): string {
  const configured = config.accounts[account.aws_account_id]?.regions ?? []
  const everywhere = config.regions === 'enabled' ? [] : config.regions
  return region ?? account.regions[0] ?? configured[0] ?? everywhere[0] ?? hub.region
}
