import { type LoadBalancer, paginateDescribeLoadBalancers } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { TableRow } from '../../collector.ts'
import { itemsOf, valuesOf } from '../answer-lists.ts'
import type { RelationshipContext } from './clients.ts'
import { loadBalancerEnd } from './ends.ts'
import { ownedEnd } from './look.ts'
import { type Relation, relate } from './relation.ts'

const SUBNET: Relation<unknown> = {
  from: 'elbv2:load_balancer',
  name: 'is_in',
  to: 'vpc:subnet',
  meaning: 'The load balancer has nodes in the subnet',
}
const SECURITY_GROUP: Relation<unknown> = {
  from: 'elbv2:load_balancer',
  name: 'is_secured_by',
  to: 'ec2:security_group',
  meaning: 'The load balancer is a member of the security group',
}

export const LOAD_BALANCER_RELATIONS = [SUBNET, SECURITY_GROUP]

export async function* relateLoadBalancers(context: RelationshipContext): AsyncGenerator<TableRow> {
  const paging = { client: context.clients.elbv2 }
  // This paginator ignores `pageSize`.
  const input = { PageSize: 400 }
  for await (const page of paginateDescribeLoadBalancers(paging, input, { abortSignal: context.signal })) {
    yield* context.each(page, 'LoadBalancers', (balancer) => relateLoadBalancer(context, balancer))
  }
}

function relateLoadBalancer(context: RelationshipContext, balancer: LoadBalancer): TableRow[] {
  const from = loadBalancerEnd(balancer.LoadBalancerArn)
  const subnetIds = valuesOf(balancer.AvailabilityZones, (zone) => zone.SubnetId)
  return [
    ...subnetIds.flatMap((id) =>
      relate(context, SUBNET, { from, to: ownedEnd(context, 'subnet', id), item: balancer }),
    ),
    ...itemsOf(balancer.SecurityGroups).flatMap((id) =>
      relate(context, SECURITY_GROUP, { from, to: ownedEnd(context, 'securityGroup', id), item: balancer }),
    ),
  ]
}
