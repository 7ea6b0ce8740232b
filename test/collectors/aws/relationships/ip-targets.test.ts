import { BlockList, isIPv6 } from 'node:net'
import type { NetworkInterface } from '@aws-sdk/client-ec2'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createIpTargets,
  type IpTarget,
} from '../../../../packages/collectors/src/aws/relationships/ip-targets.ts'

/** Few enough that they meet, IPv6 in several ways to write it. */
const Address = fc.oneof(
  fc.integer({ min: 0, max: 63 }).map((last) => `10.0.0.${last}`),
  fc.constantFrom(
    '2600:1f14::1',
    '2600:1F14:0::0:1',
    '2600:1f14:0:0:0:0:0:1',
    '2600:1f14::5:0:0:1',
    '2600:1f14:0:0:5::2',
  ),
)
const Vpc = fc.constantFrom('vpc-1', 'vpc-2')
const Target = fc.record({ vpcId: Vpc, address: Address }).map(
  (place): IpTarget => ({
    ...place,
    targetGroup: { type: 'elbv2:target_group', id: 'web/1', arn: 'arn' },
    descriptions: [],
  }),
)
const Interface = fc
  .record({
    VpcId: Vpc,
    addresses: fc.array(Address, { maxLength: 2 }),
    prefixes: fc.subarray(['10.0.0.0/28', '10.0.0.16/28', '10.0.0.48/28', '2600:1f14:0:0:5::/80'], {
      maxLength: 2,
    }),
  })
  .map(({ VpcId, addresses, prefixes }): NetworkInterface => {
    const v6 = (text: string) => text.includes(':')
    return {
      VpcId,
      PrivateIpAddresses: addresses.filter((a) => !v6(a)).map((PrivateIpAddress) => ({ PrivateIpAddress })),
      Ipv6Addresses: addresses.filter(v6).map((Ipv6Address) => ({ Ipv6Address })),
      Ipv4Prefixes: prefixes.filter((p) => !v6(p)).map((Ipv4Prefix) => ({ Ipv4Prefix })),
      Ipv6Prefixes: prefixes.filter(v6).map((Ipv6Prefix) => ({ Ipv6Prefix })),
    }
  })

/** What the engine of Node says of it. */
function has(networkInterface: NetworkInterface, { vpcId, address }: IpTarget): boolean {
  const list = new BlockList()
  const family = (text: string) => (isIPv6(text) ? 'ipv6' : 'ipv4')
  const {
    PrivateIpAddresses = [],
    Ipv6Addresses = [],
    Ipv4Prefixes = [],
    Ipv6Prefixes = [],
  } = networkInterface
  for (const { PrivateIpAddress = '' } of PrivateIpAddresses) list.addAddress(PrivateIpAddress, 'ipv4')
  for (const { Ipv6Address = '' } of Ipv6Addresses) list.addAddress(Ipv6Address, 'ipv6')
  for (const { Ipv4Prefix = '' } of Ipv4Prefixes) list.addSubnet(Ipv4Prefix.split('/')[0] ?? '', 28, 'ipv4')
  for (const { Ipv6Prefix = '' } of Ipv6Prefixes) list.addSubnet(Ipv6Prefix.split('/')[0] ?? '', 80, 'ipv6')
  return networkInterface.VpcId === vpcId && list.check(address, family(address))
}

describe('targets by address', () => {
  it('go to the first network interface of their VPC that has the address or its prefix, and each is taken once', () => {
    fc.assert(
      fc.property(fc.array(Target), fc.array(Interface, { maxLength: 4 }), (targets, interfaces) => {
        const waiting = createIpTargets()
        for (const target of targets) waiting.add(target)

        const taken = interfaces.map((networkInterface) => new Set(waiting.takeOf(networkInterface)))
        const rest = new Set(waiting.takeRest())

        for (const target of targets) {
          const owner = interfaces.findIndex((networkInterface) => has(networkInterface, target))
          const takers = [...taken.entries()].filter(([, list]) => list.has(target)).map(([index]) => index)
          expect(takers).toEqual(owner === -1 ? [] : [owner])
          expect(rest.has(target)).toBe(owner === -1)
        }
        expect(waiting.takeRest()).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})
