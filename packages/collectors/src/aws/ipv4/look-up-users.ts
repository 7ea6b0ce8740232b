import { paginateDescribeInstances, paginateDescribeNatGateways } from '@aws-sdk/client-ec2'
import type { Tags } from '@polo/core'
import { itemsOf, readTags } from '../answer-lists.ts'
import type { NetworkContext } from '../config-network/clients.ts'
import { createTagReader } from '../config-network/load-balancer-tags.ts'
import { type Pages, readPages } from '../read-pages.ts'
import { arnOf, instanceOf, ownerArn } from './address-user.ts'
import type { KnownAddress, Place } from './known-address.ts'

/** What was found out about an instance, NAT gateway or load balancer that has public addresses. */
export interface User {
  readonly tags: Tags
  /** Of an instance. */
  readonly state?: string | undefined
}

export interface Users {
  /** By ARN. One that is gone by now is not in it. */
  readonly found: ReadonlyMap<string, User>
  /** ARNs of those that could not be asked for. */
  readonly missed: ReadonlySet<string>
}

/** The most that a filter takes: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
const MAX_FILTER_VALUES = 200

type Asked = Pages<readonly [arn: string | undefined, user: User]>
type Ask = (context: NetworkContext, arns: readonly string[]) => Promise<Asked>

/** Asks for those that have public addresses alone: of all that an account has, they are few. */
export async function lookUpUsers(
  context: NetworkContext,
  addresses: readonly KnownAddress[],
): Promise<Users> {
  const found = new Map<string, User>()
  const missed = new Set<string>()
  const arns = [...new Set(addresses.flatMap((address) => parentArn(address, context) ?? []))]
  const lookUp = async (what: string, sign: string, ask: Ask) => {
    const wanted = arns.filter((arn) => arn.includes(sign))
    for (let start = 0; start < wanted.length; start += MAX_FILTER_VALUES) {
      const { items, failure } = await ask(context, wanted.slice(start, start + MAX_FILTER_VALUES))
      for (const [arn, user] of items) if (arn) found.set(arn, user)
      if (!failure) continue
      context.incomplete(`${what} with public addresses`, failure.error)
      for (const arn of wanted.slice(start)) if (!found.has(arn)) missed.add(arn)
      return
    }
  }
  await lookUp('instances', ':instance/', askInstances)
  await lookUp('NAT gateways', ':natgateway/', askNatGateways)
  await lookUp('load balancers', ':loadbalancer/', askLoadBalancers)
  return { found, missed }
}

/** Of what has the address and may have tags that go for it. */
export function parentArn(address: KnownAddress, place: Place): string | undefined {
  const { attachment } = address
  const instance = arnOf('instance', instanceOf(address), place)
  return instance ?? (attachment && ownerArn(attachment.networkInterface, place))
}

const askInstances: Ask = async (context, arns) => {
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  const input = { Filters: [{ Name: 'instance-id', Values: arns.map(idOf) }] }
  const pages = paginateDescribeInstances(paging, input, { abortSignal: context.signal })
  const { items, failure } = await readPages(pages, 'Reservations')
  const instances = items.flatMap(({ Instances }) => itemsOf(Instances))
  return {
    items: instances.map(({ InstanceId, Tags, State }) => [
      arnOf('instance', InstanceId, context),
      { tags: readTags(Tags), state: State?.Name },
    ]),
    failure,
  }
}

const askNatGateways: Ask = async (context, arns) => {
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  const input = { Filter: [{ Name: 'nat-gateway-id', Values: arns.map(idOf) }] }
  const pages = paginateDescribeNatGateways(paging, input, { abortSignal: context.signal })
  const { items, failure } = await readPages(pages, 'NatGateways')
  return {
    items: items.map(({ NatGatewayId, Tags }) => [
      arnOf('natgateway', NatGatewayId, context),
      { tags: readTags(Tags) },
    ]),
    failure,
  }
}

const askLoadBalancers: Ask = async ({ clients, signal }, arns) => {
  const reader = createTagReader(clients.elbv2, signal)
  const tags = await reader.read(arns)
  return { items: [...tags].map(([arn, own]) => [arn, { tags: own }]), failure: reader.failure() }
}

function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}
