import {
  type Account,
  type OrganizationalUnit,
  paginateListAccountsForParent,
  paginateListOrganizationalUnitsForParent,
  paginateListRoots,
} from '@aws-sdk/client-organizations'
import pLimit from 'p-limit'
import { readPages } from '../read-pages.ts'
import { CALLS_AT_ONCE, type Context, PAGE_SIZE } from './clients.ts'

/** The tree of units, as far as it could be read. */
export interface Walk {
  /** Each account that is in a unit that was read, with the unit's path. */
  readonly places: readonly { readonly account: Account; readonly path: string }[]
  readonly isWhole: boolean
}

/** Reads the units from the root down. A branch that cannot be read is named as incomplete; the others go on. */
export async function walkUnits(context: Context): Promise<Walk> {
  const limit = pLimit(CALLS_AT_ONCE)
  const paging = { client: context.clients.organizations, pageSize: PAGE_SIZE }
  const options = { abortSignal: context.signal }
  const places: { account: Account; path: string }[] = []
  let isWhole = true
  const read = async <Item>(what: string, pages: () => ReturnType<typeof readPages<string, Item>>) => {
    const { items, failure } = await limit(pages)
    if (failure) {
      isWhole = false
      context.incomplete(what, failure.error)
    }
    return items
  }
  const visit = async (ParentId: string | undefined, path: string): Promise<void> => {
    const input = { ParentId }
    const [accounts, units] = await Promise.all([
      read<Account>(`accounts in ${path}`, () =>
        readPages(paginateListAccountsForParent(paging, input, options), 'Accounts'),
      ),
      read<OrganizationalUnit>(`units in ${path}`, () =>
        readPages(paginateListOrganizationalUnitsForParent(paging, input, options), 'OrganizationalUnits'),
      ),
    ])
    places.push(...accounts.map((account) => ({ account, path })))
    await Promise.all(units.map(({ Id, Name }) => visit(Id, join(path, Name ?? Id ?? ''))))
  }
  const roots = await read('the root', () => readPages(paginateListRoots(paging, {}, options), 'Roots'))
  await Promise.all(roots.map(({ Id }) => visit(Id, '/')))
  return { places, isWhole }
}

function join(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}
