import type { PoloConfigInput } from '@polo/core'
import { expect, it } from 'vitest'
import { call, eventsOf, fixture } from './lifecycle-events.ts'

const ACCOUNT = '123837392027'
const CONFIG: PoloConfigInput = {
  tags: { marqo_customer: ['StratusRedTeam', 'customer'], marqo_env: ['env'] },
  accounts: { [ACCOUNT]: { role: 'research', tagDefaults: { marqo_env: 'test' } } },
}
const TAGS = [
  { key: 'customer', value: 'acme' },
  { key: 'Name', value: 'web-1' },
]

it('takes the tags that RunInstances gives for those of the instances, and none of what was there before', async () => {
  const [eni, instance] = await eventsOf(fixture('cloudtrail-invictus/RunInstances-with-tags.json'), CONFIG)
  expect(instance).toMatchObject({
    resource_type: 'ec2:instance',
    marqo_customer: 'true',
    marqo_env: 'test',
    account_role: 'research',
    properties: { 'tag:StratusRedTeam': 'true', 'inherited_from:marqo_env': 'account' },
  })
  expect(eni).toMatchObject({ resource_type: 'ec2:eni', marqo_customer: '', marqo_env: '' })
})

it.each([
  ['AllocateAddress', 0],
  ['CreateNatGateway', 1],
  ['CreateSecurityGroup', 0],
  ['CreateSnapshot', 1],
  ['CreateVolume', 0],
])('takes the tags of a recorded %s for those of what it made alone', async (eventName, made) => {
  const events = await eventsOf(fixture(`cloudtrail-invictus/${eventName}.json`), CONFIG)
  expect(events.map(({ marqo_customer }) => marqo_customer)).toEqual(
    events.map((_, index) => (index === made ? 'true' : '')),
  )
})

it('takes the tags that a copy of a volume gets, and names the volume that it is of', async () => {
  const TagSpecification = { ResourceType: 'volume', tag: 1, Tag: { Key: 'customer', Value: 'acme', tag: 1 } }
  const copies = await eventsOf(
    call(
      'CopyVolumes',
      { CopyVolumesRequest: { SourceVolumeId: 'vol-01', TagSpecification } },
      { CopyVolumesResponse: { volumeSet: { item: { volumeId: 'vol-02' } } } },
    ),
    CONFIG,
  )
  expect(copies).toMatchObject([
    { resource_id: 'vol-02', marqo_customer: 'acme', properties: { source_volume_id: 'vol-01' } },
  ])
})

it('calls what was made by its name', async () => {
  const [, gateway] = await eventsOf(fixture('cloudtrail-invictus/CreateNatGateway.json'))
  expect(gateway?.resource_name).toBe('stratus-red-team-ec2-steal-credentials-vpc-us-east-1a')
})

it('tells instances, volumes and interfaces of one request apart', async () => {
  const items = [
    { resourceType: 'instance', tags: TAGS },
    { resourceType: 'network-interface', tags: [{ key: 'customer', value: 'net' }] },
  ]
  const launched = {
    instanceId: 'i-01',
    tagSet: { items: [{ key: 'aws:autoscaling:groupName', value: 'web' }] },
    networkInterfaceSet: { items: [{ networkInterfaceId: 'eni-01' }] },
  }
  const events = await eventsOf(
    call('RunInstances', { tagSpecificationSet: { items } }, { instancesSet: { items: [launched] } }),
    CONFIG,
  )
  expect(events).toMatchObject([
    {
      resource_id: 'i-01',
      resource_name: 'web-1',
      marqo_customer: 'acme',
      properties: { 'tag:aws:autoscaling:groupName': 'web' },
    },
    { resource_id: 'eni-01', marqo_customer: 'net' },
  ])
})

it('gives an interface that a launch makes no default of the account: it is its instance that owns it', async () => {
  const launched = {
    instanceId: 'i-01',
    tagSet: { items: TAGS },
    networkInterfaceSet: { items: [{ networkInterfaceId: 'eni-01' }] },
  }
  const events = await eventsOf(
    call('RunInstances', { launchTemplate: {} }, { instancesSet: { items: [launched] } }),
    CONFIG,
  )
  expect(events).toMatchObject([
    { resource_id: 'i-01', marqo_customer: 'acme', marqo_env: 'test' },
    { resource_id: 'eni-01', marqo_customer: '', marqo_env: '' },
  ])
})

it('reads tags as newer calls write them: one or several, and no text where it looks like none', async () => {
  const specification = (Tag: unknown) => ({
    CreateSnapshotsRequest: {
      InstanceSpecification: { InstanceId: 'i-01' },
      TagSpecification: { ResourceType: 'snapshot', tag: 1, Tag },
    },
  })
  const response = {
    CreateSnapshotsResponse: {
      snapshotSet: { item: { snapshotId: 'snap-01', volumeId: 'vol-01', tagSet: '' } },
    },
  }
  const one = { Key: 'customer', Value: 7, tag: 1 }
  for (const tags of [one, [one, { Key: 'a', Value: true, tag: 2 }, { Key: 'b', tag: 3 }]]) {
    const events = await eventsOf(call('CreateSnapshots', specification(tags), response), CONFIG)
    expect(events.map(({ resource_id, marqo_customer }) => [resource_id, marqo_customer])).toEqual([
      ['i-01', ''],
      ['snap-01', '7'],
      ['vol-01', ''],
    ])
  }
})

it('takes the tags of a load balancer from its request', async () => {
  const arn = `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:loadbalancer/app/web/50dc`
  const record = call(
    'CreateLoadBalancer',
    { name: 'web', tags: TAGS },
    { loadBalancers: [{ loadBalancerArn: arn }] },
  )
  const [event] = await eventsOf({ ...record, eventSource: 'elasticloadbalancing.amazonaws.com' }, CONFIG)
  expect(event).toMatchObject({ resource_name: 'web-1', marqo_customer: 'acme', marqo_env: 'test' })
})

it.each(['CreateTags', 'AddTags'])(
  'gives every resource of %s its tags, and no default of the account',
  async (eventName) => {
    const arns = ['app/a/1', 'app/b/2'].map(
      (id) => `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:loadbalancer/${id}`,
    )
    const request =
      eventName === 'CreateTags'
        ? {
            resourcesSet: { items: [{ resourceId: 'i-01' }, { resourceId: 'vol-01' }] },
            tagSet: { items: TAGS },
          }
        : { resourceArns: arns, tags: TAGS }
    const eventSource =
      eventName === 'CreateTags' ? 'ec2.amazonaws.com' : 'elasticloadbalancing.amazonaws.com'
    const events = await eventsOf({ ...call(eventName, request), eventSource }, CONFIG)
    expect(events).toHaveLength(2)
    for (const event of events) {
      expect(event).toMatchObject({ marqo_customer: 'acme', marqo_env: '', account_role: 'research' })
      expect(event.properties['tag:customer']).toBe('acme')
    }
  },
)

it('keeps the keys of tags that were taken away, and what they were taken from', async () => {
  const request = {
    resourcesSet: { items: [{ resourceId: 'key-01' }] },
    tagSet: { items: [{ key: 'a' }, { key: 'b' }] },
  }
  expect(await eventsOf(call('DeleteTags', request))).toMatchObject([
    {
      resource_type: 'aws:account',
      properties: { deleted_tag_keys: 'a,b', unknown_resource_ids: 'key-01' },
    },
  ])
  const removed = {
    ...call('RemoveTags', { resourceArns: [], tagKeys: ['a', 'b'] }),
    eventSource: 'elasticloadbalancing.amazonaws.com',
  }
  expect((await eventsOf(removed))[0]?.properties.deleted_tag_keys).toBe('a,b')
})

it('says nothing of the owner of what a call does not tell', async () => {
  const [event] = await eventsOf(call('DeleteVolume', { volumeId: 'vol-01' }), CONFIG)
  expect(event).toMatchObject({ marqo_customer: '', marqo_env: '', account_role: 'research' })
})

it('gives a call that failed no tags of what it would have made', async () => {
  const record = call('RunInstances', {
    tagSpecificationSet: { items: [{ resourceType: 'instance', tags: TAGS }] },
  })
  const [event] = await eventsOf({ ...record, errorCode: 'Client.UnauthorizedOperation' }, CONFIG)
  expect(event).toMatchObject({ resource_type: 'aws:account', marqo_customer: '' })
})

it('gives nothing tags that a call was refused to set', async () => {
  const request = { resourcesSet: { items: [{ resourceId: 'i-01' }] }, tagSet: { items: TAGS } }
  const failed = { ...call('CreateTags', request), errorCode: 'Client.UnauthorizedOperation' }
  const [event] = await eventsOf(failed, CONFIG)
  expect(event).toMatchObject({ resource_id: 'i-01', resource_name: '', marqo_customer: '' })
  expect(event?.properties).not.toHaveProperty('tag:customer')
  expect(event?.properties).toMatchObject({ outcome: 'failed', set_tag_keys: 'customer,Name' })
})

it('keeps a tag that is called like something of JavaScript', async () => {
  const request = {
    resourcesSet: { items: [{ resourceId: 'i-01' }] },
    tagSet: { items: [{ key: '__proto__', value: 'x' }] },
  }
  const [event] = await eventsOf(call('CreateTags', request))
  expect(Object.entries(event?.properties ?? {})).toContainEqual(['tag:__proto__', 'x'])
})
