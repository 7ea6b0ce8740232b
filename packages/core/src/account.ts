import * as z from 'zod'
import { ConfigError } from './errors.ts'
import { PARTITIONS, partitionOf } from './partition.ts'

/**
 * What Polo does with an account: `active` ones are collected from; `paused` ones were left out by an operator;
 * `pending` ones wait until `polo accounts verify` has seen their read role work; `suspended` ones AWS has suspended or closed.
 */
export const POLO_STATUSES = ['active', 'paused', 'pending', 'suspended'] as const
export type PoloStatus = (typeof POLO_STATUSES)[number]

/** An account as the view `aws_accounts` has it: what the organization says of it, and what operators decided. */
export interface Account {
  readonly aws_account_id: string
  readonly name: string
  readonly email: string
  /** Names from the organization's root to the account's unit, such as '/Workloads/Production'; '' where unknown. */
  readonly ou_path: string
  /** As AWS Organizations has it: ACTIVE, SUSPENDED, PENDING_CLOSURE, CLOSED …; '' where nobody said. */
  readonly status: string
  readonly tags: Readonly<Record<string, string>>
  /** How it was found: 'organization', 'caller', 'recording', or '' for one that only an operator named. */
  readonly source: string
  readonly account_role: string
  readonly polo_status: PoloStatus
  /** Name or ARN of the role to read it with; '' is `READ_ROLE_NAME`. */
  readonly polo_read_role: string
  /** '' is the hub's own, see `defaultExternalId`. */
  readonly external_id: string
  /** Only these are collected from; all that are enabled where there are none. */
  readonly regions: readonly string[]
}

/** The role that Polo reads an account with, where nobody chose another. */
export const READ_ROLE_NAME = 'polo-read'
/** The role by which an account's EventBridge rules reach the hub's event bus. */
export const FORWARD_ROLE_NAME = 'polo-forward-events'
/** What the hub may assume, whatever anybody writes into the database: IAM and this check say the same. */
export const READ_ROLE_PATTERN = /^polo-read(-[\w+=,.@-]{1,54})?$/

const ROLE_ARN = new RegExp(String.raw`^arn:(${PARTITIONS.join('|')}):iam::(\d{12}):role/([\w+=,.@-]+)$`)

/**
 * The ARN of the role that an account is read with; `role` is a name, an ARN of that account, or '' for the usual one.
 * @throws ConfigError for a role of another account, or one that the hub may not assume
 */
export function readRoleArn(account: {
  readonly id: string
  readonly role: string
  /** Any region of the account's partition. */
  readonly region: string
}): string {
  const [
    ,
    partition = partitionOf(account.region),
    owner = account.id,
    name = account.role || READ_ROLE_NAME,
  ] = ROLE_ARN.exec(account.role) ?? []
  if (owner !== account.id)
    throw new ConfigError(`the read role ${account.role} is not in account ${account.id}`)
  if (!READ_ROLE_PATTERN.test(name)) {
    throw new ConfigError(
      `account ${account.id} cannot be read as ${account.role}: a read role is named polo-read or polo-read-…, which is all that Polo may assume`,
    )
  }
  return `arn:${partition}:iam::${account.id}:role/${name}`
}

/** What STS takes as one (AssumeRole, `ExternalId`). */
export const ExternalId = z
  .string()
  .regex(/^[\w+=,.@:/-]{2,1224}$/, 'expected 2 to 1224 letters, digits and +=,.@:/-_')

/**
 * The external id of a hub that was given no other. It keeps a role from being assumed on somebody else's
 * behalf; it is not a secret (IAM User Guide, "Access to AWS accounts owned by third parties").
 */
export function defaultExternalId(hubAccountId: string): string {
  return `polo-${hubAccountId}`
}

/** The hub's event bus of a stage, to which the rules of every account and region forward. */
export function hubBusArn(hub: {
  readonly accountId: string
  readonly region: string
  readonly stage: string
}): string {
  return `arn:${partitionOf(hub.region)}:events:${hub.region}:${hub.accountId}:event-bus/${hubBusName(hub.stage)}`
}

/** The name of that bus. */
export function hubBusName(stage: string): string {
  return `polo-${stage}-hub`
}
