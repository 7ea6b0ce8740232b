import type { PoloConfig } from './config.ts'
import type { TagField } from './event.ts'

/** What the configuration knows of an account: its place in the organisation and what its resources default to. */
export interface AccountPlace {
  name: string
  role: string
  tagDefaults: Readonly<Partial<Record<TagField, string>>>
}

/** Looks an account up in the hierarchy dictionary; an account that is not in it has no role and no defaults. */
export function placeOfAccount(config: PoloConfig, accountId: string): AccountPlace {
  const account = Object.hasOwn(config.accounts, accountId) ? config.accounts[accountId] : undefined
  return {
    name: account?.name ?? '',
    role: account?.role ?? '',
    tagDefaults: account?.tagDefaults ?? {},
  }
}

/** A node of the tree organization → account role → account, a row of `hierarchy_nodes`. */
export interface HierarchyNode {
  node_id: string
  node_type: 'organization' | 'account_role' | 'account'
  parent_id: string
  name: string
  aws_account_id: string
}

/** The hierarchy dictionary as a tree, parents before children. */
export function hierarchyNodes(config: PoloConfig): HierarchyNode[] {
  const root: HierarchyNode = {
    node_id: 'organization',
    node_type: 'organization',
    parent_id: '',
    name: config.organization,
    aws_account_id: '',
  }
  const accounts = Object.entries(config.accounts)
  const roles = [...new Set(accounts.map(([, account]) => account.role).filter(Boolean))].sort()
  return [
    root,
    ...roles.map(
      (role): HierarchyNode => ({
        node_id: `account_role:${role}`,
        node_type: 'account_role',
        parent_id: root.node_id,
        name: role,
        aws_account_id: '',
      }),
    ),
    ...accounts.map(
      ([id, account]): HierarchyNode => ({
        node_id: `account:${id}`,
        node_type: 'account',
        parent_id: account.role ? `account_role:${account.role}` : root.node_id,
        name: account.name || id,
        aws_account_id: id,
      }),
    ),
  ]
}
