import type { PropertyTable } from '../property-table.ts'
import { ADDRESS_RELATIONS } from './addresses.ts'
import { AUTO_SCALING_RELATIONS } from './auto-scaling-groups.ts'
import { INSTANCE_RELATIONS } from './instances.ts'
import { LOAD_BALANCER_RELATIONS } from './load-balancers.ts'
import { NAT_GATEWAY_RELATIONS } from './nat-gateways.ts'
import { NETWORK_INTERFACE_RELATIONS } from './network-interfaces.ts'
import type { Relation } from './relation.ts'
import { SECURITY_GROUP_RELATIONS } from './security-groups.ts'
import { SNAPSHOT_RELATIONS } from './snapshots.ts'
import { SUBNET_RELATIONS } from './subnets.ts'
import { TARGET_GROUP_RELATIONS } from './target-groups.ts'
import { TARGET_RELATIONS } from './targets.ts'

/** Every kind of edge that there is. */
export const RELATIONS: readonly Relation[] = [
  ...INSTANCE_RELATIONS,
  ...SNAPSHOT_RELATIONS,
  ...AUTO_SCALING_RELATIONS,
  ...LOAD_BALANCER_RELATIONS,
  ...TARGET_GROUP_RELATIONS,
  ...TARGET_RELATIONS,
  ...ADDRESS_RELATIONS,
  ...NAT_GATEWAY_RELATIONS,
  ...NETWORK_INTERFACE_RELATIONS,
  ...SECURITY_GROUP_RELATIONS,
  ...SUBNET_RELATIONS,
]

/** The table in `docs/relationships.md`. */
export function renderRelations(relations: readonly Relation[]): string {
  const rows = relations.map(({ from, name, to, meaning, properties = {} }) =>
    ['', `\`${from}\``, `\`${name}\``, `\`${to}\``, meaning, renderProperties(properties), '']
      .join(' | ')
      .trim(),
  )
  return ['| from | relation | to | meaning | properties |', '|---|---|---|---|---|', ...rows].join('\n')
}

function renderProperties(table: PropertyTable<never>): string {
  return Object.entries(table)
    .map(([name, [meaning]]) => `\`${name}\`: ${meaning}`)
    .join('<br>')
}
