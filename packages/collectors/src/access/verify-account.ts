import { type PoloConfig, partitionOf } from '@polo/core'
import type { AwsSource } from '../aws-source.ts'
import type { Collector } from '../collector.ts'
import { orAborted } from '../run/time-limit.ts'
import { neededPermissions } from './read-role/grants.ts'
import { REGIONS_PERMISSION } from './session-policy.ts'
import { ALLOWED, tryCollector, untried, type Verdict, verdictOf } from './try-permissions.ts'

export type { PermissionStatus } from './try-permissions.ts'

export interface PermissionCheck extends Verdict {
  readonly collector: string
  readonly permission: string
}

export interface VerifyOptions {
  /** How the account is read. A source of each collector's own, one call each, tries what their sessions may do. */
  readonly aws: AwsSource
  readonly collectors: readonly Collector[]
  /** Names what collectors look at, such as buckets. */
  readonly config: PoloConfig
  readonly account: { readonly id: string }
  readonly region: string
  readonly signal: AbortSignal
}

/** Without credentials no permission can be tried. */
const NO_ACCESS = new Set([
  'AssumeRoleDeniedError',
  'AssumeRoleError',
  'MissingCredentialsError',
  'WrongAccountError',
])

/**
 * Tries every permission of every collector in one region, by looking as the collector does and throwing away what it
 * finds; what an account without the resource would not lead to, by the collector's probes. Collectors of accounts also
 * need to be told the enabled regions. Never throws: what happens is the check's outcome.
 */
export async function verifyAccount(options: VerifyOptions): Promise<PermissionCheck[]> {
  const { collectors, config, region, signal } = options
  const regions = await tryRegions(options)
  const checks: PermissionCheck[] = []
  for (const collector of collectors) {
    const verdicts = regions.hasNoAccess ? new Map<string, Verdict>() : await tryCollector(collector, options)
    const rest = regions.hasNoAccess ? regions.verdict : untried(signal)
    const row = (permission: string, verdict: Verdict) => ({
      collector: collector.name,
      permission,
      ...verdict,
    })
    if (collector.scope === 'account') checks.push(row(REGIONS_PERMISSION, regions.verdict))
    checks.push(
      ...neededPermissions(collector, config, partitionOf(region)).map((permission) =>
        row(permission, verdicts.get(permission) ?? rest),
      ),
    )
  }
  return checks
}

async function tryRegions({ aws, account, signal }: VerifyOptions) {
  try {
    await orAborted(signal, () => aws.regions(account.id))
    return { verdict: ALLOWED, hasNoAccess: false }
  } catch (error) {
    const verdict = signal.aborted ? untried(signal) : verdictOf(error)
    return { verdict, hasNoAccess: error instanceof Error && NO_ACCESS.has(error.name) }
  }
}
