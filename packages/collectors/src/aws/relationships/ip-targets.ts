import { isIPv6 } from 'node:net'
import type { NetworkInterface } from '@aws-sdk/client-ec2'
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2'
import { valuesOf } from '../answer-lists.ts'
import type { End } from './ends.ts'

/** An address that a target group sends to, within its VPC. */
export interface IpTarget {
  readonly targetGroup: End
  readonly vpcId: string
  readonly address: string
  /** One for each port. */
  readonly descriptions: readonly TargetHealthDescription[]
}

/** Targets by address that wait for the network interface whose address it is. */
export interface IpTargets {
  add(target: IpTarget): void
  /** Those of the interface's addresses, the prefixes that it was given for containers included; each is taken once. */
  takeOf(networkInterface: NetworkInterface): IpTarget[]
  takeRest(): IpTarget[]
}

export function createIpTargets(): IpTargets {
  const waiting = new Map<string, IpTarget[]>()
  const inPrefix = new Map<string, Set<string>>()

  const take = (place: string): IpTarget[] => {
    const targets = waiting.get(place) ?? []
    waiting.delete(place)
    return targets
  }

  return {
    add(target) {
      const { vpcId, address } = target
      const place = `${vpcId} ${canonical(address)}`
      push(waiting, place, target)
      const prefix = `${vpcId} ${prefixOf(address)}`
      inPrefix.set(prefix, (inPrefix.get(prefix) ?? new Set()).add(place))
    },
    takeOf(networkInterface) {
      const { VpcId: vpcId = '' } = networkInterface
      if (waiting.size === 0) return []
      const places = addressesOf(networkInterface).map((address) => `${vpcId} ${canonical(address)}`)
      const prefixes = prefixesOf(networkInterface).map((prefix) => `${vpcId} ${prefixOf(prefix)}`)
      return [...places, ...prefixes.flatMap((prefix) => [...(inPrefix.get(prefix) ?? [])])].flatMap(take)
    },
    takeRest: () => [...waiting.keys()].flatMap(take),
  }
}

function addressesOf(networkInterface: NetworkInterface): string[] {
  return [
    ...valuesOf(networkInterface.PrivateIpAddresses, (address) => address.PrivateIpAddress),
    ...valuesOf(networkInterface.Ipv6Addresses, (address) => address.Ipv6Address),
  ]
}

/** Their first addresses. */
function prefixesOf({ Ipv4Prefixes, Ipv6Prefixes }: NetworkInterface): string[] {
  return [
    ...valuesOf(Ipv4Prefixes, (prefix) => prefix.Ipv4Prefix),
    ...valuesOf(Ipv6Prefixes, (prefix) => prefix.Ipv6Prefix),
  ].map((prefix) => prefix.replace(/\/.*$/, ''))
}

/**
 * The prefix of the size that network interfaces are given: /28, and /80 of IPv6
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html).
 */
function prefixOf(address: string): string {
  if (isIPv6(address)) return groupsOf(address).slice(0, 5).join(':')
  return address.replace(/\d+$/, (last) => String(Number(last) & 0xf0))
}

/** IPv6 has several ways to write the same address. */
function canonical(address: string): string {
  return isIPv6(address) ? groupsOf(address).join(':') : address
}

function groupsOf(address: string): string[] {
  const [head = [], tail] = address.split('::').map((part) => part.split(':').filter(Boolean).map(toGroup))
  if (!tail) return head
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...zeros, ...tail]
}

function toGroup(digits: string): string {
  return Number.parseInt(digits, 16).toString(16)
}

function push<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}
