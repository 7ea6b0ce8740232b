import {
  assumeRoleAws,
  type Collector,
  type CredentialProvider,
  credentialsOf,
  type JobMessage,
  liveAws,
  type PermissionCheck,
  verifyAccount,
} from '@polo/collectors'
import { type Account, ConfigError, type PoloConfig } from '@polo/core'
import { findAccounts } from '@polo/local'
import pLimit from 'p-limit'
import { type Hub, hubOf } from './find-hub.ts'
import { findJob } from './find-job.ts'

/** Accounts that are tried side by side. */
const CONCURRENCY = 4

const NOTHING_NAMED = 'polo.config.ts names nothing that these collectors look at'

/** What became of one account. */
export interface Verification {
  readonly account: Account
  readonly region: string
  readonly checks: readonly PermissionCheck[]
  /** Why there was nothing to try; else ''. */
  readonly error: string
  /** All collectors that read the account were tried. */
  readonly isWhole: boolean
}

/** Who assumes the roles: asked once for all accounts, for a profile may want a code of its owner each time. */
interface Caller {
  readonly hub: Hub
  readonly credentials: CredentialProvider
}

export interface VerifyAccountsOptions {
  /** Every one there is. */
  readonly all: readonly Collector[]
  /** Those of them that are tried. */
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
 * @throws AccountDiscoveryError for credentials that do not say whose they are
 */
export async function verifyAccounts(
  accounts: readonly Account[],
  options: VerifyAccountsOptions,
): Promise<Verification[]> {
  const { profile, endpoint, onProgress } = options
  const credentials = credentialsOf(profile)
  const hub = await hubOf(await findAccounts(liveAws({ endpoint, profile, credentials })), profile)
  const limit = pLimit(CONCURRENCY)
  let done = 0
  const verify = async (account: Account) => {
    const verification = await verifyOne(account, { hub, credentials }, options)
    onProgress(`verifying: ${++done} of ${accounts.length} accounts`)
    return verification
  }
  return Promise.all(accounts.map((account) => limit(verify, account)))
}

/** Those that are named; else all that have a role to assume: AWS has closed suspended ones, and a recording has none. */
export function chooseAccounts(known: readonly Account[], ids: readonly string[]): Account[] {
  return known.filter(({ aws_account_id, polo_status, source }) =>
    ids.length > 0 ? ids.includes(aws_account_id) : polo_status !== 'suspended' && source !== 'recording',
  )
}

/** Nothing was left untried or refused. */
export function isVerified({ checks, error }: Verification): boolean {
  return error === '' && checks.length > 0 && checks.every(({ status }) => status === 'allowed')
}

async function verifyOne(
  account: Account,
  caller: Caller,
  options: VerifyAccountsOptions,
): Promise<Verification> {
  const region = regionOf(account, caller.hub, options)
  const { all, collectors, config, signal } = options
  const checks: PermissionCheck[] = []
  let error = ''
  let isWhole = false
  try {
    const jobs = all.flatMap((collector) => findJob(account, collector, { hub: caller.hub, config }))
    const tried = jobs.filter(({ collector }) => collectors.includes(collector))
    isWhole = tried.length === jobs.length
    if (tried.length === 0) error = whyNone(account)
    for (const { collector, access } of tried) {
      const aws = sourceOf(account, collector, { access, caller, options })
      const id = account.aws_account_id
      checks.push(
        ...(await verifyAccount({ aws, collectors: [collector], config, account: { id }, region, signal })),
      )
    }
    if (tried.length > 0 && checks.length === 0) error = NOTHING_NAMED
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    error = cause.message
  }
  return { account, region, checks, error, isWhole }
}

function whyNone({ source }: Account): string {
  return source === 'recording'
    ? 'a recording has no role to assume'
    : 'none of these collectors reads this account'
}

function sourceOf(
  account: Account,
  collector: Collector,
  {
    access,
    caller: { hub, credentials },
    options: { endpoint },
  }: { access: JobMessage['access']; caller: Caller; options: VerifyAccountsOptions },
) {
  return assumeRoleAws({
    ...access,
    accountId: account.aws_account_id,
    permissions: collector.permissions,
    sessionName: 'polo-verify',
    sessionTags: { 'polo:collector': collector.name },
    region: hub.region,
    endpoint,
    credentials,
  })
}

/** One region tells: a role's policy is the same in all. */
function regionOf(account: Account, hub: Hub, { region, config }: VerifyAccountsOptions): string {
  const configured = config.accounts[account.aws_account_id]?.regions ?? []
  const everywhere = config.regions === 'enabled' ? [] : config.regions
  return region ?? account.regions[0] ?? configured[0] ?? everywhere[0] ?? hub.region
}
