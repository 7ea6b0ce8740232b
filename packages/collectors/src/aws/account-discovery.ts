import {
  type Account,
  ListAccountsForParentCommand,
  ListOrganizationalUnitsForParentCommand,
  ListTagsForResourceCommand,
  paginateListAccounts,
  paginateListTagsForResource,
} from '@aws-sdk/client-organizations'
import type { Tags } from '@polo/core'
import pLimit from 'p-limit'
import { defineCollector, type Observation, type TableRow } from '../collector.ts'
import { UnexpectedAnswerError } from '../errors.ts'
import { SCHEDULES } from '../schedules.ts'
import { CALLS_AT_ONCE, CLIENTS, type Context, PAGE_SIZE } from './account-discovery/clients.ts'
import { ACCOUNT, observeAccount, stateOf } from './account-discovery/observe-account.ts'
import { type Walk, walkUnits } from './account-discovery/walk-units.ts'
import { readTags } from './answer-lists.ts'
import { documentProperties } from './property-table.ts'
import { readPages } from './read-pages.ts'

/** Ids as AWS writes them, of what does not exist. */
const NO_PARENT = { ParentId: 'r-0000' }
const NO_RESOURCE = { ResourceId: '000000000000' }

export const accountDiscovery = defineCollector({
  name: 'account_discovery',
  description: 'Accounts of the organization, suspended and closed ones included, with their units and tags',
  scope: 'organization',
  schedule: SCHEDULES.accountDiscovery,
  resourceTypes: {
    'organizations:account': {
      description: 'AWS account of the organization',
      properties: documentProperties(ACCOUNT),
    },
  },
  tables: ['aws_account/1'],
  permissions: [
    'organizations:ListAccounts',
    'organizations:ListAccountsForParent',
    'organizations:ListOrganizationalUnitsForParent',
    'organizations:ListRoots',
    'organizations:ListTagsForResource',
  ],
  clients: CLIENTS,
  sources: { accounts: discoverAccounts },
  probes: {
    'organizations:ListAccountsForParent': ({ organizations }, abortSignal) =>
      organizations.send(new ListAccountsForParentCommand(NO_PARENT), { abortSignal }),
    'organizations:ListOrganizationalUnitsForParent': ({ organizations }, abortSignal) =>
      organizations.send(new ListOrganizationalUnitsForParentCommand(NO_PARENT), { abortSignal }),
    'organizations:ListTagsForResource': ({ organizations }, abortSignal) =>
      organizations.send(new ListTagsForResourceCommand(NO_RESOURCE), { abortSignal }),
  },
})

/** Every account that any answer has; what could not be read of it is said, and never keeps it from being told. */
async function* discoverAccounts(context: Context): AsyncGenerator<Observation | TableRow> {
  const paging = { client: context.clients.organizations, pageSize: PAGE_SIZE }
  const pages = paginateListAccounts(paging, {}, { abortSignal: context.signal })
  const { items: listed, failure } = await readPages(pages, 'Accounts')
  if (failure && listed.length === 0) throw failure.error
  const walk = await walkUnits(context)
  const paths = new Map(walk.places.map(({ account, path }) => [account.Id, path]))
  const accounts = withoutRepeats([...listed, ...walk.places.map(({ account }) => account)])
  const limit = pLimit(CALLS_AT_ONCE)
  const tagsToCome = accounts.map((account) => limit(listTags, account, context))
  for (const [index, account] of accounts.entries()) {
    const path = paths.get(account.Id)
    if (path === undefined) reportStray(account, walk, context)
    yield* observeAccount({ account, path, tags: await tagsToCome[index] })
  }
  if (failure) throw failure.error
}

/** The first of each id: an account may come twice when it is moved between two pages. */
function withoutRepeats(accounts: readonly Account[]): Account[] {
  const seen = new Set<string>()
  return accounts.filter(({ Id }) => {
    if (!Id) return true
    const isNew = !seen.has(Id)
    seen.add(Id)
    return isNew
  })
}

/** Never throws: the accounts after this one wait for theirs meanwhile. */
async function listTags({ Id }: Account, context: Context): Promise<Tags | undefined> {
  if (!Id) return undefined
  const paging = { client: context.clients.organizations }
  const pages = paginateListTagsForResource(paging, { ResourceId: Id }, { abortSignal: context.signal })
  const { items, failure } = await readPages(pages, 'Tags')
  if (!failure) return readTags(items)
  context.incomplete(`tags of ${Id}`, failure.error)
  return undefined
}

/** Where a branch could not be read, that was said already; accounts that AWS closes leave their units first. */
function reportStray(account: Account, { isWhole }: Walk, context: Context): void {
  if (!account.Id || !isWhole || stateOf(account) !== 'ACTIVE') return
  context.incomplete(`unit of ${account.Id}`, new UnexpectedAnswerError('no unit lists the account'))
}
