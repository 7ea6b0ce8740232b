import { defineCollector } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { ADDRESS, collectAddresses } from './config-network/addresses.ts'
import { CLIENTS } from './config-network/clients.ts'
import { probeTags } from './config-network/load-balancer-tags.ts'
import { collectLoadBalancers, LOAD_BALANCER } from './config-network/load-balancers.ts'
import { collectNatGateways, NAT_GATEWAY } from './config-network/nat-gateways.ts'
import { collectNetworkInterfaces, NETWORK_INTERFACE } from './config-network/network-interfaces.ts'
import { documentProperties } from './property-table.ts'

export const configNetwork = defineCollector({
  name: 'config_network',
  description: 'NAT gateways, load balancers, network interfaces and Elastic IP addresses',
  scope: 'account',
  schedule: SCHEDULES.inventory,
  resourceTypes: {
    'vpc:nat_gateway': {
      description: 'NAT gateway, those that were deleted lately included',
      properties: documentProperties(NAT_GATEWAY),
      isParent: true,
    },
    'elbv2:load_balancer': {
      description: 'Application, Network or Gateway Load Balancer',
      properties: documentProperties(LOAD_BALANCER),
      isParent: true,
    },
    'ec2:eni': {
      description: 'Elastic network interface',
      properties: documentProperties(NETWORK_INTERFACE),
      isParent: true,
    },
    'ec2:eip': { description: 'Elastic IP address', properties: documentProperties(ADDRESS) },
  },
  permissions: [
    'ec2:DescribeAddresses',
    'ec2:DescribeNatGateways',
    'ec2:DescribeNetworkInterfaces',
    'elasticloadbalancing:DescribeLoadBalancers',
    'elasticloadbalancing:DescribeTags',
  ],
  clients: CLIENTS,
  sources: {
    nat_gateways: collectNatGateways,
    load_balancers: collectLoadBalancers,
    network_interfaces: collectNetworkInterfaces,
    addresses: collectAddresses,
  },
  probes: { 'elasticloadbalancing:DescribeTags': probeTags },
})
