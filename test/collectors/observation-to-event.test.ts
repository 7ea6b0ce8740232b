import type { Observation } from '@polo/collectors'
import { deterministicId, parseConfig, type ResourceEvent } from '@polo/core'
import { expect, test } from 'vitest'
import { ZodError } from 'zod'
import { createEventMaker } from '../../packages/collectors/src/run/observation-to-event.ts'
import { ACCOUNT, SLOT, stubCollector, volume } from './run-stub.ts'

const OBSERVED_AT = new Date('2026-03-01T10:00:04.321Z')

function makeEvents(
  observations: readonly Observation[],
  { tagDefaults = {}, slot = SLOT, region = 'eu-west-1', accounts = {} } = {},
): ResourceEvent[] {
  const resourceTypes = {
    'ec2:instance': { description: 'instance', properties: {}, isParent: true },
    'ebs:volume': { description: 'volume', properties: {} },
  }
  const context = {
    collector: stubCollector({}, { resourceTypes }),
    account: { id: ACCOUNT, role: 'production', tagDefaults },
    region,
    slot,
    observedAt: OBSERVED_AT,
    config: parseConfig({ accounts }),
  }
  return observations.map(createEventMaker(context))
}

function instance(id: string, overrides: Partial<Observation> = {}): Observation {
  const resource_arn = `arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/${id}`
  return { resource_type: 'ec2:instance', resource_id: id, resource_arn, ...overrides }
}

test('makes a whole event of an observation', () => {
  const [event] = makeEvents([
    volume('vol-1', {
      resource_name: 'data',
      tags: { env: 'prod' },
      value: 8,
      unit: 'GiB',
      properties: { encrypted: true, size: 8, ids: ['a', undefined, 'b'], at: SLOT, none: null, empty: '' },
    }),
  ])
  expect(event).toEqual({
    event_id: deterministicId(
      'config_stub',
      ACCOUNT,
      'eu-west-1',
      'vol-1',
      'config',
      'observed',
      SLOT.toISOString(),
      '',
    ),
    event_time: SLOT.toISOString(),
    collector: 'config_stub',
    aws_account_id: ACCOUNT,
    aws_region: 'eu-west-1',
    resource_arn: '',
    resource_type: 'ebs:volume',
    resource_id: 'vol-1',
    resource_name: 'data',
    event_type: 'config',
    event_action: 'observed',
    actor_arn: '',
    actor_name: '',
    marqo_customer: '',
    marqo_cluster: '',
    marqo_index: '',
    marqo_env: 'prod',
    marqo_purpose: '',
    account_role: 'production',
    value: 8,
    unit: 'GiB',
    properties: { encrypted: 'true', size: '8', ids: 'a,,b', at: SLOT.toISOString(), 'tag:env': 'prod' },
    observed_at: OBSERVED_AT.toISOString(),
  })
})

test('leaves out a list that has no value at all', () => {
  const [event] = makeEvents([volume('vol-1', { properties: { none: [], gaps: ['', undefined] } })])
  expect(event?.properties).toEqual({})
})

test('an event is for its own time where the observation has one, else for the slot', () => {
  const at = new Date('2026-02-28T00:00:00Z')
  const events = makeEvents([volume('vol-1'), volume('vol-1', { event_time: at })])
  expect(events.map((event) => event.event_time)).toEqual([SLOT.toISOString(), at.toISOString()])
})

test.each<[string, readonly [Partial<Observation>, Partial<Observation>]]>([
  ['resources', [{}, { resource_id: 'vol-2' }]],
  ['ARNs', [{ resource_arn: 'arn:1' }, { resource_arn: 'arn:2' }]],
  ['event types', [{ event_type: 'config' }, { event_type: 'metric' }]],
  ['actions', [{ event_action: 'observed' }, { event_action: 'deleted' }]],
  ['times', [{}, { event_time: new Date(0) }]],
  ['discriminators', [{ discriminator: 'cpu' }, { discriminator: 'memory' }]],
])('two %s make two events', (_, [first, second]) => {
  const events = makeEvents([volume('vol-1', first), volume('vol-1', second)])
  expect(new Set(events.map((event) => event.event_id)).size).toBe(2)
})

test('what was seen of a thing does not change which event it is', () => {
  const [first, second] = makeEvents([
    volume('vol-1', { properties: { state: 'in-use' } }),
    volume('vol-1', { properties: { state: 'available' }, tags: { env: 'prod' }, resource_name: 'data' }),
  ])
  expect(second?.event_id).toBe(first?.event_id)
})

test('inherits what its own tags do not say from its parent, and says from which', () => {
  const parent = instance('i-1', { tags: { env: 'prod', team: 'search' } })
  const [, event] = makeEvents([parent, volume('vol-1', { parents: ['i-1'], tags: { team: 'ads' } })])
  expect(event).toMatchObject({ marqo_customer: 'ads', marqo_env: 'prod' })
  expect(event?.properties).toEqual({ 'tag:team': 'ads', 'inherited_from:marqo_env': parent.resource_arn })
})

test('has the owner that tags say which are told only for that, and none of these tags', () => {
  const [event] = makeEvents([instance('i-1', { owner_tags: { team: 'search', env: 'prod' } })])
  expect(event).toMatchObject({ marqo_customer: 'search', marqo_env: 'prod', properties: {} })
})

test('inherits from its grandparent through a parent without tags', () => {
  const [, , event] = makeEvents([
    instance('i-1', { tags: { env: 'prod' } }),
    instance('i-2', { parents: ['i-1'] }),
    volume('vol-1', { parents: ['i-2'] }),
  ])
  expect(event?.properties['inherited_from:marqo_env']).toBe(instance('i-1').resource_arn)
})

test('names a parent without an ARN by its id', () => {
  const [, event] = makeEvents([
    instance('i-1', { resource_arn: undefined, tags: { env: 'prod' } }),
    volume('vol-1', { parents: [undefined, 'i-1'] }),
  ])
  expect(event?.properties['inherited_from:marqo_env']).toBe('i-1')
})

test('finds a parent by its ARN as well', () => {
  const parent = instance('i-1', { tags: { env: 'prod' } })
  const [, event] = makeEvents([parent, volume('vol-1', { parents: [parent.resource_arn] })])
  expect(event?.marqo_env).toBe('prod')
})

test('inherits nothing from a resource whose type is no parent', () => {
  const [, event] = makeEvents([
    volume('vol-1', { tags: { env: 'prod' } }),
    volume('vol-2', { parents: ['vol-1'] }),
  ])
  expect(event?.marqo_env).toBe('')
})

test('inherits from parents that the collector does not yield, by the tags that it has of them', () => {
  const gateway = {
    arn: 'arn:aws:ec2:eu-west-1:1:natgateway/nat-1',
    tags: { team: 'ads', env: 'prod' },
    parents: [],
  }
  const eni = {
    arn: 'arn:aws:ec2:eu-west-1:1:network-interface/eni-1',
    tags: { env: 'dev' },
    parents: [gateway],
  }
  const [event] = makeEvents([volume('vol-1', { parents: [eni] })])
  expect(event).toMatchObject({
    marqo_customer: 'ads',
    marqo_env: 'dev',
    properties: { 'inherited_from:marqo_customer': gateway.arn, 'inherited_from:marqo_env': eni.arn },
  })
})

test("falls back on the account's defaults, after its own tags and its parents'", () => {
  const [, event] = makeEvents(
    [instance('i-1', { tags: { env: 'prod' } }), volume('vol-1', { parents: ['i-1'] })],
    { tagDefaults: { marqo_env: 'dev', marqo_customer: 'platform' } },
  )
  expect(event).toMatchObject({ marqo_env: 'prod', marqo_customer: 'platform' })
  expect(event?.properties['inherited_from:marqo_customer']).toBe('account')
})

test('keeps a tag whatever its key', () => {
  const tags: Record<string, string> = JSON.parse('{"__proto__": "a", "constructor": "b", "": "c"}')
  const [event] = makeEvents([volume('vol-1', { tags })])
  expect(Object.entries(event?.properties ?? {})).toEqual([
    ['tag:__proto__', 'a'],
    ['tag:constructor', 'b'],
    ['tag:', 'c'],
  ])
})

test('refuses an observation without an id', () => {
  expect(() => makeEvents([volume(undefined)])).toThrow(ZodError)
})

test("gives what is another account's to that account, with what the configuration says of it", () => {
  const accounts = { '222222222222': { role: 'sandbox', tagDefaults: { marqo_env: 'dev' } } }
  const other = { aws_account_id: '222222222222', aws_region: 'us-west-2' }
  const [own, others, unknown] = makeEvents(
    [volume('vol-1'), volume('vol-2', other), volume('vol-3', { aws_account_id: '333333333333' })],
    { tagDefaults: { marqo_env: 'prod' }, accounts },
  )
  expect(own).toMatchObject({ aws_account_id: ACCOUNT, account_role: 'production', marqo_env: 'prod' })
  expect(others).toMatchObject({ ...other, account_role: 'sandbox', marqo_env: 'dev' })
  expect(unknown).toMatchObject({ aws_account_id: '333333333333', account_role: '', marqo_env: '' })
})
