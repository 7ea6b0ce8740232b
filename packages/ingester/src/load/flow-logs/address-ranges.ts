/** RFC 1918, shared (RFC 6598) and unique local addresses: not routed on the internet. IPv4 is mapped into IPv6. */
const PRIVATE = [
  ['::ffff:10.0.0.0', '::ffff:10.255.255.255'],
  ['::ffff:172.16.0.0', '::ffff:172.31.255.255'],
  ['::ffff:192.168.0.0', '::ffff:192.168.255.255'],
  ['::ffff:100.64.0.0', '::ffff:100.127.255.255'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
] as const

/** Where a VPC's DNS resolver, clock and instance metadata are. */
const VPC_SERVICES = [
  ['::ffff:169.254.0.0', '::ffff:169.254.255.255'],
  ['fd00:ec2::', 'fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff'],
] as const

/** Of one link, of many, or of none: unspecified, loopback, link-local, multicast, reserved, broadcast. */
const NOWHERE = [
  ['::', '::1'],
  ['::ffff:0.0.0.0', '::ffff:0.255.255.255'],
  ['::ffff:127.0.0.0', '::ffff:127.255.255.255'],
  ['::ffff:224.0.0.0', '::ffff:255.255.255.255'],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
] as const

/** What of IPv6 is routed on the internet, but for IPv4 addresses behind NAT64. */
const GLOBAL_IPV6 = [['2000::', '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']] as const

// Addresses are given as numbers: those are compared in a tenth of the time.
export const isPrivate = (number: string) => isWithin(number, PRIVATE)
export const isVpcService = (number: string) => isWithin(number, VPC_SERVICES)
export const isNowhere = (number: string) => isWithin(number, NOWHERE)
export const isGlobalIPv6 = (number: string) => isWithin(number, GLOBAL_IPV6)

export function numberOf(address: string): string {
  return `toUInt128(${address})`
}

/**
 * The number of the block that an address is in, which is as small as subnets get: /28 of IPv4, /64 of IPv6. So the whole
 * block is of one subnet, and in one zone. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
 */
export function blockOf(number: string): string {
  // The upper half is 0 in IPv4 and the greater one in what VPCs have of IPv6; deciding which takes longer.
  return `greatest(toUInt64(bitShiftRight(${number}, 64)), bitShiftRight(toUInt64(${number}), 4))`
}

function isWithin(number: string, ranges: readonly (readonly [string, string])[]): string {
  const limit = (text: string) => numberOf(`toIPv6('${text}')`)
  const conditions = ranges.map(([first, last]) => `${number} BETWEEN ${limit(first)} AND ${limit(last)}`)
  return `(${conditions.join(' OR ')})`
}
