import type { KindName } from '../../lifecycle/resource-kinds.ts'
import type { RelationshipContext } from './clients.ts'
import { type End, ec2End } from './ends.ts'
import { createIpTargets, type IpTargets } from './ip-targets.ts'

/** What a look at a region has learnt so far that its later sources need. */
export interface Look {
  /** Of subnets, VPCs and security groups, which accounts share with each other, by id. */
  readonly owners: Map<string, string>
  /** Targets by address, until it is known whose address it is. */
  readonly ipTargets: IpTargets
}

/** By the clients, which each look at a region has of its own. */
const LOOKS = new WeakMap<object, Look>()

export function lookOf({ clients }: Pick<RelationshipContext, 'clients'>): Look {
  const known = LOOKS.get(clients)
  if (known) return known
  const look = { owners: new Map<string, string>(), ipTargets: createIpTargets() }
  LOOKS.set(clients, look)
  return look
}

export function rememberOwner({ owners }: Look, id: string | undefined, owner: string | undefined): void {
  if (id && owner) owners.set(id, owner)
}

/** A resource that may be another account's; without an ARN where its owner was not seen. */
export function ownedEnd(
  context: Pick<RelationshipContext, 'clients' | 'region'>,
  kind: KindName,
  id: string | undefined,
): End {
  return ec2End(kind, id, { account: lookOf(context).owners.get(id ?? ''), region: context.region })
}
