import {
  type IpPermission,
  paginateDescribeSecurityGroups,
  type SecurityGroup,
  type UserIdGroupPair,
} from '@aws-sdk/client-ec2'
import type { TableRow } from '../../collector.ts'
import { itemsOf } from '../answer-lists.ts'
import type { RelationshipContext } from './clients.ts'
import { ec2End } from './ends.ts'
import { lookOf, ownedEnd, rememberOwner } from './look.ts'
import { type Relation, relate } from './relation.ts'

const GROUP_IN_VPC: Relation<unknown> = {
  from: 'ec2:security_group',
  name: 'is_in',
  to: 'vpc:vpc',
  meaning: 'The security group belongs to the VPC',
}

/** A group that rules of another name. */
interface Reference {
  readonly pair: UserIdGroupPair
  readonly directions: string[]
}

const REFERENCE: Relation<Reference> = {
  from: 'ec2:security_group',
  name: 'references',
  to: 'ec2:security_group',
  meaning: 'Rules of the first name members of the second, which may be the first itself',
  properties: {
    directions: ['Which rules do: ingress, egress or both', (r) => r.directions],
    vpc_peering_connection_id: ['Peering that leads to the second', (r) => r.pair.VpcPeeringConnectionId],
    peering_status: ['State of that peering', (r) => r.pair.PeeringStatus],
  },
}

export const SECURITY_GROUP_RELATIONS = [GROUP_IN_VPC, REFERENCE]

export async function* relateSecurityGroups(context: RelationshipContext): AsyncGenerator<TableRow> {
  const look = lookOf(context)
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  for await (const page of paginateDescribeSecurityGroups(paging, {}, { abortSignal: context.signal })) {
    yield* context.each(page, 'SecurityGroups', (group) => {
      rememberOwner(look, group.GroupId, group.OwnerId)
      return relateGroup(context, group)
    })
  }
}

function relateGroup(context: RelationshipContext, group: SecurityGroup): TableRow[] {
  const { region } = context
  const from = ec2End('securityGroup', group.GroupId, { account: group.OwnerId, region })
  const to = ownedEnd(context, 'vpc', group.VpcId)
  return [
    ...relate(context, GROUP_IN_VPC, { from, to, item: group }),
    ...referencesOf(group).flatMap((reference) => {
      const { GroupId, UserId } = reference.pair
      const referenced = ec2End('securityGroup', GroupId, { account: UserId, region })
      return relate(context, REFERENCE, { from, to: referenced, item: reference })
    }),
  ]
}

/** One for each group that any rule names. */
function referencesOf({ IpPermissions, IpPermissionsEgress }: SecurityGroup): Reference[] {
  const references = new Map<string, Reference>()
  const add = (permissions: readonly IpPermission[] | undefined, direction: string) => {
    for (const pair of itemsOf(permissions).flatMap((permission) => itemsOf(permission.UserIdGroupPairs))) {
      const { GroupId = '' } = pair
      const known = references.get(GroupId)
      if (!known) references.set(GroupId, { pair, directions: [direction] })
      else if (!known.directions.includes(direction)) known.directions.push(direction)
    }
  }
  add(IpPermissions, 'ingress')
  add(IpPermissionsEgress, 'egress')
  return [...references.values()]
}
