import { type Address, DescribeAddressesCommand } from '@aws-sdk/client-ec2'
import type { TableRow } from '../../collector.ts'
import type { RelationshipContext } from './clients.ts'
import { ec2End } from './ends.ts'
import { type Relation, relate } from './relation.ts'

const INTERFACE: Relation<Address> = {
  from: 'ec2:eip',
  name: 'is_associated_with',
  to: 'ec2:eni',
  meaning: 'The Elastic IP address is mapped to an address of the network interface',
  properties: {
    private_ip_address: ['Private address that it is mapped to', (address) => address.PrivateIpAddress],
    association_id: ['Association', (address) => address.AssociationId],
  },
}
const INSTANCE: Relation<Address> = {
  ...INTERFACE,
  to: 'ec2:instance',
  meaning:
    'The Elastic IP address is mapped to the instance, where no network interface is told (EC2-Classic)',
}

export const ADDRESS_RELATIONS = [INTERFACE, INSTANCE]

/** DescribeAddresses has no pages. */
export async function* relateAddresses(context: RelationshipContext): AsyncGenerator<TableRow> {
  const answer = await context.clients.ec2.send(new DescribeAddressesCommand({}), {
    abortSignal: context.signal,
  })
  yield* context.each(answer, 'Addresses', (address) => relateAddress(context, address))
}

function relateAddress(context: RelationshipContext, address: Address): TableRow[] {
  const { NetworkInterfaceId, InstanceId, NetworkInterfaceOwnerId: account = context.account } = address
  const { region } = context
  const from = ec2End('address', address.AllocationId ?? address.PublicIp, context)
  return NetworkInterfaceId
    ? relate(context, INTERFACE, {
        from,
        to: ec2End('networkInterface', NetworkInterfaceId, { account, region }),
        item: address,
      })
    : relate(context, INSTANCE, { from, to: ec2End('instance', InstanceId, context), item: address })
}
