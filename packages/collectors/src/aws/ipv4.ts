import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNatGatewaysCommand,
  GetIpamDiscoveredPublicAddressesCommand,
  type NetworkInterface,
  paginateDescribeNetworkInterfaces,
} from '@aws-sdk/client-ec2'
import { defineCollector, type Observation } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { CLIENTS, type NetworkContext } from './config-network/clients.ts'
import { probeTags } from './config-network/load-balancer-tags.ts'
import { attachmentsOf, joinAddresses, placeOf } from './ipv4/known-address.ts'
import { lookUpUsers } from './ipv4/look-up-users.ts'
import { observeAddress, PUBLIC_IPV4 } from './ipv4/observe-address.ts'
import { readInsights } from './ipv4/read-insights.ts'
import { documentProperties } from './property-table.ts'
import { readPages } from './read-pages.ts'

export const ipv4 = defineCollector({
  name: 'ipv4',
  description: 'Public IPv4 addresses: who uses each, whether it is idle, and its price',
  scope: 'account',
  schedule: SCHEDULES.inventory,
  resourceTypes: {
    'ec2:ipv4': {
      description:
        'Public IPv4 address that the account has, as an Elastic IP or on a network interface; also those that only IPAM knows. `value` is its list price in US dollars an hour, 0 without a unit where that is not known',
      properties: documentProperties(PUBLIC_IPV4),
    },
  },
  permissions: [
    'ec2:DescribeAddresses',
    'ec2:DescribeInstances',
    'ec2:DescribeIpams',
    'ec2:DescribeNatGateways',
    'ec2:DescribeNetworkInterfaces',
    'ec2:GetIpamDiscoveredPublicAddresses',
    'elasticloadbalancing:DescribeTags',
  ],
  clients: CLIENTS,
  sources: { addresses: collectPublicAddresses },
  probes: {
    'ec2:DescribeInstances': ({ ec2 }, abortSignal) =>
      ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }), { abortSignal }),
    'ec2:DescribeNatGateways': ({ ec2 }, abortSignal) =>
      ec2.send(new DescribeNatGatewaysCommand({ MaxResults: 5 }), { abortSignal }),
    'ec2:GetIpamDiscoveredPublicAddresses': ({ ec2 }, abortSignal, { region }) => {
      const input = { IpamResourceDiscoveryId: 'ipam-res-disco-00000000000000000', AddressRegion: region }
      return ec2.send(new GetIpamDiscoveredPublicAddressesCommand(input), { abortSignal })
    },
    'elasticloadbalancing:DescribeTags': probeTags,
  },
})

/** One source, as an address is one row whichever lists have it. A list that cannot be read leaves the others. */
async function* collectPublicAddresses(context: NetworkContext): AsyncGenerator<Observation> {
  const elasticIps = await readPages(describeAddresses(context), 'Addresses')
  const networkInterfaces = await readPages(describeNetworkInterfaces(context), 'NetworkInterfaces', isPublic)
  if (elasticIps.failure) context.incomplete('Elastic IP addresses', elasticIps.failure.error)
  if (networkInterfaces.failure) {
    if (elasticIps.failure) throw networkInterfaces.failure.error
    context.incomplete('network interfaces', networkInterfaces.failure.error)
  }
  const insights = await readInsights(context)
  const lists = { elasticIps: elasticIps.items, networkInterfaces: networkInterfaces.items, insights }
  const addresses = joinAddresses(lists, context)
  const users = await lookUpUsers(context, addresses)
  const areElasticIpsKnown = !elasticIps.failure
  yield* context.each({ addresses }, 'addresses', (address) =>
    observeAddress(address, { place: placeOf(address, context), users, areElasticIpsKnown }),
  )
}

/** DescribeAddresses has no pages. */
async function* describeAddresses({ clients, signal }: NetworkContext) {
  yield await clients.ec2.send(new DescribeAddressesCommand({}), { abortSignal: signal })
}

function describeNetworkInterfaces({ clients, signal }: NetworkContext) {
  const paging = { client: clients.ec2, pageSize: 1000 }
  return paginateDescribeNetworkInterfaces(paging, {}, { abortSignal: signal })
}

function isPublic(networkInterface: NetworkInterface): boolean {
  return attachmentsOf(networkInterface).length > 0
}
