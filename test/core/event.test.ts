import { EVENT_TYPES, QUEUED_SCHEMAS, ResourceEvent, TAG_FIELDS } from '@polo/core'
import { describe, expect, it } from 'vitest'
import { issuesOf, minimalEvent } from './factories.ts'

const CONTRACT = [
  'event_id',
  'event_time',
  'collector',
  'aws_account_id',
  'aws_region',
  'resource_arn',
  'resource_type',
  'resource_id',
  'resource_name',
  'event_type',
  'event_action',
  'actor_arn',
  'actor_name',
  'marqo_customer',
  'marqo_cluster',
  'marqo_index',
  'marqo_env',
  'marqo_purpose',
  'account_role',
  'value',
  'unit',
  'properties',
  'observed_at',
]

describe('ResourceEvent', () => {
  it('has the columns of the contract, in their order', () => {
    expect(Object.keys(ResourceEvent.shape)).toEqual(CONTRACT)
  })

  it('names the columns of its queued schema, in their order', () => {
    const columns = QUEUED_SCHEMAS['resource_event/1'].columns.map(({ name }) => name)
    expect(columns).toEqual(CONTRACT)
  })

  it('fills what was not observed with defaults', () => {
    expect(ResourceEvent.parse(minimalEvent())).toEqual({
      ...minimalEvent(),
      resource_name: '',
      actor_arn: '',
      actor_name: '',
      marqo_customer: '',
      marqo_cluster: '',
      marqo_index: '',
      marqo_env: '',
      marqo_purpose: '',
      account_role: '',
      value: 0,
      unit: '',
      properties: {},
    })
  })

  it('gives its keys in the order of the columns, whatever the order of the input', () => {
    const reversed = Object.fromEntries(Object.entries(minimalEvent({ unit: 'Hrs' })).reverse())
    expect(Object.keys(ResourceEvent.parse(reversed))).toEqual(CONTRACT)
  })

  it('does not share the default properties between events', () => {
    const [one, other] = [ResourceEvent.parse(minimalEvent()), ResourceEvent.parse(minimalEvent())]
    one.properties.state = 'running'
    expect(other.properties).toEqual({})
  })

  it('refuses an unknown key', () => {
    expect(issuesOf(ResourceEvent, { ...minimalEvent(), resource_nam: 'web' })).not.toEqual([])
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses the value %d, which JSON would turn into null',
    (value) => {
      expect(issuesOf(ResourceEvent, minimalEvent({ value }))).not.toEqual([])
    },
  )

  it.each([
    ['2026-03-01T00:15:00Z', 'no milliseconds'],
    ['2026-03-01T00:15:00.000+01:00', 'not in UTC'],
    ['2026-02-30T00:15:00.000Z', 'no such day'],
    ['2026-03-01 00:15:00.000', 'not ISO 8601'],
    ['', 'empty'],
  ])('refuses the time "%s": %s', (event_time) => {
    expect(issuesOf(ResourceEvent, minimalEvent({ event_time }))).not.toEqual([])
  })

  it.each(['collector', 'aws_account_id', 'resource_type', 'resource_id', 'event_action'])(
    'refuses an empty %s',
    (field) => {
      expect(issuesOf(ResourceEvent, { ...minimalEvent(), [field]: '' })).not.toEqual([])
    },
  )

  it.each(['event_id', 'event_time', 'collector', 'resource_id', 'event_type', 'observed_at'])(
    'refuses an event without %s',
    (field) => {
      const without = Object.fromEntries(Object.entries(minimalEvent()).filter(([key]) => key !== field))
      expect(issuesOf(ResourceEvent, without)).not.toEqual([])
    },
  )

  it('refuses the nil UUID', () => {
    const event_id = '00000000-0000-0000-0000-000000000000'
    expect(issuesOf(ResourceEvent, minimalEvent({ event_id }))).not.toEqual([])
  })

  it('accepts every event type and no other', () => {
    for (const event_type of EVENT_TYPES) {
      expect(issuesOf(ResourceEvent, minimalEvent({ event_type }))).toEqual([])
    }
    expect(issuesOf(ResourceEvent, { ...minimalEvent(), event_type: 'costs' })).not.toEqual([])
  })

  it('has a column for every tag field', () => {
    expect(CONTRACT).toEqual(expect.arrayContaining([...TAG_FIELDS]))
  })
})

describe('properties', () => {
  it.each([
    ['a number', { size: 8 }],
    ['null', { size: null }],
    ['a nested object', { disk: { size: '8' } }],
  ])('refuse %s as a value', (_, properties) => {
    expect(issuesOf(ResourceEvent, { ...minimalEvent(), properties })).not.toEqual([])
  })

  it.each([
    ['a Map', new Map([['a', 'b']])],
    ['an array', ['a']],
    ['null', null],
    ['a Date', new Date(0)],
  ])('refuse to be %s, of which JSON would make something else', (_, properties) => {
    expect(issuesOf(ResourceEvent, { ...minimalEvent(), properties })).not.toEqual([])
  })

  it('keep the keys __proto__ and constructor', () => {
    const properties = JSON.parse('{"__proto__":"a","constructor":"b"}')
    const event = ResourceEvent.parse(minimalEvent({ properties }))
    expect(JSON.stringify(event.properties)).toBe('{"__proto__":"a","constructor":"b"}')
  })
})
