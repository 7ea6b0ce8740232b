import type { Row } from '../../factories.ts'

/** What the inventory says of a network interface, by default in the first zone of one VPC. */
export function interfaceEvent(
  id: string,
  properties: Readonly<Record<string, string>>,
  minutesAgo = 15,
): Row {
  const observedAt = new Date(Date.now() - minutesAgo * 60_000).toISOString()
  return {
    event_id: crypto.randomUUID(),
    event_time: observedAt,
    collector: 'config_network',
    aws_account_id: '123456789010',
    aws_region: 'eu-west-1',
    resource_arn: `arn:aws:ec2:eu-west-1:123456789010:network-interface/${id}`,
    resource_type: 'ec2:eni',
    resource_id: id,
    event_type: 'config',
    event_action: 'observed',
    marqo_customer: `customer of ${id}`,
    marqo_purpose: 'serving',
    account_role: 'production',
    properties: {
      vpc_id: 'vpc-1',
      availability_zone: 'eu-west-1a',
      availability_zone_id: 'euw1-az1',
      ...properties,
    },
    observed_at: observedAt,
  }
}
