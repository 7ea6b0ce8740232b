import { type NetworkInterface, paginateDescribeNetworkInterfaces } from '@aws-sdk/client-ec2'
import type { CollectContext, Observation } from '../../collector.ts'
import { valuesOf } from '../answer-lists.ts'
import { identifyEc2 } from '../identify-ec2.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'
import type { NetworkContext } from './clients.ts'
import { owningResource } from './owning-resource.ts'

export const NETWORK_INTERFACE: PropertyTable<NetworkInterface> = {
  interface_type: [
    'interface, nat_gateway, network_load_balancer, vpc_endpoint, lambda, …',
    (n) => n.InterfaceType,
  ],
  status: ['available (nothing has it attached), in-use, attaching, detaching, …', (n) => n.Status],
  description: ['What its creator says of it', (n) => n.Description],
  owner_id: ['Account that owns it; in a shared VPC not always the one it was seen from', (n) => n.OwnerId],
  requester_id: ['Who created it on the owner’s behalf', (n) => n.RequesterId],
  requester_managed: ['Whether an AWS service manages it', (n) => n.RequesterManaged],
  operator_principal: ['AWS service that manages it, as a principal', (n) => n.Operator?.Principal],
  attachment_id: ['Attachment', (n) => n.Attachment?.AttachmentId],
  attachment_status: ['attaching, attached, detaching or detached', (n) => n.Attachment?.Status],
  attach_time: ['When it was attached', (n) => n.Attachment?.AttachTime],
  instance_id: ['Instance that it is attached to', (n) => n.Attachment?.InstanceId],
  instance_owner_id: [
    'Account or service that owns what it is attached to',
    (n) => n.Attachment?.InstanceOwnerId,
  ],
  device_index: [
    'Its place among the instance’s interfaces; 0 is the primary',
    (n) => n.Attachment?.DeviceIndex,
  ],
  delete_on_termination: ['Whether it goes with the instance', (n) => n.Attachment?.DeleteOnTermination],
  vpc_id: ['VPC', (n) => n.VpcId],
  subnet_id: ['Subnet', (n) => n.SubnetId],
  availability_zone: ['Availability Zone', (n) => n.AvailabilityZone],
  availability_zone_id: [
    'Id of the Availability Zone, the same in all accounts',
    (n) => n.AvailabilityZoneId,
  ],
  private_ip_address: ['Primary private IPv4 address', (n) => n.PrivateIpAddress],
  private_ip_addresses: [
    'Private IPv4 addresses',
    (n) => valuesOf(n.PrivateIpAddresses, (address) => address.PrivateIpAddress),
  ],
  public_ip_address: ['Public IPv4 address of the primary private one', (n) => n.Association?.PublicIp],
  public_ip_addresses: [
    'Public IPv4 addresses',
    (n) => valuesOf(n.PrivateIpAddresses, (address) => address.Association?.PublicIp),
  ],
  public_ip_owner_id: ['Owner of the public address: an account, or amazon', (n) => n.Association?.IpOwnerId],
  allocation_id: ['Elastic IP address in use', (n) => n.Association?.AllocationId],
  ipv6_addresses: ['IPv6 addresses', (n) => valuesOf(n.Ipv6Addresses, (address) => address.Ipv6Address)],
  ipv4_prefixes: [
    'IPv4 prefixes delegated to it',
    (n) => valuesOf(n.Ipv4Prefixes, (prefix) => prefix.Ipv4Prefix),
  ],
  ipv6_prefixes: [
    'IPv6 prefixes delegated to it',
    (n) => valuesOf(n.Ipv6Prefixes, (prefix) => prefix.Ipv6Prefix),
  ],
  private_dns_name: ['Private DNS name', (n) => n.PrivateDnsName],
  public_dns_name: ['Public DNS name', (n) => n.Association?.PublicDnsName],
  mac_address: ['MAC address', (n) => n.MacAddress],
  security_group_ids: ['Security groups', (n) => valuesOf(n.Groups, (group) => group.GroupId)],
  security_group_names: [
    'Names of the security groups',
    (n) => valuesOf(n.Groups, (group) => group.GroupName),
  ],
  source_dest_check: ['Whether traffic must be from or to itself', (n) => n.SourceDestCheck],
  deny_all_igw_traffic: ['Whether internet gateways are barred', (n) => n.DenyAllIgwTraffic],
  outpost_arn: ['Outpost', (n) => n.OutpostArn],
}

export async function* collectNetworkInterfaces(context: NetworkContext): AsyncGenerator<Observation> {
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  for await (const page of paginateDescribeNetworkInterfaces(paging, {}, { abortSignal: context.signal })) {
    yield* context.each(page, 'NetworkInterfaces', (networkInterface) => observe(context, networkInterface))
  }
}

function observe(context: CollectContext, networkInterface: NetworkInterface): Observation {
  const account = networkInterface.OwnerId ?? context.account
  return {
    resource_type: 'ec2:eni',
    ...identifyEc2({ ...context, account }, 'network-interface', {
      id: networkInterface.NetworkInterfaceId,
      tags: networkInterface.TagSet,
    }),
    parents: [owningResource(networkInterface, { ...context, account })],
    properties: readProperties(NETWORK_INTERFACE, networkInterface),
  }
}
