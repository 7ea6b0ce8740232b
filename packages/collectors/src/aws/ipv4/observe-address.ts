import type { TaggedParent, Tags } from '@polo/core'
import type { Observation } from '../../collector.ts'
import { readTags } from '../answer-lists.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'
import { type AddressPrice, priceOf, typeOf } from './address-price.ts'
import { type AddressUse, useOf } from './address-use.ts'
import { type AddressUser, arnOf, instanceOf, userOf } from './address-user.ts'
import type { KnownAddress, Place } from './known-address.ts'
import { parentArn, type User, type Users } from './look-up-users.ts'

/** An address with what follows from what is known of it. */
interface SeenAddress extends KnownAddress {
  readonly type: string | undefined
  readonly use: AddressUse
  readonly price: AddressPrice
  readonly user: AddressUser
  readonly instanceState: string | undefined
  readonly unknown: readonly string[]
}

export const PUBLIC_IPV4: PropertyTable<SeenAddress> = {
  address_type: [
    'amazon-owned-eip, ec2-public-ip (given to an instance until it stops), service-managed-ip, byoip, carrier, customer-owned, …',
    (a) => a.type,
  ],
  state: ['in_use or idle, as AWS bills it; both cost the same', (a) => a.use.state],
  state_reason: ['Why it is idle', (a) => a.use.reason],
  charge: ['charged, free or unknown', (a) => a.price.charge],
  charge_reason: ['Why it is free, or why its price is not known', (a) => a.price.reason],
  service: [
    'Service that uses it: ec2, nat-gateway, load-balancer, relational-database-service, site-to-site-vpn, …',
    (a) => a.user.service,
  ],
  used_by: [
    'ARN of what uses it: an instance, NAT gateway, load balancer, …, or of the network interface that it is on',
    (a) => a.user.arn,
  ],
  instance_id: ['Instance that has it', (a) => instanceOf(a)],
  instance_state: ['State of that instance', (a) => a.instanceState],
  network_interface_id: [
    'Network interface that has it',
    ({ attachment, elasticIp, insight }) =>
      attachment?.networkInterface.NetworkInterfaceId ??
      elasticIp?.NetworkInterfaceId ??
      insight?.NetworkInterfaceId,
  ],
  network_interface_description: [
    'What the creator of the interface says of it',
    ({ attachment }) => attachment?.networkInterface.Description,
  ],
  private_ip_address: [
    'Private IPv4 address that it is mapped to',
    ({ attachment, elasticIp }) => attachment?.privateIp ?? elasticIp?.PrivateIpAddress,
  ],
  allocation_id: [
    'Allocation, of an Elastic IP address',
    ({ attachment, elasticIp }) => elasticIp?.AllocationId ?? attachment?.association.AllocationId,
  ],
  association_id: [
    'Association with the network interface',
    ({ attachment, elasticIp }) => elasticIp?.AssociationId ?? attachment?.association.AssociationId,
  ],
  public_ip_owner_id: [
    'Who owns the address: an account, amazon, or a service such as amazon-rds',
    ({ attachment }) => attachment?.association.IpOwnerId,
  ],
  public_ipv4_pool: [
    'Pool that the address is from: amazon, or an own one',
    ({ elasticIp, insight }) => elasticIp?.PublicIpv4Pool ?? insight?.PublicIpv4PoolId,
  ],
  vpc_id: ['VPC', ({ attachment, insight }) => attachment?.networkInterface.VpcId ?? insight?.VpcId],
  subnet_id: [
    'Subnet',
    ({ attachment, elasticIp, insight }) =>
      attachment?.networkInterface.SubnetId ?? elasticIp?.SubnetId ?? insight?.SubnetId,
  ],
  availability_zone: ['Availability Zone', ({ attachment }) => attachment?.networkInterface.AvailabilityZone],
  network_border_group: [
    'Zones that advertise the address',
    ({ elasticIp, insight }) => elasticIp?.NetworkBorderGroup ?? insight?.NetworkBorderGroup,
  ],
  public_dns_name: ['Public DNS name', ({ attachment }) => attachment?.association.PublicDnsName],
  seen_in: [
    'Lists that have it: elastic_ips, network_interfaces, ipam',
    ({ attachment, elasticIp, insight }) =>
      [elasticIp && 'elastic_ips', attachment && 'network_interfaces', insight && 'ipam'].filter(
        (list) => list !== undefined,
      ),
  ],
  unknown: [
    'What of it could not be read: state, tags (its own), inherited_tags (of what uses it)',
    (a) => a.unknown,
  ],
}

/** What every address is seen with. */
export interface Sight {
  readonly place: Place
  readonly users: Users
  readonly areElasticIpsKnown: boolean
}

export function observeAddress(known: KnownAddress, sight: Sight): Observation {
  const { place, users } = sight
  const parent = parentArn(known, place)
  const user = users.found.get(parent ?? '')
  const type = typeOf(known)
  const price = priceOf(type, place.partition)
  const use = useOf(known, user)
  const tags = tagsOf(known)
  const seen = { ...known, type, use, price, user: userOf(known, place), instanceState: user?.state }
  return {
    resource_type: 'ec2:ipv4',
    resource_id: known.address,
    resource_name: tags.Name,
    aws_account_id: place.account,
    aws_region: place.region,
    value: price.usdPerHour,
    unit: price.usdPerHour === undefined ? undefined : 'USD/hour',
    tags,
    parents: parentsOf(known, { user, parent, place }),
    properties: readProperties(PUBLIC_IPV4, { ...seen, unknown: unknownOf(known, { sight, parent, use }) }),
  }
}

/** An Elastic IP has tags of its own; other addresses have none. */
function tagsOf({ elasticIp, insight }: KnownAddress): Tags {
  return readTags(elasticIp?.Tags ?? insight?.Tags?.EipTags)
}

interface Parent {
  readonly parent: string | undefined
  readonly user: User | undefined
  readonly place: Place
}

/** The network interface, and behind it what that is for. */
function parentsOf({ attachment }: KnownAddress, { parent, user, place }: Parent): TaggedParent[] {
  const behind = parent && user ? [{ arn: parent, tags: user.tags, parents: [] }] : []
  if (!attachment) return behind
  const { NetworkInterfaceId, OwnerId = place.account, TagSet } = attachment.networkInterface
  const arn = arnOf('network-interface', NetworkInterfaceId, { ...place, account: OwnerId })
  return arn ? [{ arn, tags: readTags(TagSet), parents: behind }] : behind
}

interface Doubt {
  readonly sight: Sight
  readonly parent: string | undefined
  readonly use: AddressUse
}

function unknownOf({ attachment }: KnownAddress, { sight, parent, use }: Doubt): string[] {
  const isElastic = Boolean(attachment?.association.AllocationId)
  return [
    ...(use.state === undefined ? ['state'] : []),
    ...(isElastic && !sight.areElasticIpsKnown ? ['tags'] : []),
    ...(sight.users.missed.has(parent ?? '') ? ['inherited_tags'] : []),
  ]
}
