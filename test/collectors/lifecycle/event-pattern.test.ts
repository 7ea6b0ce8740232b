import * as ec2 from '@aws-sdk/client-ec2'
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2'
import { LIFECYCLE_CALLS, LIFECYCLE_EVENT_PATTERN } from '@polo/collectors'
import { describe, expect, it } from 'vitest'

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_PATTERN_LENGTH = 2048

describe('the pattern of lifecycle events', () => {
  it('names operations that the services have', () => {
    const unknown = [
      ...LIFECYCLE_CALLS['aws.ec2'].filter((name) => !(`${name}Command` in ec2)),
      ...LIFECYCLE_CALLS['aws.elasticloadbalancing'].filter((name) => !(`${name}Command` in elbv2)),
    ]
    expect(unknown).toEqual([])
  })

  it('names no operation that the other service has, too', () => {
    const shared = [
      ...LIFECYCLE_CALLS['aws.ec2'].filter((name) => `${name}Command` in elbv2),
      ...LIFECYCLE_CALLS['aws.elasticloadbalancing'].filter((name) => `${name}Command` in ec2),
    ]
    expect(shared).toEqual([])
  })

  it('is one that a rule can have', () => {
    expect(JSON.stringify(LIFECYCLE_EVENT_PATTERN).length).toBeLessThanOrEqual(MAX_PATTERN_LENGTH)
  })

  it.each([
    [{ source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification' }],
    [{ source: 'aws.ec2', 'detail-type': 'EC2 Spot Instance Interruption Warning' }],
    [{ source: 'aws.ec2', 'detail-type': 'EC2 Instance Rebalance Recommendation' }],
    [{ source: 'aws.autoscaling', 'detail-type': 'EC2 Instance Terminate Successful' }],
    [{ source: 'aws.health', 'detail-type': 'AWS Health Event', detail: { service: 'EC2' } }],
    [{ source: 'aws.health', 'detail-type': 'AWS Health Event', detail: { service: 'EBS' } }],
    [call('aws.ec2', 'BidEvictedEvent', {}, 'AWS Service Event via CloudTrail')],
    [call('aws.elasticloadbalancing', 'RegisterTargets')],
    [call('aws.ec2', 'RunInstances')],
    [call('aws.ec2', 'CreateTags')],
    [call('aws.ec2', 'RunInstances', { errorCode: 'Client.UnauthorizedOperation' })],
    [call('aws.elasticloadbalancing', 'DeleteLoadBalancer')],
  ])('matches %o', (event) => {
    expect(matches(LIFECYCLE_EVENT_PATTERN, event)).toBe(true)
  })

  it.each([
    ['a call that only reads', call('aws.ec2', 'DescribeInstances')],
    ['a call of another service', call('aws.rds', 'CreateTags')],
    [
      "another service's health",
      { source: 'aws.health', 'detail-type': 'AWS Health Event', detail: { service: 'RDS' } },
    ],
    [
      'a call that is told as a service event',
      call('aws.ec2', 'RunInstances', {}, 'AWS Service Event via CloudTrail'),
    ],
    ['another notice', { source: 'aws.ec2', 'detail-type': 'EBS Volume Notification' }],
  ])('leaves out %s', (_, event) => {
    expect(matches(LIFECYCLE_EVENT_PATTERN, event)).toBe(false)
  })
})

function call(source: string, eventName: string, detail: object = {}, type = 'AWS API Call via CloudTrail') {
  return { source, 'detail-type': type, detail: { eventName, ...detail } }
}

/** What EventBridge does with the few kinds of condition that the pattern has. */
function matches(pattern: object, event: unknown): boolean {
  return Object.entries(pattern).every(([key, condition]: [string, unknown]) => {
    if (key === '$or') return listOf(condition).some((one) => matches(objectOf(one), event))
    const value: unknown = typeof event === 'object' && event !== null ? Reflect.get(event, key) : undefined
    if (!Array.isArray(condition)) return matches(objectOf(condition), value)
    return condition.includes(value)
  })
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('not a list in the pattern')
  return value
}

function objectOf(value: unknown): object {
  if (typeof value !== 'object' || value === null) throw new Error('not an object in the pattern')
  return value
}
