import { ResourceType } from '@aws-sdk/client-ec2'
import { expect, it } from 'vitest'
import { identifyArn } from '../../../packages/collectors/src/aws/identify-arn.ts'
import { kindOf } from '../../../packages/collectors/src/lifecycle/resource-kinds.ts'
import {
  TAGGED_ARN_TYPES,
  taggedResource,
} from '../../../packages/collectors/src/lifecycle/tagged-resource.ts'
import { call, eventsOf, subjects } from './lifecycle-events.ts'

const ACCOUNT = '123837392027'
const PLACE = { account: ACCOUNT, region: 'us-east-1' }
const TAGS = { items: [{ key: 'customer', value: 'acme' }] }

it.each(['CreateTags', 'DeleteTags'])('makes an event of everything of EC2 that %s acts on', async (name) => {
  const ids = ['i-01', 'rtb-01', 'vpce-01', 'lt-01']
  const request = { resourcesSet: { items: ids.map((resourceId) => ({ resourceId })) }, tagSet: TAGS }

  const events = await eventsOf(call(name, request))

  expect(subjects(events)).toEqual([
    'ec2:instance i-01',
    'ec2:route_table rtb-01',
    'ec2:vpc_endpoint vpce-01',
    'ec2:launch_template lt-01',
  ])
  expect(events[1]).toMatchObject({ resource_arn: `arn:aws:ec2:us-east-1:${ACCOUNT}:route-table/rtb-01` })
  for (const { properties } of events) expect(properties).not.toHaveProperty('unknown_resource_ids')
})

it('gives what is tagged its tags', async () => {
  const request = { resourcesSet: { items: [{ resourceId: 'igw-01' }] }, tagSet: TAGS }
  const [event] = await eventsOf(call('CreateTags', request))
  expect(event).toMatchObject({
    resource_type: 'ec2:internet_gateway',
    properties: { 'tag:customer': 'acme' },
  })
})

it('takes an id that only tags may name for unknown in another call', async () => {
  const [event] = await eventsOf(call('DeleteVolume', { volumeId: 'rtb-01' }))
  expect(event).toMatchObject({
    resource_type: 'aws:account',
    properties: { unknown_resource_ids: 'rtb-01' },
  })
})

it.each(TAGGED_ARN_TYPES)('identifies what begins with %s as its change of tags does', (prefix, arnType) => {
  const id = `${prefix}0a1b2c3d4e5f60718`
  const tagged = taggedResource(id, PLACE)

  expect(Object.values<string>(ResourceType)).toContain(arnType)
  expect(kindOf(id)).toBeUndefined()
  expect(tagged?.resource_arn).toContain(`${arnType}/${id}`)
  expect(identifyArn(tagged?.resource_arn ?? '', PLACE)).toMatchObject({ ...tagged })
})
