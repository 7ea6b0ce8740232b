import type {
  Address,
  IpamDiscoveredPublicAddress,
  NetworkInterface,
  NetworkInterfaceAssociation,
} from '@aws-sdk/client-ec2'
import type { CollectContext } from '../../collector.ts'
import { itemsOf } from '../answer-lists.ts'

export type Place = Pick<CollectContext, 'partition' | 'region' | 'account'>

/** What a network interface says of one of its public addresses. */
export interface Attachment {
  readonly networkInterface: NetworkInterface
  readonly association: NetworkInterfaceAssociation
  readonly privateIp: string | undefined
}

/** One address, and what each list that has it says of it. */
export interface KnownAddress {
  readonly address: string
  readonly elasticIp?: Address
  readonly attachment?: Attachment
  readonly insight?: IpamDiscoveredPublicAddress
}

export interface Lists {
  readonly elasticIps: readonly Address[]
  readonly networkInterfaces: readonly NetworkInterface[]
  readonly insights: readonly IpamDiscoveredPublicAddress[]
}

/** The addresses of a network interface that are not private, those of its secondary private ones included. */
export function attachmentsOf(networkInterface: NetworkInterface): Attachment[] {
  const secondary = itemsOf(networkInterface.PrivateIpAddresses)
  const all = [{ ...networkInterface, Association: networkInterface.Association }, ...secondary]
  return all.flatMap(({ Association: association, PrivateIpAddress: privateIp }) =>
    association && addressOf(association) ? [{ networkInterface, association, privateIp }] : [],
  )
}

/** An Elastic IP or an association has a public address, or one of a carrier or of the customer in its stead. */
function addressOf({
  PublicIp,
  CarrierIp,
  CustomerOwnedIp,
}: NetworkInterfaceAssociation): string | undefined {
  return PublicIp || CarrierIp || CustomerOwnedIp || undefined
}

/**
 * The addresses that the account has in the region, each once however many lists have it; and those that an IPAM of its
 * knows in other regions and accounts, and nothing else does. Those that another account pays for, in a VPC that both
 * share, are left to that account.
 */
export function joinAddresses(
  { elasticIps, networkInterfaces, insights }: Lists,
  place: Place,
): KnownAddress[] {
  const known = new Map<string, KnownAddress>()
  const add = (address: string | undefined, facts: Omit<KnownAddress, 'address'>, elsewhere = '') => {
    const key = `${elsewhere} ${address}`
    if (address) known.set(key, { ...known.get(key), ...facts, address })
  }
  const isKnown = (address: string | undefined) => known.has(` ${address}`)
  for (const elasticIp of elasticIps) add(addressOf(elasticIp), { elasticIp })
  for (const attachment of networkInterfaces.flatMap(attachmentsOf)) {
    const address = addressOf(attachment.association)
    if (isKnown(address) || payerOf(attachment) === place.account) add(address, { attachment })
  }
  for (const insight of insights) {
    const { account, region } = placeOf({ insight }, place)
    const isHere = account === place.account && region === place.region
    const { Address: address } = insight
    if ((isHere && isKnown(address)) || isOnlyInIpam(insight)) {
      add(address, { insight }, isHere ? '' : `${account} ${region}`)
    }
  }
  return [...known.values()]
}

/** Where an address is, and whose: an IPAM sees other regions than its own, and other accounts. */
export function placeOf(
  { insight }: Pick<KnownAddress, 'insight'>,
  { partition, region, account }: Place,
): Place {
  return {
    partition,
    region: insight?.AddressRegion ?? region,
    account: insight?.AddressOwnerId ?? account,
  }
}

/** Whether neither Elastic IPs nor network interfaces have it, in whichever region: those of VPNs and accelerators. */
function isOnlyInIpam({ AddressAllocationId, NetworkInterfaceId }: IpamDiscoveredPublicAddress): boolean {
  return !AddressAllocationId && !NetworkInterfaceId
}

/** Services own the addresses that they take for an account, and the account pays. */
function payerOf({ association, networkInterface }: Attachment): string | undefined {
  return /^\d{12}$/.test(association.IpOwnerId ?? '') ? association.IpOwnerId : networkInterface.OwnerId
}
