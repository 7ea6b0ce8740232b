import { type NatGateway, type NatGatewayAddress, paginateDescribeNatGateways } from '@aws-sdk/client-ec2'
import type { TableRow } from '../../collector.ts'
import { itemsOf } from '../answer-lists.ts'
import type { RelationshipContext } from './clients.ts'
import { ec2End } from './ends.ts'
import { ownedEnd } from './look.ts'
import { type Relation, relate } from './relation.ts'

const SUBNET: Relation<unknown> = {
  from: 'vpc:nat_gateway',
  name: 'is_in',
  to: 'vpc:subnet',
  meaning: 'The NAT gateway is in the subnet',
}
const VPC: Relation<unknown> = {
  from: 'vpc:nat_gateway',
  name: 'is_in',
  to: 'vpc:vpc',
  meaning: 'The NAT gateway is a regional one, which is in no subnet but in the whole VPC',
}
const INTERFACE: Relation<NatGatewayAddress> = {
  from: 'vpc:nat_gateway',
  name: 'uses',
  to: 'ec2:eni',
  meaning: 'The network interface is the NAT gateway’s',
}
const ADDRESS: Relation<NatGatewayAddress> = {
  from: 'ec2:eip',
  name: 'is_associated_with',
  to: 'vpc:nat_gateway',
  meaning: 'The NAT gateway has the Elastic IP address, where no network interface is told',
  properties: {
    private_ip_address: ['Private address that it is mapped to', (address) => address.PrivateIp],
    association_id: ['Association', (address) => address.AssociationId],
  },
}

export const NAT_GATEWAY_RELATIONS = [SUBNET, VPC, INTERFACE, ADDRESS]

/** AWS tells of them for about an hour more. */
const GONE: readonly (string | undefined)[] = ['deleted', 'failed']

export async function* relateNatGateways(context: RelationshipContext): AsyncGenerator<TableRow> {
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  for await (const page of paginateDescribeNatGateways(paging, {}, { abortSignal: context.signal })) {
    yield* context.each(page, 'NatGateways', (natGateway) => relateNatGateway(context, natGateway))
  }
}

function relateNatGateway(context: RelationshipContext, natGateway: NatGateway): TableRow[] {
  const { NatGatewayId, State, SubnetId, VpcId, NatGatewayAddresses } = natGateway
  if (GONE.includes(State)) return []
  const from = ec2End('natGateway', NatGatewayId, context)
  const addresses = itemsOf(NatGatewayAddresses)
  return [
    ...relate(context, SubnetId ? SUBNET : VPC, {
      from,
      to: SubnetId ? ownedEnd(context, 'subnet', SubnetId) : ownedEnd(context, 'vpc', VpcId),
      item: natGateway,
    }),
    ...firstOfEachInterface(addresses).flatMap((address) => {
      const to = ec2End('networkInterface', address.NetworkInterfaceId, context)
      return relate(context, INTERFACE, { from, to, item: address })
    }),
    ...addresses
      .filter(({ AllocationId, NetworkInterfaceId }) => AllocationId && !NetworkInterfaceId)
      .flatMap((address) => {
        const eip = ec2End('address', address.AllocationId, context)
        return relate(context, ADDRESS, { from: eip, to: from, item: address })
      }),
  ]
}

/** An interface has several addresses of a NAT gateway. */
function firstOfEachInterface(addresses: readonly NatGatewayAddress[]): NatGatewayAddress[] {
  const ids = addresses.map(({ NetworkInterfaceId }) => NetworkInterfaceId)
  return addresses.filter(({ NetworkInterfaceId }, index) => ids.indexOf(NetworkInterfaceId) === index)
}
