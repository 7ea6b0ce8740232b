import { type Address, DescribeAddressesCommand } from '@aws-sdk/client-ec2'
import type { CollectContext, Observation } from '../../collector.ts'
import { identifyEc2 } from '../identify-ec2.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'
import type { NetworkContext } from './clients.ts'

export const ADDRESS: PropertyTable<Address> = {
  allocation_id: ['Allocation', (a) => a.AllocationId],
  associated: ['Whether anything uses it; an unused one costs the same', (a) => isAssociated(a)],
  association_id: ['Association with a network interface', (a) => a.AssociationId],
  public_ip_address: ['The address', (a) => a.PublicIp],
  private_ip_address: ['Private IPv4 address that it is mapped to', (a) => a.PrivateIpAddress],
  instance_id: ['Instance that uses it', (a) => a.InstanceId],
  network_interface_id: ['Network interface that uses it', (a) => a.NetworkInterfaceId],
  network_interface_owner_id: ['Account that owns the network interface', (a) => a.NetworkInterfaceOwnerId],
  subnet_id: ['Subnet of the network interface', (a) => a.SubnetId],
  domain: ['vpc or standard (EC2-Classic)', (a) => a.Domain],
  public_ipv4_pool: ['Pool that the address is from: amazon, or an own one', (a) => a.PublicIpv4Pool],
  network_border_group: ['Zones that advertise the address', (a) => a.NetworkBorderGroup],
  customer_owned_ip: ['Customer-owned address (Outposts)', (a) => a.CustomerOwnedIp],
  customer_owned_ipv4_pool: ['Pool of the customer-owned address', (a) => a.CustomerOwnedIpv4Pool],
  carrier_ip: ['Carrier address (Wavelength)', (a) => a.CarrierIp],
  service_managed: ['AWS service that manages it', (a) => a.ServiceManaged],
}

/** DescribeAddresses has no pages. */
export async function* collectAddresses(context: NetworkContext): AsyncGenerator<Observation> {
  const answer = await context.clients.ec2.send(new DescribeAddressesCommand({}), {
    abortSignal: context.signal,
  })
  yield* context.each(answer, 'Addresses', (address) => observe(context, address))
}

function observe(context: CollectContext, address: Address): Observation {
  const id = address.AllocationId ?? address.PublicIp
  return {
    resource_type: 'ec2:eip',
    ...identifyEc2(context, 'elastic-ip', { id, tags: address.Tags }),
    parents: [address.NetworkInterfaceId],
    properties: readProperties(ADDRESS, address),
  }
}

export function isAssociated({ AssociationId, InstanceId, NetworkInterfaceId }: Address): boolean {
  return Boolean(AssociationId || InstanceId || NetworkInterfaceId)
}
