import type { Account } from '@aws-sdk/client-organizations'
import { ACCOUNT_FIELDS, type AccountField, listUnknown, type Tags } from '@polo/core'
import type { Observation, TableRow } from '../../collector.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'

/** An account of the organization, and what could be read of it. */
export interface SeenAccount {
  readonly account: Account
  /** Undefined where its unit could not be read. */
  readonly path: string | undefined
  /** Undefined where they could not be read. */
  readonly tags: Tags | undefined
}

/** The account in front is the management account, whoever asks. */
const ACCOUNT_ARN = /^arn:[^:]+:organizations::(\d{12}):account\/([^/]+)\/(\d{12})$/

export const ACCOUNT: PropertyTable<SeenAccount> = {
  email: ['Address of its root user', ({ account }) => account.Email],
  state: [
    'ACTIVE, PENDING_ACTIVATION, SUSPENDED, PENDING_CLOSURE or CLOSED',
    ({ account }) => stateOf(account),
  ],
  ou_path: [
    'Names of its organizational units from the root down, / for the root itself',
    ({ path }) => path,
  ],
  organization_id: ['Organization that it is in', ({ account }) => partsOf(account)?.organization],
  management_account: [
    'Whether it is the management account of the organization',
    ({ account }) => isManagementAccount(account),
  ],
  joined_method: ['CREATED or INVITED', ({ account }) => account.JoinedMethod],
  joined_timestamp: ['When it became a part of the organization', ({ account }) => account.JoinedTimestamp],
  unknown: ['What of it could not be read: email, name, ou_path, status, tags', listUnknownOf],
}

export function* observeAccount(seen: SeenAccount): Generator<Observation | TableRow> {
  const { account, path, tags } = seen
  yield {
    resource_type: 'organizations:account',
    resource_id: account.Id,
    resource_arn: account.Arn,
    resource_name: account.Name,
    tags,
    properties: readProperties(ACCOUNT, seen),
  }
  // Without an id there is nothing that a row could be about; the observation is rejected by name.
  if (!account.Id) return
  yield {
    schema: 'aws_account/1',
    row: {
      aws_account_id: account.Id,
      name: account.Name ?? '',
      email: account.Email ?? '',
      ou_path: path ?? '',
      status: stateOf(account) ?? '',
      tags: { ...tags },
      source: 'organization',
      unknown: listUnknownOf(seen),
    },
  }
}

/** AWS retires `Status` on 2026-09-09: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html */
export function stateOf({ State, Status }: Account): string | undefined {
  return State ?? Status
}

function isManagementAccount(account: Account): boolean | undefined {
  const parts = partsOf(account)
  return parts && parts.managementAccount === account.Id
}

function partsOf({ Arn = '' }: Account) {
  const [, managementAccount, organization] = ACCOUNT_ARN.exec(Arn) ?? []
  return managementAccount === undefined ? undefined : { managementAccount, organization }
}

function listUnknownOf({ account, path, tags }: SeenAccount): string {
  const read: Readonly<Record<AccountField, unknown>> = {
    email: account.Email,
    name: account.Name,
    ou_path: path,
    status: stateOf(account),
    tags,
  }
  const unread = ACCOUNT_FIELDS.filter((field) => read[field] === undefined)
  return listUnknown(new Set(unread))
}
