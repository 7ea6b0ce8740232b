import { publishLifecycle } from '@polo/collectors'
import { parseConfig } from '@polo/core'
import { expect, it } from 'vitest'
import { call, callEvent, fixture, publish } from './lifecycle-events.ts'

const ACCOUNT = '123837392027'
const EC2 = `arn:aws:ec2:us-east-1:${ACCOUNT}`

async function published(record: Record<string, unknown>) {
  const { events, refused } = await publish([callEvent(record)])
  expect(refused).toEqual([])
  return events
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

it('gives the same ids to what is delivered again, and others to another call on the same resource', async () => {
  const record = call('DeleteVolume', { volumeId: 'vol-01' })
  const ids = async (...records: Record<string, unknown>[]) =>
    (await publish(records.map(callEvent), { now: new Date() })).events.map(({ event_id }) => event_id)
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

it('refuses what it stumbles over, alone', async () => {
  const depth = 100_000
  const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`
  const deep = JSON.stringify(callEvent(call('DeleteVolume', 'NESTED'))).replace('"NESTED"', nested)
  const good = callEvent(fixture('cloudtrail-invictus/DeleteSnapshot.json'))
  const { events, refused } = await publish([deep, good])
  expect(events).toHaveLength(1)
  expect(refused).toMatchObject([{ messageId: 'm-0', error: expect.stringContaining('call stack') }])
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
  const messages = [
    { messageId: 'm', body: JSON.stringify(callEvent(call('DeleteVolume', { volumeId: 'vol-01' }))) },
  ]
  await expect(publishLifecycle(messages, { sink, config: parseConfig({}) })).rejects.toThrow(
    'the queue is away',
  )
})
