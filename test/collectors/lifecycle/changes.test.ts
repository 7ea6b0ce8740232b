import { expect, it } from 'vitest'
import { call, eventsOf, fixtureRecords, recorded } from './lifecycle-events.ts'

const WEB = 'arn:aws:elasticloadbalancing:us-east-1:123837392027:loadbalancer/app/web/50dc6c495c0c9188'
const SECRET = 'IyEvYmluL2Jhc2gKZXhwb3J0IFBBU1NXT1JEPWh1bnRlcjI='

async function propertiesOf(eventName: string, request: unknown, more: object = {}) {
  const [event] = await eventsOf({ ...call(eventName, request), ...more })
  return event?.properties ?? {}
}

it.each([
  [
    'ModifyInstanceAttribute',
    { instanceId: 'i-01', instanceType: { value: 'm5.large' } },
    { changed_attributes: 'instanceType', changed_to: 'instanceType=m5.large' },
  ],
  [
    'ModifyInstanceAttribute',
    { instanceId: 'i-01', attribute: 'instanceType', value: 'm5.large' },
    { changed_attributes: 'instanceType', changed_to: 'instanceType=m5.large' },
  ],
  [
    'ModifyInstanceAttribute',
    { instanceId: 'i-01', disableApiTermination: { value: false } },
    { changed_attributes: 'disableApiTermination', changed_to: 'disableApiTermination=false' },
  ],
  [
    'ModifyVolume',
    { ModifyVolumeRequest: { VolumeId: 'vol-01', Size: 200, VolumeType: 'gp3', Iops: 3000 } },
    { changed_attributes: 'Size,VolumeType,Iops', changed_to: 'Size=200,VolumeType=gp3,Iops=3000' },
  ],
  [
    'ModifySnapshotTier',
    { ModifySnapshotTierRequest: { SnapshotId: 'snap-01', StorageTier: 'archive' } },
    { changed_attributes: 'StorageTier', changed_to: 'StorageTier=archive' },
  ],
  [
    'ModifyLoadBalancerAttributes',
    { loadBalancerArn: WEB, attributes: [{ key: 'deletion_protection.enabled', value: 'false' }] },
    {
      changed_attributes: 'deletion_protection.enabled',
      changed_to: 'deletion_protection.enabled=false',
    },
  ],
])('says of %s what was changed to what', async (eventName, request, expected) => {
  const source = eventName.includes('LoadBalancer') ? 'elasticloadbalancing' : 'ec2'
  expect(await propertiesOf(eventName, request, { eventSource: `${source}.amazonaws.com` })).toMatchObject(
    expected,
  )
})

it.each([
  { instanceId: 'i-01', userData: { value: SECRET } },
  { instanceId: 'i-01', userData: SECRET },
  { instanceId: 'i-01', attribute: 'userData', value: SECRET },
])('keeps no user data, in %j', async (request) => {
  const properties = await propertiesOf('ModifyInstanceAttribute', request)
  expect(properties.changed_attributes).toBe('userData')
  expect(properties).not.toHaveProperty('changed_to')
  expect(JSON.stringify(properties)).not.toContain(SECRET)
})

it('keeps no user data of a launch', async () => {
  const events = await eventsOf(
    call(
      'RunInstances',
      { userData: SECRET, instancesSet: { items: [{ imageId: 'ami-01' }] } },
      { instancesSet: { items: [{ instanceId: 'i-01', userData: SECRET }] } },
    ),
  )
  expect(JSON.stringify(events)).not.toContain(SECRET)
})

it('keeps no value that CloudTrail hides', async () => {
  const record = recorded('cloudtrail-traildiscover/ModifyInstanceAttribute.json', 'ModifyInstanceAttribute')
  const request = { instanceId: 'i-01', attribute: 'disableApiTermination', value: '<sensitiveDataRemoved>' }
  const [event] = await eventsOf({ ...record, requestParameters: request })
  expect(event?.properties.changed_attributes).toBe('disableApiTermination')
  expect(event?.properties).not.toHaveProperty('changed_to')
})

it('says only of attributes what they were changed to', async () => {
  const request = {
    snapshotId: 'snap-01',
    attributeType: 'CREATE_VOLUME_PERMISSION',
    createVolumePermission: { add: { items: [{ userId: '111122223333' }] } },
  }
  const properties = await propertiesOf('ModifySnapshotAttribute', request)
  expect(properties.changed_attributes).toBe('createVolumePermission')
})

it('names the type of instances that a launch template chose, by the answer', async () => {
  const request = {
    launchTemplate: { launchTemplateId: 'lt-01', version: '1' },
    instancesSet: { items: [{ minCount: 1, maxCount: 1 }] },
  }
  const answer = { instancesSet: { items: [{ instanceId: 'i-01', instanceType: 'c7g.large' }] } }
  const [event] = await eventsOf(call('RunInstances', request, answer))
  expect(event?.properties.instance_type).toBe('c7g.large')
})

it('names the type of instances that a fleet launched, as it was recorded', async () => {
  const [record = {}] = fixtureRecords('cloudtrail-panther/aws_ec2_launch_unusual_ec2_instances.jsonl')
  const [event] = await eventsOf(record)
  expect(event?.properties.instance_type).toBe('p2.xlarge')
})
