import type { PoloConfig } from '@polo/core'

/** Where a job is to look; every region that the account has enabled, if both are left out. */
export interface JobRegions {
  /** Exactly these, whether enabled or not. */
  readonly regions?: readonly string[] | undefined
  /** Of the enabled regions only these. */
  readonly amongRegions?: readonly string[] | undefined
}

/**
 * Where an account is read: exactly where operators decided, else where the configuration says so of this account;
 * what it says of all accounts is meant of the regions that each has enabled.
 */
export function regionsOfAccount(
  accountId: string,
  config: PoloConfig,
  decided: readonly string[] = [],
): JobRegions {
  if (decided.length > 0) return { regions: decided }
  const own = Object.hasOwn(config.accounts, accountId) ? config.accounts[accountId] : undefined
  if (own?.regions) return { regions: own.regions }
  return config.regions === 'enabled' ? {} : { amongRegions: config.regions }
}
