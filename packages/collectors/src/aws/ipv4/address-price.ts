import type { KnownAddress } from './known-address.ts'

/** As IPAM's public IP insights call kinds of addresses, and two that it does not have. */
export function typeOf({ elasticIp, attachment, insight }: KnownAddress): string | undefined {
  if (insight?.AddressType) return insight.AddressType
  const facts = elasticIp ?? attachment?.association
  if (facts && !facts.PublicIp) return facts.CarrierIp ? 'carrier' : 'customer-owned'
  if (elasticIp) return typeOfPool(elasticIp.PublicIpv4Pool ?? 'amazon')
  if (attachment?.association.AllocationId) return undefined
  return attachment?.networkInterface.RequesterManaged ? 'service-managed-ip' : 'ec2-public-ip'
}

/** A pool of IPAM's may be one's own or a contiguous block of Amazon's: only its insights tell. */
function typeOfPool(pool: string): string | undefined {
  if (pool === 'amazon') return 'amazon-owned-eip'
  return pool.startsWith('ipv4pool-ec2-') ? 'byoip' : undefined
}

/** What an address costs, or why nothing, or why that is not known. */
export interface AddressPrice {
  readonly charge: 'charged' | 'free' | 'unknown'
  readonly reason?: string
  /** US dollars an hour; left out where it is not known. */
  readonly usdPerHour?: number
}

/**
 * The same in every region of these partitions, in use or idle, since 2024-02-01:
 * https://aws.amazon.com/blogs/aws/new-aws-public-ipv4-address-charge-public-ip-insights/
 */
const USD_PER_HOUR = 0.005
const PRICED_PARTITIONS = new Set(['aws', 'aws-us-gov'])
const FREE: Readonly<Record<string, string>> = {
  byoip: 'address of its owner’s own range',
  'service-managed-byoip': 'address of its owner’s own range',
  carrier: 'carrier address of a Wavelength Zone',
  'customer-owned': 'customer-owned address of an Outpost',
}
const CHARGED = new Set(['amazon-owned-eip', 'ec2-public-ip', 'service-managed-ip'])

export function priceOf(type: string | undefined, partition: string): AddressPrice {
  const free = FREE[type ?? '']
  if (free !== undefined) return { charge: 'free', reason: free, usdPerHour: 0 }
  if (!PRICED_PARTITIONS.has(partition))
    return { charge: 'unknown', reason: `the regions of ${partition} have prices of their own` }
  if (CHARGED.has(type ?? '')) return { charge: 'charged', usdPerHour: USD_PER_HOUR }
  const reason = type ? 'priced with the range that it is from' : 'not known which range it is from'
  return { charge: 'unknown', reason }
}
