import { ec2Arn, type LifecycleResource, type Place } from './resource-kinds.ts'

/**
 * What else of EC2 is tagged, by how ids begin, and what ARNs call it; of beginnings that begin alike the longer one comes
 * first. Key pairs and placement groups are missing: their ARNs have names, which a call that tags them does not tell.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export const TAGGED_ARN_TYPES: readonly (readonly [idPrefix: string, arnType: string])[] = [
  ['acl-', 'network-acl'],
  ['cagw-', 'carrier-gateway'],
  ['cgw-', 'customer-gateway'],
  ['cr-', 'capacity-reservation'],
  ['cvpn-endpoint-', 'client-vpn-endpoint'],
  ['dopt-', 'dhcp-options'],
  ['eice-', 'instance-connect-endpoint'],
  ['eigw-', 'egress-only-internet-gateway'],
  ['fl-', 'vpc-flow-log'],
  ['fleet-', 'fleet'],
  ['igw-', 'internet-gateway'],
  ['ipam-pool-', 'ipam-pool'],
  ['ipam-res-disco-assoc-', 'ipam-resource-discovery-association'],
  ['ipam-res-disco-', 'ipam-resource-discovery'],
  ['ipam-scope-', 'ipam-scope'],
  ['ipam-', 'ipam'],
  ['lt-', 'launch-template'],
  ['nia-', 'network-insights-analysis'],
  ['nip-', 'network-insights-path'],
  ['pcx-', 'vpc-peering-connection'],
  ['pl-', 'prefix-list'],
  ['rtb-', 'route-table'],
  ['scr-', 'subnet-cidr-reservation'],
  ['sfr-', 'spot-fleet-request'],
  ['sgr-', 'security-group-rule'],
  ['sir-', 'spot-instances-request'],
  ['tgw-attach-', 'transit-gateway-attachment'],
  ['tgw-connect-peer-', 'transit-gateway-connect-peer'],
  ['tgw-mcast-domain-', 'transit-gateway-multicast-domain'],
  ['tgw-ptb-', 'transit-gateway-policy-table'],
  ['tgw-rtb-', 'transit-gateway-route-table'],
  ['tgw-', 'transit-gateway'],
  ['tmf-', 'traffic-mirror-filter'],
  ['tms-', 'traffic-mirror-session'],
  ['tmt-', 'traffic-mirror-target'],
  ['vgw-', 'vpn-gateway'],
  ['vpce-svc-', 'vpc-endpoint-service'],
  ['vpce-', 'vpc-endpoint'],
  ['vpn-', 'vpn-connection'],
]

/** A resource that only tags are recorded of, called as changes of its tags call it; undefined for an id of another kind. */
export function taggedResource(id: string, place: Place): LifecycleResource | undefined {
  const [, arnType] = TAGGED_ARN_TYPES.find(([idPrefix]) => id.startsWith(idPrefix)) ?? []
  if (arnType === undefined) return undefined
  return {
    resource_type: `ec2:${arnType.replaceAll('-', '_')}`,
    resource_id: id,
    resource_arn: ec2Arn(arnType, id, place),
  }
}
