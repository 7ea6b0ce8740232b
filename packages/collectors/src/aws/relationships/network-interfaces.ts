import { type NetworkInterface, paginateDescribeNetworkInterfaces } from '@aws-sdk/client-ec2'
import type { TableRow } from '../../collector.ts'
import { itemsOf } from '../answer-lists.ts'
import { owningResource } from '../config-network/owning-resource.ts'
import type { RelationshipContext } from './clients.ts'
import { ec2End, loadBalancerEnd } from './ends.ts'
import { lookOf, ownedEnd } from './look.ts'
import { type Relation, relate } from './relation.ts'
import { relateAddressTarget, relateInterfaceTargets } from './targets.ts'

const SUBNET: Relation<unknown> = {
  from: 'ec2:eni',
  name: 'is_in',
  to: 'vpc:subnet',
  meaning: 'The network interface is in the subnet',
}
const SECURITY_GROUP: Relation<unknown> = {
  from: 'ec2:eni',
  name: 'is_secured_by',
  to: 'ec2:security_group',
  meaning: 'The network interface is a member of the security group',
}
const LOAD_BALANCER: Relation<unknown> = {
  from: 'elbv2:load_balancer',
  name: 'uses',
  to: 'ec2:eni',
  meaning: 'The network interface is the load balancer’s',
}

export const NETWORK_INTERFACE_RELATIONS = [SUBNET, SECURITY_GROUP, LOAD_BALANCER]

/** Also says whose the addresses are that target groups send to; what no interface has, is left an address. */
export async function* relateNetworkInterfaces(context: RelationshipContext): AsyncGenerator<TableRow> {
  const { ipTargets } = lookOf(context)
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  for await (const page of paginateDescribeNetworkInterfaces(paging, {}, { abortSignal: context.signal })) {
    yield* context.each(page, 'NetworkInterfaces', (networkInterface) => [
      ...relateNetworkInterface(context, networkInterface),
      ...relateInterfaceTargets(
        context,
        ipTargets.takeOf(networkInterface),
        endOf(context, networkInterface),
      ),
    ])
  }
  for (const target of ipTargets.takeRest()) yield* relateAddressTarget(context, target)
}

function relateNetworkInterface(
  context: RelationshipContext,
  networkInterface: NetworkInterface,
): TableRow[] {
  const from = endOf(context, networkInterface)
  const loadBalancer = loadBalancerEnd(loadBalancerOf(context, networkInterface))
  return [
    ...relate(context, SUBNET, {
      from,
      to: ownedEnd(context, 'subnet', networkInterface.SubnetId),
      item: networkInterface,
    }),
    ...itemsOf(networkInterface.Groups).flatMap((group) => {
      const to = ownedEnd(context, 'securityGroup', group.GroupId)
      return relate(context, SECURITY_GROUP, { from, to, item: group })
    }),
    ...(loadBalancer.id === ''
      ? []
      : relate(context, LOAD_BALANCER, { from: loadBalancer, to: from, item: networkInterface })),
  ]
}

/** In a shared VPC, its owner also sees the interfaces of others. */
function endOf({ account, region }: RelationshipContext, { NetworkInterfaceId, OwnerId }: NetworkInterface) {
  return ec2End('networkInterface', NetworkInterfaceId, { account: OwnerId ?? account, region })
}

function loadBalancerOf(
  { account, region, partition }: RelationshipContext,
  networkInterface: NetworkInterface,
): string | undefined {
  const owner = owningResource(networkInterface, {
    account: networkInterface.OwnerId ?? account,
    region,
    partition,
  })
  return owner?.startsWith('arn:') ? owner : undefined
}
