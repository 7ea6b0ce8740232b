import type { Address, IpamDiscoveredPublicAddress, NetworkInterface } from '@aws-sdk/client-ec2'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinAddresses } from '../../../packages/collectors/src/aws/ipv4/known-address.ts'
import { ACCOUNT } from '../harness.ts'

const PLACE = { partition: 'aws', region: 'us-east-1', account: ACCOUNT }
const Ip = fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3', undefined)
const Owner = fc.constantFrom(ACCOUNT, '111122223333')

const ElasticIp = fc.record({ PublicIp: Ip }).map((address): Address => address)
const Interface = fc.record({ OwnerId: Owner, ips: fc.array(Ip, { maxLength: 3 }) }).map(
  ({ OwnerId, ips }): NetworkInterface => ({
    OwnerId,
    Association: { PublicIp: ips[0] },
    PrivateIpAddresses: ips.map((PublicIp) => ({ Association: { PublicIp } })),
  }),
)
const Insight = fc
  .record({ Address: Ip, AddressOwnerId: Owner, AddressRegion: fc.constantFrom('us-east-1', 'eu-west-1') })
  .map((insight): IpamDiscoveredPublicAddress => insight)
const AnyLists = fc.record({
  elasticIps: fc.array(ElasticIp),
  networkInterfaces: fc.array(Interface),
  insights: fc.array(Insight),
})

describe('the addresses of an account', () => {
  it('are each there once, however many lists have them how often', () => {
    fc.assert(
      fc.property(AnyLists, (lists) => {
        const here = joinAddresses(lists, PLACE).filter(
          ({ insight }) =>
            !insight || (insight.AddressOwnerId === ACCOUNT && insight.AddressRegion === PLACE.region),
        )
        const names = here.map(({ address }) => address)
        expect(names).toEqual([...new Set(names)])
      }),
    )
  })

  it('are all that are the account’s in any list', () => {
    fc.assert(
      fc.property(AnyLists, (lists) => {
        const known = joinAddresses(lists, PLACE)
        const own = [
          ...lists.elasticIps.map(({ PublicIp }) => PublicIp),
          ...lists.networkInterfaces
            .filter(({ OwnerId }) => OwnerId === ACCOUNT)
            .flatMap(({ PrivateIpAddresses = [] }) =>
              PrivateIpAddresses.map(({ Association }) => Association?.PublicIp),
            ),
          ...lists.insights.map(({ Address: address }) => address),
        ].filter((address) => address !== undefined)
        expect(new Set(known.map(({ address }) => address))).toEqual(new Set(own))
      }),
    )
  })
})
