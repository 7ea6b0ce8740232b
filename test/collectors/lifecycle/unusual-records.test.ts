import { expect, it } from 'vitest'
import { call, eventsOf, fixture, subjects } from './lifecycle-events.ts'

const ACCOUNT = '123837392027'
/** What CloudTrail writes in place of more than 100 KB: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
const omitted = (what: string) => ({ reason: `${what} too large`, omitted: true, originalSize: 149893 })

it('says that CloudTrail left out an answer, and so which instances were launched', async () => {
  const launch = fixture('cloudtrail-invictus/RunInstances-with-tags.json')
  const request = { instanceType: 'm5.large', instancesSet: { items: [{ minCount: 60, maxCount: 60 }] } }
  const events = await eventsOf({
    ...launch,
    requestParameters: request,
    responseElements: omitted('responseElements'),
  })
  expect(subjects(events)).toEqual([`aws:account ${ACCOUNT}`])
  expect(events[0]?.properties).toMatchObject({
    omitted: 'answer',
    outcome: 'succeeded',
    instance_type: 'm5.large',
  })
})

it('says that CloudTrail left out a request, and takes nothing of that for what was changed', async () => {
  const [event] = await eventsOf(
    call('ModifyInstanceAttribute', { ...omitted('requestParameters'), omitted: 'true' }),
  )
  expect(event?.resource_type).toBe('aws:account')
  expect(event?.properties.omitted).toBe('request')
  expect(event?.properties).not.toHaveProperty('changed_attributes')
})

it('says nothing of that where all is there', async () => {
  const [event] = await eventsOf(fixture('cloudtrail-invictus/CreateVolume.json'))
  expect(event?.properties).not.toHaveProperty('omitted')
})

it('reads a request and an answer that a tool stored as text', async () => {
  const record = fixture('cloudtrail-invictus/CreateSnapshot.json')
  const { requestParameters, responseElements } = record
  const asText = {
    ...record,
    requestParameters: JSON.stringify(requestParameters),
    responseElements: JSON.stringify(responseElements),
  }
  expect(await eventsOf(asText)).toEqual(await eventsOf(record))
  const hidden = { ...record, requestParameters: 'HIDDEN_DUE_TO_SECURITY_REASONS', responseElements: 'null' }
  expect(subjects(await eventsOf(hidden))).toEqual([`aws:account ${ACCOUNT}`])
})

it('takes what CloudTrail adds to a call later for that call', async () => {
  const record = fixture('cloudtrail-invictus/CreateSnapshot.json')
  const addendum = {
    reason: 'UPDATED_DATA',
    updatedFields: 'responseElements',
    originalEventID: record.eventID,
  }
  const added = await eventsOf({ ...record, eventID: '7f1f2a0c-0000-4000-8000-000000000000', addendum })
  const ids = (await eventsOf(record)).map(({ event_id }) => event_id)
  expect(added.map(({ event_id }) => event_id)).toEqual(ids)
})

it('names only so many resources in each of many events', async () => {
  const items = Array.from({ length: 1_000 }, (_, index) => ({ resourceId: `vol-${index}` }))
  const events = await eventsOf(call('CreateTags', { resourcesSet: { items }, tagSet: { items: [] } }))
  expect(events).toHaveLength(1_000)
  expect(events[999]?.properties.resource_count).toBe('1000')
  expect(events[999]?.properties.resource_ids?.split(',')).toHaveLength(50)
})
