import { LIFECYCLE_CALLS, publishLifecycle } from '@polo/collectors'
import { expect, it } from 'vitest'
import { call, callEvent, fixture, publish } from './lifecycle-events.ts'

const ACCOUNT = '123837392027'
const EC2 = `arn:aws:ec2:us-east-1:${ACCOUNT}`

async function published(record: Record<string, unknown>) {
  const { events, refused } = await publish([callEvent(record)])
  expect(refused).toEqual([])
  return events
}

/** Type and id of each resource that a call is an event of. */
async function subjectsOf(eventName: string, request: unknown, response?: unknown) {
  const events = await published(call(eventName, request, response))
  return events.map(({ resource_type, resource_id }) => `${resource_type} ${resource_id}`)
}

it('makes an event of each resource that a recorded call acted on, whole', async () => {
  const events = await published(fixture('cloudtrail-invictus/CreateSnapshot.json'))
  expect(events).toEqual([
    {
      event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      event_time: expect.stringContaining('2023-07-10'),
      collector: 'lifecycle',
      aws_account_id: ACCOUNT,
      aws_region: 'us-east-1',
      resource_arn: `${EC2}:volume/vol-0fc2e34e74650e145`,
      resource_type: 'ebs:volume',
      resource_id: 'vol-0fc2e34e74650e145',
      resource_name: '',
      event_type: 'lifecycle',
      event_action: 'CreateSnapshot',
      actor_arn: `arn:aws:iam::${ACCOUNT}:user/bert-jan`,
      actor_name: 'bert-jan',
      marqo_customer: '',
      marqo_cluster: '',
      marqo_index: '',
      marqo_env: '',
      marqo_purpose: '',
      account_role: '',
      value: 0,
      unit: '',
      properties: expect.objectContaining({
        event_source: 'ec2.amazonaws.com',
        outcome: 'succeeded',
        request_id: 'd0778782-df1d-4eb6-91da-edbefb7e7db1',
        resource_ids: 'vol-0fc2e34e74650e145,snap-083d3b857c13988bc',
      }),
      observed_at: expect.stringContaining('2026-03-01'),
    },
    expect.objectContaining({
      resource_type: 'ebs:snapshot',
      resource_arn: 'arn:aws:ec2:us-east-1::snapshot/snap-083d3b857c13988bc',
    }),
  ])
})

it.each([
  ['AllocateAddress', ['ec2:eip eipalloc-08a083beb7e83dbc0']],
  ['ReleaseAddress', ['ec2:eip eipalloc-08a083beb7e83dbc0']],
  ['CreateNatGateway', ['ec2:eip eipalloc-08a083beb7e83dbc0', 'vpc:nat_gateway nat-03575abbac42080d9']],
  ['CreateNetworkInterface', [expect.stringMatching(/^ec2:eni eni-[0-9a-f]{17}$/)]],
  ['CreateVolume', ['ebs:volume vol-0a2e548958718390d']],
  ['DeleteSnapshot', ['ebs:snapshot snap-083d3b857c13988bc']],
  ['CreateSecurityGroup', ['ec2:security_group sg-04cfb7a4712d75b00']],
  ['AuthorizeSecurityGroupIngress', ['ec2:security_group sg-04cfb7a4712d75b00']],
  ['CreateTags', ['ec2:image ami-0aa1d83d0b0985c86']],
])('finds the resources of a recorded %s', async (eventName, expected) => {
  const events = await published(fixture(`cloudtrail-invictus/${eventName}.json`))
  expect(events.map(({ resource_type, resource_id }) => `${resource_type} ${resource_id}`)).toEqual(expected)
})

const items = (...ids: string[]) => ({ instancesSet: { items: ids.map((instanceId) => ({ instanceId })) } })
const ENI = 'eni-076fa9fb98a2500a7'

it.each([
  [
    'TerminateInstances',
    items('i-01', 'i-02'),
    items('i-01', 'i-02'),
    ['ec2:instance i-01', 'ec2:instance i-02'],
  ],
  ['StartInstances', items('i-01'), items('i-01'), ['ec2:instance i-01']],
  ['StopInstances', items('i-01'), items('i-01'), ['ec2:instance i-01']],
  ['RebootInstances', items('i-01'), { _return: true }, ['ec2:instance i-01']],
  [
    'ModifyInstanceAttribute',
    { instanceId: 'i-01', groupSet: { items: [{ groupId: 'sg-01' }] } },
    null,
    ['ec2:instance i-01'],
  ],
  [
    'AttachVolume',
    { volumeId: 'vol-01', instanceId: 'i-01' },
    null,
    ['ebs:volume vol-01', 'ec2:instance i-01'],
  ],
  [
    'DetachVolume',
    { volumeId: 'vol-01' },
    { instanceId: 'i-01' },
    ['ebs:volume vol-01', 'ec2:instance i-01'],
  ],
  ['ModifyVolume', { ModifyVolumeRequest: { VolumeId: 'vol-01' } }, null, ['ebs:volume vol-01']],
  ['DeleteVolume', { volumeId: 'vol-01' }, null, ['ebs:volume vol-01']],
  [
    'CreateSnapshots',
    { CreateSnapshotsRequest: { InstanceSpecification: { InstanceId: 'i-01' } } },
    { CreateSnapshotsResponse: { snapshotSet: { item: { snapshotId: 'snap-01', volumeId: 'vol-01' } } } },
    ['ec2:instance i-01', 'ebs:snapshot snap-01', 'ebs:volume vol-01'],
  ],
  [
    'DeleteNatGateway',
    { DeleteNatGatewayRequest: { NatGatewayId: 'nat-01' } },
    null,
    ['vpc:nat_gateway nat-01'],
  ],
  [
    'AssociateAddress',
    { allocationId: 'eipalloc-01', networkInterfaceId: ENI },
    { associationId: 'eipassoc-01' },
    ['ec2:eip eipalloc-01', `ec2:eni ${ENI}`],
  ],
  ['DeleteNetworkInterface', { networkInterfaceId: ENI }, null, [`ec2:eni ${ENI}`]],
  [
    'AttachNetworkInterface',
    { networkInterfaceId: ENI, instanceId: 'i-01', deviceIndex: 1 },
    { attachmentId: 'eni-attach-01' },
    [`ec2:eni ${ENI}`, 'ec2:instance i-01'],
  ],
  ['DeleteSecurityGroup', { groupId: 'sg-01' }, null, ['ec2:security_group sg-01']],
  [
    'RevokeSecurityGroupIngress',
    { groupId: 'sg-01', ipPermissions: { items: [{ groups: { items: [{ groupId: 'sg-other' }] } }] } },
    null,
    ['ec2:security_group sg-01'],
  ],
  ['RevokeSecurityGroupEgress', { groupId: 'sg-01' }, null, ['ec2:security_group sg-01']],
  ['AuthorizeSecurityGroupEgress', { groupId: 'sg-01' }, null, ['ec2:security_group sg-01']],
  [
    'ModifySecurityGroupRules',
    {
      ModifySecurityGroupRulesRequest: {
        GroupId: 'sg-01',
        SecurityGroupRule: { ReferencedGroupId: 'sg-02' },
      },
    },
    null,
    ['ec2:security_group sg-01'],
  ],
  [
    'DeleteTags',
    { resourcesSet: { items: [{ resourceId: 'vol-01' }, { resourceId: 'i-01' }] } },
    null,
    ['ebs:volume vol-01', 'ec2:instance i-01'],
  ],
])('finds the resources of %s', async (eventName, request, response, expected) => {
  expect(await subjectsOf(eventName, request, response)).toEqual(expected)
})

it.each(['DisassociateAddress', 'DetachNetworkInterface'])(
  'makes an event of the account of %s, which names an association only',
  async (eventName) => {
    const ids = { associationId: 'eipassoc-01', attachmentId: 'eni-attach-01' }
    const [event] = await published(call(eventName, ids))
    expect(event).toMatchObject({
      resource_type: 'aws:account',
      resource_id: ACCOUNT,
      resource_arn: `arn:aws:iam::${ACCOUNT}:root`,
      properties: { association_id: 'eipassoc-01', attachment_id: 'eni-attach-01' },
    })
  },
)

it('finds instances and their new interfaces, and nothing else, in a recorded RunInstances', async () => {
  const [event, ...others] = await published({
    ...fixture('eventbridge-cloud-custodian/event-cloud-trail-run-instances.json'),
  })
  expect(event?.resource_type).toBe('ec2:instance')
  expect(event).toMatchObject({ actor_name: 'root', properties: { invoked_by: 'autoscaling.amazonaws.com' } })
  for (const { resource_type } of others) expect(['ec2:instance', 'ec2:eni']).toContain(resource_type)
})

it('marks a call that AWS refused, and says who made it as which role', async () => {
  const [event, ...others] = await published(fixture('cloudtrail-invictus/RunInstances.json'))
  expect(others).toEqual([])
  expect(event).toMatchObject({
    resource_type: 'aws:account',
    event_action: 'RunInstances',
    event_time: '2023-07-10T12:09:31.000Z',
    actor_arn: expect.stringContaining(':assumed-role/'),
    actor_name: 'stratus-red-team-ec2lui-role-wuzemnoeqa/aws-go-sdk-1688990966084647983',
    properties: { outcome: 'failed', error_code: 'Client.VcpuLimitExceeded' },
  })
})

it.each([
  [{ type: 'AWSService', invokedBy: 'autoscaling.amazonaws.com' }, '', 'autoscaling.amazonaws.com'],
  [{ accountId: ACCOUNT, invokedBy: 'ec2.amazonaws.com' }, '', 'ec2.amazonaws.com'],
  [{ type: 'AWSAccount', principalId: 'AIDAX', accountId: '444455556666' }, '', '444455556666'],
  [{ type: 'SAMLUser', principalId: 'x:alice', userName: 'alice' }, '', 'alice'],
  [{}, '', ''],
])('names the actor of %o', async (userIdentity, actor_arn, actor_name) => {
  const [event] = await published({ ...call('DeleteVolume', { volumeId: 'vol-01' }), userIdentity })
  expect(event).toMatchObject({ actor_arn, actor_name })
})

it('tells load balancers of both kinds apart', async () => {
  const arn = `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:loadbalancer/app/web/50dc6c495c0c9188`
  const elb = { eventSource: 'elasticloadbalancing.amazonaws.com' }
  const created = call(
    'CreateLoadBalancer',
    { name: 'web' },
    { loadBalancers: [{ loadBalancerArn: arn, loadBalancerName: 'web' }] },
  )
  const classic = call('DeleteLoadBalancer', { loadBalancerName: 'old' })
  const [v2] = await published({ ...created, ...elb })
  expect(v2).toMatchObject({
    resource_type: 'elbv2:load_balancer',
    resource_id: 'app/web/50dc6c495c0c9188',
    resource_arn: arn,
  })
  expect(await published({ ...classic, ...elb })).toMatchObject([
    { resource_type: 'elb:load_balancer', resource_id: 'old' },
  ])
})

it('keeps the tags that a call sets, and the keys of those that it deletes', async () => {
  const [created] = await published(fixture('cloudtrail-invictus/CreateTags.json'))
  expect(created?.properties).toMatchObject({ 'tag:StratusRedTeam': 'true' })
  const request = {
    resourcesSet: { items: [{ resourceId: 'rtb-01' }] },
    tagSet: { items: [{ key: 'a' }, { key: 'b' }] },
  }
  const [deleted] = await published(call('DeleteTags', request))
  expect(deleted?.properties).toMatchObject({ deleted_tag_keys: 'a,b', unknown_resource_ids: 'rtb-01' })
  expect(deleted?.resource_type).toBe('aws:account')
})

it('reads what EC2 says of an instance', async () => {
  const { events } = await publish([
    fixture('eventbridge-cloud-custodian/event-instance-state.json'),
    {
      ...fixture('lambda-powertools/eventBridgeEvent.json'),
      'detail-type': 'EC2 Spot Instance Interruption Warning',
      detail: { 'instance-id': 'i-1234567890abcdef0', 'instance-action': 'terminate' },
    },
  ])
  expect(events).toMatchObject([
    {
      aws_account_id: '101010101111',
      resource_arn: 'arn:aws:ec2:us-east-1:101010101111:instance/i-a2d74f12',
      event_action: 'pending',
      event_time: '2015-11-23T06:58:14.000Z',
      actor_arn: '',
    },
    { event_action: 'spot_interruption_warning', properties: { instance_action: 'terminate' } },
  ])
})

it('names what a recorded call that failed was about, though no resource', async () => {
  const [event] = await published(fixture('cloudtrail-invictus/DetachNetworkInterface.json'))
  expect(event).toMatchObject({
    resource_type: 'aws:account',
    properties: {
      outcome: 'failed',
      error_code: 'Client.InvalidAttachmentID.NotFound',
      attachment_id: 'eni-attach-02aca13293a6fe1b9',
    },
  })
})

it('reads a recorded RunInstances of a user, whose events carry no key', async () => {
  const events = await published(
    fixture('eventbridge-cloud-custodian/event-cloud-trail-run-instance-creator.json'),
  )
  expect(events).toMatchObject([
    { resource_id: 'i-0f7c711dc84bedda0', aws_account_id: '644160558196', actor_name: 'c7nbot' },
    { resource_type: 'ec2:eni' },
  ])
  expect(JSON.stringify(events)).not.toContain('ASIA')
})

it('does not drop what AWS did by itself', async () => {
  const [event] = await published(fixture('cloudtrail-invictus/SharedSnapshotVolumeCreated.json'))
  expect(event).toMatchObject({
    resource_type: 'aws:account',
    event_action: 'SharedSnapshotVolumeCreated',
    actor_name: 'ec2.amazonaws.com',
  })
})

it('does not drop what it does not know', async () => {
  const event = fixture('lambda-powertools/eventBridgeEvent.json')
  const { events } = await publish([{ ...event, 'detail-type': 'EC2 Something New', detail: {} }])
  expect(events).toMatchObject([{ resource_type: 'aws:account', event_action: 'EC2 Something New' }])
})

it('gives the same ids to what is delivered again, and others to another call on the same resource', async () => {
  const record = call('StopInstances', items('i-01'))
  const ids = async (...records: Record<string, unknown>[]) =>
    (await publish(records.map(callEvent), new Date())).events.map(({ event_id }) => event_id)
  const [first] = await ids(record)
  expect(await ids(record, { ...record, eventID: 'another' })).toEqual([
    first,
    expect.not.stringMatching(`${first}`),
  ])
})

it('refuses what is no event, alone', async () => {
  const good = callEvent(fixture('cloudtrail-invictus/DeleteSnapshot.json'))
  const { eventTime: _, ...timeless } = fixture('cloudtrail-invictus/DeleteSnapshot.json')
  const { events, refused } = await publish(['{', good, {}, { ...good, detail: timeless }, 'null'])
  expect(events).toHaveLength(1)
  expect(refused.map(({ messageId }) => messageId)).toEqual(['m-0', 'm-2', 'm-3', 'm-4'])
  expect(refused[2]?.error).toContain('eventTime')
})

it('refuses the message of an event that no block can hold', async () => {
  const key = 'x'.repeat(40)
  const tags = Array.from({ length: 40_000 }, () => ({
    key: `${key}${Math.random()}`,
    value: `${Math.random()}`,
  }))
  const request = { resourcesSet: { items: [{ resourceId: 'i-01' }] }, tagSet: { items: tags } }
  const { events, refused } = await publish([callEvent(call('CreateTags', request))])
  expect(events).toEqual([])
  expect(refused).toMatchObject([{ messageId: 'm-0', error: expect.stringContaining('i-01') }])
})

it('takes nothing for done when the queue does not take the block', async () => {
  const sink = { send: () => Promise.reject(new Error('the queue is away')) }
  const messages = [{ messageId: 'm', body: JSON.stringify(callEvent(call('StopInstances', items('i-01')))) }]
  await expect(publishLifecycle(messages, { sink })).rejects.toThrow('the queue is away')
})

it('knows every call that is forwarded', async () => {
  for (const eventName of LIFECYCLE_CALLS['aws.ec2']) {
    const everything = {
      ...items('i-01'),
      volumeId: 'vol-01',
      snapshotId: 'snap-01',
      natGatewayId: 'nat-01',
      allocationId: 'eipalloc-01',
      networkInterfaceId: ENI,
      groupId: 'sg-01',
      resourcesSet: { items: [{ resourceId: 'i-02' }] },
    }
    const [subject] = await subjectsOf(eventName, everything)
    expect(subject, eventName).not.toContain('aws:account')
  }
})
