import { expect, it } from 'vitest'
import { fixture, type Json, publish, subjects } from './lifecycle-events.ts'

async function read(...bodies: Json[]) {
  const { events, refused } = await publish(bodies)
  expect(refused).toEqual([])
  return events
}

it('reads what EC2 says of an instance', async () => {
  expect(await read(fixture('eventbridge-cloud-custodian/event-instance-state.json'))).toMatchObject([
    {
      aws_account_id: '101010101111',
      resource_arn: 'arn:aws:ec2:us-east-1:101010101111:instance/i-a2d74f12',
      event_action: 'pending',
      event_time: '2015-11-23T06:58:14.000Z',
      actor_arn: '',
      actor_name: '',
      properties: { event_source: 'aws.ec2', state: 'pending' },
    },
  ])
})

it('reads that a spot instance is interrupted, and that it may be', async () => {
  const [warning, recommendation] = await read(
    fixture('aws-documentation/spot-interruption-warning.json'),
    fixture('aws-documentation/rebalance-recommendation.json'),
  )
  expect(warning).toMatchObject({
    resource_id: 'i-1234567890abcdef0',
    event_action: 'spot_interruption_warning',
    properties: { instance_action: 'terminate' },
  })
  expect(recommendation).toMatchObject({
    resource_id: 'i-1234567890abcdef0',
    event_action: 'rebalance_recommendation',
  })
})

it('finds the instance of a notice among its resources where its detail does not name it', async () => {
  const [event] = await read(fixture('lambda-powertools/eventBridgeEvent.json'))
  expect(event).toMatchObject({ resource_id: 'i-1234567890abcdef0', event_action: 'terminated' })
  const warning = fixture('aws-documentation/spot-interruption-warning.json')
  const [warned] = await read({ ...warning, detail: { 'instance-action': 'stop' } })
  expect(warned?.resource_id).toBe('i-1234567890abcdef0')
})

it('reads what an Auto Scaling group did, and why', async () => {
  const events = await read(
    fixture('lambda-go/autoscaling-event-launch-successful.json'),
    fixture('lambda-go/autoscaling-event-terminate-unsuccessful.json'),
  )
  expect(events).toMatchObject([
    {
      resource_id: 'i-1234567890abcdef0',
      event_action: 'launch_successful',
      actor_name: 'autoscaling.amazonaws.com',
    },
    {
      event_action: 'terminate_unsuccessful',
      properties: {
        auto_scaling_group: 'my-auto-scaling-group',
        cause: 'description-text',
        status_message: 'message-text',
      },
    },
  ])
})

it('takes no group for a resource because of its name', async () => {
  const events = await read(
    scaling('vpc-web', 'i-1234567890abcdef0'),
    scaling('i-workers', ''),
    scaling('nat-instances', ''),
  )
  expect(subjects(events)).toEqual([
    'ec2:instance i-1234567890abcdef0',
    'aws:account 123456789012',
    'aws:account 123456789012',
  ])
})

it('reads what AWS Health says of an instance, with the tags that it has there', async () => {
  expect(await read(fixture('aws-documentation/health-issue.json'))).toMatchObject([
    {
      resource_type: 'ec2:instance',
      resource_id: 'i-abcd1111',
      event_action: 'AWS_EC2_INSTANCE_STORE_DRIVE_PERFORMANCE_DEGRADED',
      event_time: '2016-06-05T06:27:57.000Z',
      marqo_env: 'prod',
      properties: {
        'tag:app': 'my-app',
        health_category: 'issue',
        start_time: '2016-06-05T15:10:09.000Z',
      },
    },
  ])
})

it('makes one event of a scheduled change for each instance, host and volume, where they are', async () => {
  const events = await read(health({ eventRegion: 'eu-west-1', affectedAccount: '222233334444' }))
  expect(events.map(({ resource_arn }) => resource_arn)).toEqual([
    'arn:aws:ec2:eu-west-1:222233334444:instance/i-01',
    'arn:aws:ec2:eu-west-1:222233334444:dedicated-host/h-01',
    'arn:aws:ec2:eu-west-1:222233334444:volume/vol-01',
  ])
  expect(events[0]).toMatchObject({ aws_account_id: '222233334444', aws_region: 'eu-west-1' })
})

it('knows what AWS Health tells twice, by way of another region', async () => {
  const told = {
    communicationId: 'ed3c-1',
    lastUpdatedTime: 'Wed, 31 Aug 2022 10:00:00 GMT',
    eventRegion: 'eu-west-1',
  }
  const [first] = await read(health(told))
  const [again] = await read({
    ...health(told),
    id: 'another',
    region: 'us-west-2',
    time: '2022-08-31T10:05:00Z',
  })
  const [other] = await read(health({ ...told, communicationId: 'ed3c-2' }))
  expect(again?.event_id).toBe(first?.event_id)
  expect(other?.event_id).not.toBe(first?.event_id)
})

it('makes an event of the account of what AWS Health says of no resource', async () => {
  const [event] = await read(health({ affectedEntities: [{ entityValue: 'UNKNOWN' }] }))
  expect(event).toMatchObject({ resource_type: 'aws:account', resource_id: '123456789012' })
})

it('does not drop what it does not know', async () => {
  const event = fixture('lambda-powertools/eventBridgeEvent.json')
  expect(await read({ ...event, 'detail-type': 'EC2 Something New', detail: {} })).toMatchObject([
    {
      resource_type: 'aws:account',
      event_action: 'EC2 Something New',
      properties: { resource_arns: 'arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0' },
    },
  ])
})

/** https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html */
function health(detail: Json): Json {
  return {
    ...fixture('aws-documentation/health-issue.json'),
    detail: {
      service: 'EC2',
      eventTypeCode: 'AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED',
      eventTypeCategory: 'scheduledChange',
      affectedEntities: [
        { entityValue: 'i-01' },
        { entityValue: 'arn:aws:ec2:eu-west-1:222233334444:dedicated-host/h-01' },
        { entityValue: 'vol-01' },
      ],
      ...detail,
    },
  }
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html */
function scaling(group: string, EC2InstanceId: string): Json {
  const event = fixture('lambda-go/autoscaling-event-launch-successful.json')
  const base = 'arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup'
  return {
    ...event,
    id: `of-${group}`,
    account: '123456789012',
    resources: [`${base}:eb7f6b8c-8c0a-4b5c-9d3f-1c5a3f9b0f6e:autoScalingGroupName/${group}`],
    detail: { AutoScalingGroupName: group, EC2InstanceId, Cause: 'a user wished it' },
  }
}
