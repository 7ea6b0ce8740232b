import { defineCollector } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { relateAddresses } from './relationships/addresses.ts'
import { relateAutoScalingGroups } from './relationships/auto-scaling-groups.ts'
import { CLIENTS } from './relationships/clients.ts'
import { relateInstances } from './relationships/instances.ts'
import { relateLoadBalancers } from './relationships/load-balancers.ts'
import { relateNatGateways } from './relationships/nat-gateways.ts'
import { relateNetworkInterfaces } from './relationships/network-interfaces.ts'
import { relateSecurityGroups } from './relationships/security-groups.ts'
import { relateSnapshots } from './relationships/snapshots.ts'
import { relateSubnets } from './relationships/subnets.ts'
import { probeTargets, relateTargetGroups } from './relationships/target-groups.ts'

export const relationships = defineCollector({
  name: 'relationships',
  description:
    'Which volumes, network interfaces, networks, targets, groups and images go with which resources (docs/relationships.md)',
  scope: 'account',
  schedule: SCHEDULES.inventory,
  resourceTypes: {},
  tables: ['resource_relationship/1'],
  permissions: [
    'autoscaling:DescribeAutoScalingGroups',
    'ec2:DescribeAddresses',
    'ec2:DescribeInstances',
    'ec2:DescribeNatGateways',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSnapshots',
    'ec2:DescribeSubnets',
    'elasticloadbalancing:DescribeLoadBalancers',
    'elasticloadbalancing:DescribeTargetGroups',
    'elasticloadbalancing:DescribeTargetHealth',
  ],
  clients: CLIENTS,
  sources: {
    // Whose subnets and security groups are, the others need.
    subnets: relateSubnets,
    security_groups: relateSecurityGroups,
    instances: relateInstances,
    auto_scaling_groups: relateAutoScalingGroups,
    nat_gateways: relateNatGateways,
    addresses: relateAddresses,
    load_balancers: relateLoadBalancers,
    // Addresses that are targets wait for the network interfaces that have them.
    target_groups: relateTargetGroups,
    network_interfaces: relateNetworkInterfaces,
    snapshots: relateSnapshots,
  },
  probes: { 'elasticloadbalancing:DescribeTargetHealth': probeTargets },
})
