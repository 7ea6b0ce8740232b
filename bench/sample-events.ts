import { eventId, parseEvent, type ResourceEvent } from '@polo/core'

const INSTANCE_TYPES = ['m7g.large', 'c7i.xlarge', 'r6g.2xlarge', 't3.medium', 'm6i.4xlarge']
const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1', 'ap-southeast-1']
const TEAMS = ['search', 'ranking', 'billing', 'platform', 'data', 'growth']

/** An event such as `config_ec2` publishes: about 740 bytes of JSON; the same `index` gives the same resource. */
export function sampleEvent(index: number, slot: string, observedAt: string): ResourceEvent {
  const region = pick(REGIONS, index)
  const account = String(100_000_000_000 + (index % 20))
  const id = `i-0${index.toString(16).padStart(16, '0')}`
  const resource_arn = `arn:aws:ec2:${region}:${account}:instance/${id}`
  const identity = {
    collector: 'config_ec2',
    aws_account_id: account,
    aws_region: region,
    resource_arn,
    resource_id: id,
    event_type: 'config',
    event_action: 'observed',
    event_time: slot,
  } as const
  return parseEvent({
    event_id: eventId(identity),
    event_time: identity.event_time,
    collector: identity.collector,
    aws_account_id: account,
    aws_region: region,
    resource_arn,
    resource_type: 'ec2:instance',
    resource_id: id,
    resource_name: `${pick(TEAMS, index)}-worker-${index % 997}`,
    event_type: identity.event_type,
    event_action: identity.event_action,
    actor_arn: '',
    actor_name: '',
    marqo_customer: pick(TEAMS, index),
    marqo_cluster: '',
    marqo_index: '',
    marqo_env: index % 5 === 0 ? 'staging' : 'production',
    marqo_purpose: '',
    account_role: '',
    value: 0,
    unit: '',
    properties: {
      instance_type: pick(INSTANCE_TYPES, index),
      state: index % 17 === 0 ? 'stopped' : 'running',
      launch_time: `2026-0${1 + (index % 9)}-1${index % 10}T0${index % 10}:11:12.000Z`,
      private_ip_address: `10.${index % 256}.${(index >> 8) % 256}.${(index >> 16) % 256}`,
      image_id: `ami-0${(index % 40).toString(16).padStart(16, 'a')}`,
      subnet_id: `subnet-0${(index % 60).toString(16).padStart(16, 'b')}`,
      security_group_ids: `sg-0${(index % 90).toString(16).padStart(16, 'c')}`,
    },
    observed_at: observedAt,
  })
}

function pick<Value>(values: readonly Value[], index: number): Value {
  const value = values[index % values.length]
  if (value === undefined) throw new RangeError('nothing to pick from')
  return value
}
