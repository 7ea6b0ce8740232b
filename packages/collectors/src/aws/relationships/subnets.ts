import { paginateDescribeSubnets } from '@aws-sdk/client-ec2'
import type { TableRow } from '../../collector.ts'
import type { RelationshipContext } from './clients.ts'
import { ec2End } from './ends.ts'
import { lookOf, rememberOwner } from './look.ts'
import { type Relation, relate } from './relation.ts'

const SUBNET_IN_VPC: Relation<unknown> = {
  from: 'vpc:subnet',
  name: 'is_in',
  to: 'vpc:vpc',
  meaning: 'The subnet is a part of the VPC',
}

export const SUBNET_RELATIONS = [SUBNET_IN_VPC]

/** Those that other accounts share with this one are among them, with their owners. */
export async function* relateSubnets(context: RelationshipContext): AsyncGenerator<TableRow> {
  const look = lookOf(context)
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  for await (const page of paginateDescribeSubnets(paging, {}, { abortSignal: context.signal })) {
    yield* context.each(page, 'Subnets', (subnet) => {
      const { SubnetId, VpcId, OwnerId } = subnet
      rememberOwner(look, SubnetId, OwnerId)
      rememberOwner(look, VpcId, OwnerId)
      const place = { account: OwnerId, region: context.region }
      return relate(context, SUBNET_IN_VPC, {
        from: ec2End('subnet', SubnetId, place),
        to: ec2End('vpc', VpcId, place),
        item: subnet,
      })
    })
  }
}
