import type { TargetGroup, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { TableRow } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'
import { alignedValuesOf } from '../answer-lists.ts'
import type { PropertyTable } from '../property-table.ts'
import type { RelationshipContext } from './clients.ts'
import {
  addressEnd,
  type End,
  ec2End,
  functionEnd,
  loadBalancerEnd,
  qualifierOf,
  targetGroupEnd,
} from './ends.ts'
import type { IpTarget } from './ip-targets.ts'
import { lookOf } from './look.ts'
import { type Relation, relate } from './relation.ts'

/** What is said of one target: a description for each port. */
type Descriptions = readonly TargetHealthDescription[]

const HEALTH: PropertyTable<Descriptions> = {
  health_states: [
    'Of each: healthy, unhealthy, initial, draining, unused or unavailable',
    (list) => alignedValuesOf(list, ({ TargetHealth }) => TargetHealth?.State),
  ],
  health_reasons: [
    'Of each, why it is not healthy',
    (list) => alignedValuesOf(list, ({ TargetHealth }) => TargetHealth?.Reason),
  ],
}
const PORTS: PropertyTable<Descriptions> = {
  ports: [
    'Port of each of its registrations',
    (list) => alignedValuesOf(list, ({ Target }) => Target?.Port?.toString()),
  ],
  ...HEALTH,
}
const ZONE: PropertyTable<Descriptions> = {
  availability_zone: [
    'Availability Zone that it is registered for; all for an address outside the VPC',
    ([first]) => first?.Target?.AvailabilityZone,
  ],
}

const INSTANCE: Relation<Descriptions> = {
  from: 'elbv2:target_group',
  name: 'targets',
  to: 'ec2:instance',
  meaning: 'The instance is registered with the target group',
  properties: PORTS,
}
const INTERFACE: Relation<Descriptions> = {
  ...INSTANCE,
  to: 'ec2:eni',
  meaning: 'An address of the network interface is registered with the target group',
  properties: {
    ...PORTS,
    ip_addresses: ['Of each, the address', (list) => alignedValuesOf(list, ({ Target }) => Target?.Id)],
    ...ZONE,
  },
}
const ADDRESS: Relation<Descriptions> = {
  ...INSTANCE,
  to: 'vpc:ip_address',
  meaning: 'The address is registered with the target group, and no network interface of the VPC has it',
  properties: { ...PORTS, ...ZONE },
}
const FUNCTION: Relation<Descriptions> = {
  ...INSTANCE,
  to: 'lambda:function',
  meaning: 'The function is registered with the target group',
  properties: {
    qualifier: ['Version or alias of the function', ([first]) => qualifierOf(first?.Target?.Id)],
    ...HEALTH,
  },
}
const LOAD_BALANCER: Relation<Descriptions> = {
  ...INSTANCE,
  to: 'elbv2:load_balancer',
  meaning: 'The Application Load Balancer is registered with the target group',
}

export const TARGET_RELATIONS = [INSTANCE, INTERFACE, ADDRESS, FUNCTION, LOAD_BALANCER]

/**
 * The targets of a group. Those that are addresses of its VPC wait until the network interfaces are read.
 * @throws UnexpectedAnswerError for a group of a type that is not known
 */
export function relateTargets(
  context: RelationshipContext,
  group: TargetGroup,
  descriptions: Descriptions,
): TableRow[] {
  const targetGroup = targetGroupEnd(group.TargetGroupArn)
  const byId = Map.groupBy(descriptions, ({ Target }) => Target?.Id ?? '')
  return [...byId].flatMap(([id, ofTarget]) => {
    const target = { targetGroup, vpcId: group.VpcId ?? '', address: id, descriptions: ofTarget }
    if (group.TargetType === 'ip') return relateIpTarget(context, target)
    const [relation, to] = describeTarget(context, group, id)
    return relate(context, relation, { from: targetGroup, to, item: ofTarget })
  })
}

/** Several addresses of an interface may be targets of the same group, such as of the containers behind it. */
export function relateInterfaceTargets(
  context: RelationshipContext,
  targets: readonly IpTarget[],
  networkInterface: End,
): TableRow[] {
  return [...Map.groupBy(targets, ({ targetGroup }) => targetGroup.arn).values()].flatMap((ofGroup) =>
    ofGroup.slice(0, 1).flatMap(({ targetGroup }) =>
      relate(context, INTERFACE, {
        from: targetGroup,
        to: networkInterface,
        item: ofGroup.flatMap(({ descriptions }) => descriptions),
      }),
    ),
  )
}

export function relateAddressTarget(
  context: RelationshipContext,
  { targetGroup, address, descriptions }: IpTarget,
): TableRow[] {
  return relate(context, ADDRESS, { from: targetGroup, to: addressEnd(address), item: descriptions })
}

function relateIpTarget(context: RelationshipContext, target: IpTarget): TableRow[] {
  const isOutside = target.descriptions[0]?.Target?.AvailabilityZone === 'all'
  if (isOutside) return relateAddressTarget(context, target)
  lookOf(context).ipTargets.add(target)
  return []
}

function describeTarget(
  context: RelationshipContext,
  { TargetType: type = 'instance', TargetGroupName }: TargetGroup,
  id: string,
): [Relation<Descriptions>, End] {
  if (type === 'instance') return [INSTANCE, ec2End('instance', id, context)]
  if (type === 'lambda') return [FUNCTION, functionEnd(id)]
  if (type === 'alb') return [LOAD_BALANCER, loadBalancerEnd(id)]
  throw new UnexpectedAnswerError(
    `target group ${TargetGroupName} has targets of type '${type}', which is not known`,
  )
}
