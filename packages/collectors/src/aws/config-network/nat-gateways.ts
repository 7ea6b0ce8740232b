import { type NatGateway, paginateDescribeNatGateways } from '@aws-sdk/client-ec2'
import type { CollectContext, Observation } from '../../collector.ts'
import { itemsOf, valuesOf } from '../answer-lists.ts'
import { identifyEc2 } from '../identify-ec2.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'
import type { NetworkContext } from './clients.ts'

export const NAT_GATEWAY: PropertyTable<NatGateway> = {
  state: ['pending, available, deleting, deleted or failed', (n) => n.State],
  connectivity_type: ['public or private', (n) => n.ConnectivityType],
  availability_mode: ['zonal or regional', (n) => n.AvailabilityMode],
  vpc_id: ['VPC', (n) => n.VpcId],
  subnet_id: ['Subnet', (n) => n.SubnetId],
  private_ip_address: ['Primary private IPv4 address', (n) => primaryAddress(n)?.PrivateIp],
  private_ip_addresses: [
    'Private IPv4 addresses',
    (n) => valuesOf(n.NatGatewayAddresses, (address) => address.PrivateIp),
  ],
  public_ip_address: ['Primary public IPv4 address', (n) => primaryAddress(n)?.PublicIp],
  public_ip_addresses: [
    'Public IPv4 addresses',
    (n) => valuesOf(n.NatGatewayAddresses, (address) => address.PublicIp),
  ],
  allocation_ids: [
    'Elastic IP addresses it uses',
    (n) => valuesOf(n.NatGatewayAddresses, (address) => address.AllocationId),
  ],
  network_interface_ids: [
    'Network interfaces it uses',
    (n) => [...new Set(valuesOf(n.NatGatewayAddresses, (address) => address.NetworkInterfaceId))],
  ],
  create_time: ['When it was created', (n) => n.CreateTime],
  delete_time: ['When it was deleted', (n) => n.DeleteTime],
  failure_code: ['Why it could not be created', (n) => n.FailureCode],
  failure_message: ['Why it could not be created, in words', (n) => n.FailureMessage],
  route_table_id: ['Route table of a regional NAT gateway', (n) => n.RouteTableId],
}

export async function* collectNatGateways(context: NetworkContext): AsyncGenerator<Observation> {
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  for await (const page of paginateDescribeNatGateways(paging, {}, { abortSignal: context.signal })) {
    yield* context.each(page, 'NatGateways', (natGateway) => observe(context, natGateway))
  }
}

function observe(context: CollectContext, natGateway: NatGateway): Observation {
  return {
    resource_type: 'vpc:nat_gateway',
    ...identifyEc2(context, 'natgateway', { id: natGateway.NatGatewayId, tags: natGateway.Tags }),
    properties: readProperties(NAT_GATEWAY, natGateway),
  }
}

function primaryAddress({ NatGatewayAddresses }: NatGateway) {
  const addresses = itemsOf(NatGatewayAddresses)
  return addresses.find((address) => address.IsPrimary) ?? addresses[0]
}
