import {
  type LoadBalancer,
  type LoadBalancerAddress,
  paginateDescribeLoadBalancers,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Tags } from '@polo/core'
import type { Observation } from '../../collector.ts'
import { itemsOf, valuesOf } from '../answer-lists.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'
import type { NetworkContext } from './clients.ts'
import { createTagReader } from './load-balancer-tags.ts'

interface TaggedLoadBalancer extends LoadBalancer {
  /** Undefined where they could not be read. */
  readonly tags: Tags | undefined
}

export const LOAD_BALANCER: PropertyTable<TaggedLoadBalancer> = {
  type: ['application, network or gateway', (l) => l.Type],
  scheme: ['internet-facing or internal', (l) => l.Scheme],
  state: ['provisioning, active, active_impaired or failed', (l) => l.State?.Code],
  state_reason: ['Why it is in that state', (l) => l.State?.Reason],
  dns_name: ['DNS name', (l) => l.DNSName],
  hosted_zone_id: ['Route 53 hosted zone of the DNS name', (l) => l.CanonicalHostedZoneId],
  vpc_id: ['VPC', (l) => l.VpcId],
  availability_zones: ['Availability Zones', (l) => valuesOf(l.AvailabilityZones, (zone) => zone.ZoneName)],
  subnet_ids: ['Subnets', (l) => valuesOf(l.AvailabilityZones, (zone) => zone.SubnetId)],
  outpost_ids: ['Outposts', (l) => valuesOf(l.AvailabilityZones, (zone) => zone.OutpostId)],
  public_ip_addresses: ['Fixed public IPv4 addresses', (l) => valuesOf(addresses(l), (a) => a.IpAddress)],
  private_ip_addresses: [
    'Fixed private IPv4 addresses',
    (l) => valuesOf(addresses(l), (a) => a.PrivateIPv4Address),
  ],
  ipv6_addresses: ['Fixed IPv6 addresses', (l) => valuesOf(addresses(l), (a) => a.IPv6Address)],
  allocation_ids: ['Elastic IP addresses it uses', (l) => valuesOf(addresses(l), (a) => a.AllocationId)],
  ip_address_type: ['ipv4, dualstack or dualstack-without-public-ipv4', (l) => l.IpAddressType],
  security_group_ids: ['Security groups', (l) => valuesOf(l.SecurityGroups, (id) => id)],
  enforce_private_link_security_groups: [
    'Whether security groups apply to traffic from PrivateLink: on or off',
    (l) => l.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic,
  ],
  customer_owned_ipv4_pool: ['Address pool of an Outpost', (l) => l.CustomerOwnedIpv4Pool],
  create_time: ['When it was created', (l) => l.CreatedTime],
  tags_known: [
    'false where the tags could not be read, so that none says nothing',
    (l) => l.tags !== undefined,
  ],
}

/** Without its tags a load balancer is still seen, but the source fails in the end: the look was not complete. */
export async function* collectLoadBalancers(context: NetworkContext): AsyncGenerator<Observation> {
  const client = context.clients.elbv2
  const tags = createTagReader(client, context.signal)
  // This paginator ignores `pageSize`.
  const input = { PageSize: 400 }
  for await (const page of paginateDescribeLoadBalancers({ client }, input, {
    abortSignal: context.signal,
  })) {
    const tagsByArn = await tags.read(valuesOf(page.LoadBalancers, (balancer) => balancer.LoadBalancerArn))
    yield* context.each(page, 'LoadBalancers', (balancer) =>
      observe({ ...balancer, tags: tagsByArn.get(balancer.LoadBalancerArn ?? '') }),
    )
  }
  const failure = tags.failure()
  if (failure) throw failure.error
}

function observe(balancer: TaggedLoadBalancer): Observation {
  return {
    resource_type: 'elbv2:load_balancer',
    resource_id: balancer.LoadBalancerArn?.replace(/^.*:loadbalancer\//, ''),
    resource_arn: balancer.LoadBalancerArn,
    resource_name: balancer.LoadBalancerName,
    tags: balancer.tags,
    properties: readProperties(LOAD_BALANCER, balancer),
  }
}

function addresses(balancer: LoadBalancer): LoadBalancerAddress[] {
  return itemsOf(balancer.AvailabilityZones).flatMap((zone) => itemsOf(zone.LoadBalancerAddresses))
}
