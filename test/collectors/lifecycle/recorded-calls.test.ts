import { expect, it } from 'vitest'
import { eventsOf, fixture, fixtureRecords, recorded, subjects } from './lifecycle-events.ts'

it.each([
  ['cloudtrail-invictus/AllocateAddress.json', ['ec2:eip eipalloc-08a083beb7e83dbc0']],
  ['cloudtrail-invictus/ReleaseAddress.json', ['ec2:eip eipalloc-08a083beb7e83dbc0']],
  [
    'cloudtrail-invictus/CreateNatGateway.json',
    ['ec2:eip eipalloc-08a083beb7e83dbc0', 'vpc:nat_gateway nat-03575abbac42080d9'],
  ],
  ['cloudtrail-invictus/CreateNetworkInterface.json', ['ec2:eni eni-0938d805949b4e134']],
  ['cloudtrail-invictus/CreateVolume.json', ['ebs:volume vol-0a2e548958718390d']],
  [
    'cloudtrail-invictus/CreateSnapshot.json',
    ['ebs:volume vol-0fc2e34e74650e145', 'ebs:snapshot snap-083d3b857c13988bc'],
  ],
  ['cloudtrail-invictus/DeleteSnapshot.json', ['ebs:snapshot snap-083d3b857c13988bc']],
  ['cloudtrail-invictus/ModifySnapshotAttribute.json', ['ebs:snapshot snap-083d3b857c13988bc']],
  ['cloudtrail-invictus/CreateSecurityGroup.json', ['ec2:security_group sg-04cfb7a4712d75b00']],
  ['cloudtrail-invictus/DeleteSecurityGroup.json', ['ec2:security_group sg-04cfb7a4712d75b00']],
  ['cloudtrail-invictus/AuthorizeSecurityGroupIngress.json', ['ec2:security_group sg-04cfb7a4712d75b00']],
  ['cloudtrail-invictus/CreateTags.json', ['ec2:image ami-0aa1d83d0b0985c86']],
  ['cloudtrail-invictus/SharedSnapshotVolumeCreated.json', ['ebs:snapshot snap-0e83092ae538da583']],
  [
    'cloudtrail-invictus/RunInstances-with-tags.json',
    ['ec2:eni eni-076fa9fb98a2500a7', 'ec2:instance i-0dbc91f429e48eeed'],
  ],
  ['cloudtrail-stratus/AuthorizeSecurityGroupIngress.json', ['ec2:security_group sg-003dc7f1f1c686164']],
  [
    'aws-documentation/CreateLoadBalancer.json',
    ['elbv2:load_balancer app/my-load-balancer/ffcddace1759e1d0'],
  ],
  [
    'aws-documentation/DeleteLoadBalancer.json',
    ['elbv2:load_balancer app/my-load-balancer/ffcddace1759e1d0'],
  ],
  ['aws-documentation/BidEvictedEvent.json', ['ec2:instance i-1eb2ac8e']],
])('finds what %s acted on', async (path, expected) => {
  expect(subjects(await eventsOf(fixture(path)))).toEqual(expected)
})

it.each(['StartInstances', 'StopInstances'])(
  'reads %s of a time when records had no id and named no recipient',
  async (eventName) => {
    const events = await eventsOf(recorded(`aws-documentation/${eventName}.json`, eventName))
    expect(events).toMatchObject([
      {
        resource_id: 'i-ebeaf9e2',
        aws_account_id: '123456789012',
        aws_region: 'us-east-2',
        actor_name: 'Alice',
      },
    ])
  },
)

it('finds the instances of calls that were trimmed and whose numbers have a decimal point', async () => {
  const calls = fixtureRecords('cloudtrail-panther/aws_modify_cloud_compute_infrastructure.jsonl').filter(
    ({ eventName, errorCode }) => /^(Run|Terminate)Instances$/.test(String(eventName)) && !errorCode,
  )
  const all = await Promise.all(calls.map((record) => eventsOf(record)))
  expect(all.map(subjects)).toEqual([
    ['ec2:instance i-0d9853f67e40ab80b'],
    ['ec2:instance i-0d9853f67e40ab80b'],
    ['ec2:instance i-0690cd354a0c3850c', expect.stringContaining('ec2:eni eni-')],
  ])
})

it('finds instances and their new interfaces, and nothing else, in a recorded RunInstances', async () => {
  const events = await eventsOf(fixture('eventbridge-cloud-custodian/event-cloud-trail-run-instances.json'))
  expect(events).toHaveLength(4)
  expect(new Set(events.map(({ resource_type }) => resource_type))).toEqual(
    new Set(['ec2:instance', 'ec2:eni']),
  )
  expect(events[0]).toMatchObject({
    actor_name: 'root',
    properties: { invoked_by: 'autoscaling.amazonaws.com', instance_type: 't2.micro' },
  })
})

it('takes a call that was only tried for what it is', async () => {
  const [dry] = fixtureRecords('cloudtrail-panther/aws_modify_cloud_compute_infrastructure.jsonl').filter(
    ({ errorCode }) => errorCode === 'Client.DryRunOperation',
  )
  expect(await eventsOf(dry ?? {})).toMatchObject([
    {
      resource_type: 'aws:account',
      properties: { outcome: 'dry_run', error_code: 'Client.DryRunOperation' },
    },
  ])
})

it.each([
  ['AttachVolume', 'TrailDiscoverVolumeId'],
  ['DeleteVolume', 'TrailDiscoverVolumeId'],
  ['ModifyInstanceAttribute', 'TrailDiscoverInstanceId'],
])('keeps what a refused %s named though it is no id', async (eventName, named) => {
  const events = await eventsOf(recorded(`cloudtrail-traildiscover/${eventName}.json`, eventName))
  expect(events).toMatchObject([
    {
      resource_type: 'aws:account',
      event_action: eventName,
      properties: {
        outcome: 'failed',
        error_code: 'Client.InvalidParameterValue',
        unknown_resource_ids: expect.stringContaining(named),
      },
    },
  ])
})

it('keeps of a denial what AWS says, without its encoded part', async () => {
  const record = recorded(
    'cloudtrail-traildiscover/AuthorizeSecurityGroupEgress.json',
    'AuthorizeSecurityGroupEgress',
  )
  const [event] = await eventsOf(record)
  expect(event).toMatchObject({
    resource_id: 'sg-1a2b3c4d',
    properties: {
      error_code: 'Client.UnauthorizedOperation',
      error_message: expect.stringContaining('not authorized'),
    },
  })
  expect(event?.properties.error_message?.length).toBeLessThanOrEqual(500)
  expect(event?.properties.error_message).not.toMatch(/[A-Za-z0-9_-]{60}/)
})

it('keeps a region that nobody knows', async () => {
  expect(await eventsOf(fixture('cloudtrail-stratus/RunInstances.json'))).toMatchObject([
    { aws_region: 'ca-south-3r', aws_account_id: '900138736586', properties: { outcome: 'failed' } },
  ])
})
