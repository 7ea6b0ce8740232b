import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { type BreakerState, lambdaEventSources, NEVER_OPENED } from '@polo/ingester'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'

interface FakeMapping {
  readonly id: string
  state: string
  concurrency: number | undefined
  tag: string | undefined
  /** Updates that are refused because the mapping still changes. */
  busy: number
}

const OPEN: BreakerState = {
  state: 'open',
  since: '2026-03-01T10:00:00.000Z',
  reason: 'UND_ERR_SOCKET',
  failed_probes: 12,
  relapses: 2,
  next_probe_at: '2026-03-01T10:05:00.000Z',
}
const HALF_OPEN: BreakerState = { ...OPEN, state: 'half_open', since: '2026-03-01T10:05:00.000Z' }
const CLOSED: BreakerState = { ...HALF_OPEN, state: 'closed', reason: '', since: '2026-03-01T10:08:00.000Z' }

const lambda = mockClient(LambdaClient)
const FUNCTION = 'polo-ingester'
const sources = lambdaEventSources({ functionName: FUNCTION, client: new LambdaClient(), patienceMs: 1 })
let live: FakeMapping
let backfill: FakeMapping

const arnOf = ({ id }: FakeMapping) => `arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:${id}`
const named = (name: string) => Object.assign(new Error(name), { name })

/** Lambda as far as it matters here, with a page per mapping. */
beforeEach(() => {
  live = { id: 'live', state: 'Enabled', concurrency: 10, tag: undefined, busy: 0 }
  backfill = { id: 'backfill', state: 'Enabled', concurrency: undefined, tag: undefined, busy: 0 }
  const mappings = [live, backfill]
  const find = (test: (mapping: FakeMapping) => boolean) => {
    const found = mappings.find(test)
    if (!found) throw named('ResourceNotFoundException')
    return found
  }
  lambda.reset()
  lambda.on(ListEventSourceMappingsCommand, { FunctionName: FUNCTION }).callsFake(({ Marker }) => {
    const mapping = Marker === undefined ? live : backfill
    const ScalingConfig =
      mapping.concurrency === undefined ? undefined : { MaximumConcurrency: mapping.concurrency }
    const { id: UUID, state: State } = mapping
    const answer = { UUID, EventSourceMappingArn: arnOf(mapping), State, ScalingConfig }
    return { EventSourceMappings: [answer], ...(Marker === undefined && { NextMarker: 'next' }) }
  })
  lambda.on(ListTagsCommand).callsFake(({ Resource }) => {
    const { tag } = find((mapping) => arnOf(mapping) === Resource)
    return { Tags: { stage: 'production', ...(tag && { 'polo:breaker': tag }) } }
  })
  lambda.on(TagResourceCommand).callsFake(({ Resource, Tags }) => {
    find((mapping) => arnOf(mapping) === Resource).tag = Tags['polo:breaker']
    return {}
  })
  lambda.on(UpdateEventSourceMappingCommand).callsFake(({ UUID, Enabled, ScalingConfig }) => {
    const mapping = find(({ id }) => id === UUID)
    if (mapping.busy-- > 0) throw named('ResourceInUseException')
    mapping.state = Enabled ? 'Enabled' : 'Disabled'
    mapping.concurrency = ScalingConfig.MaximumConcurrency
    return {}
  })
})

const settings = () => [live, backfill].map(({ state, concurrency }) => [state, concurrency])

function countUpdates(): number {
  return lambda.commandCalls(UpdateEventSourceMappingCommand).length
}

test('reads that nothing was ever applied', async () => {
  expect(await sources.read()).toEqual(NEVER_OPENED)
})

test.each([OPEN, HALF_OPEN, CLOSED])('reads from the tags what was applied: $state', async (state) => {
  await sources.apply(state)
  expect(await sources.read()).toEqual(state)
})

test('disables every mapping of the function, lets them through slowly, and brings them back as they were', async () => {
  await sources.apply(OPEN)
  expect(settings()).toEqual([
    ['Disabled', 2],
    ['Disabled', 2],
  ])
  await sources.apply(HALF_OPEN)
  expect(settings()).toEqual([
    ['Enabled', 2],
    ['Enabled', 2],
  ])
  await sources.apply(OPEN)
  await sources.apply(HALF_OPEN)
  await sources.apply(CLOSED)
  expect(settings()).toEqual([
    ['Enabled', 10],
    ['Enabled', undefined],
  ])
})

test('leaves alone what an operator had disabled', async () => {
  backfill.state = 'Disabled'
  backfill.concurrency = 5
  for (const state of [OPEN, HALF_OPEN, CLOSED]) {
    await sources.apply(state)
    expect(settings()[1]).toEqual(['Disabled', 5])
  }
  expect(settings()[0]).toEqual(['Enabled', 10])
})

test('takes a mapping that is off while it is half-open, or just closed, for its own late change', async () => {
  await sources.apply(OPEN)
  await sources.apply(HALF_OPEN)
  live.state = 'Disabled'
  const closed = { ...CLOSED, since: new Date().toISOString() }
  await sources.apply(closed)
  expect(settings()).toEqual([
    ['Enabled', 10],
    ['Enabled', undefined],
  ])
  live.state = 'Disabled'
  await sources.apply(closed)
  expect(live.state).toBe('Enabled')
})

test('disables nothing any more when another function has come to know better meanwhile', async () => {
  await sources.apply(OPEN)
  await sources.apply(HALF_OPEN)
  const tag = live.tag
  const late = sources.apply({ ...OPEN, since: '2026-03-01T10:06:00.000Z' })
  lambda.on(ListTagsCommand).callsFake(() => ({ Tags: { 'polo:breaker': tag } }))
  await late
  expect(live.state).toBe('Enabled')
})

test('lets an operator enable a mapping and change its concurrency while it is open', async () => {
  live.state = 'Disabled'
  await sources.apply(OPEN)
  live.state = 'Enabled'
  live.concurrency = 20
  await sources.apply({ ...OPEN, failed_probes: 13 })
  expect(live.state).toBe('Disabled')
  await sources.apply(CLOSED)
  expect(settings()[0]).toEqual(['Enabled', 20])
})

test('does not take a function without mappings for one that it could stop', async () => {
  lambda.on(ListEventSourceMappingsCommand, { FunctionName: 'other' }).resolves({ EventSourceMappings: [] })
  const none = lambdaEventSources({ functionName: 'other', client: new LambdaClient() })
  await expect(none.apply(OPEN)).rejects.toThrow('no event source mapping invokes other')
  await expect(none.read()).rejects.toThrow('no event source mapping invokes other')
})

test('changes nothing that is as it should be', async () => {
  await sources.apply(OPEN)
  const updates = countUpdates()
  const tags = lambda.commandCalls(TagResourceCommand).length
  await sources.apply(OPEN)
  expect(countUpdates()).toBe(updates)
  expect(lambda.commandCalls(TagResourceCommand)).toHaveLength(tags)
})

test('remembers before it disables, so that what fails half-way is not taken for an operator’s wish', async () => {
  live.busy = Number.POSITIVE_INFINITY
  await expect(sources.apply(OPEN)).rejects.toThrow('ResourceInUseException')
  expect(settings()).toEqual([
    ['Enabled', 10],
    ['Disabled', 2],
  ])
  expect(await sources.read()).toEqual(OPEN)
  live.busy = 0
  await sources.apply(OPEN)
  live.busy = Number.POSITIVE_INFINITY
  await expect(sources.apply(HALF_OPEN)).rejects.toThrow('ResourceInUseException')
  expect(await sources.read()).toEqual(OPEN)
  live.busy = 0
  await sources.apply(HALF_OPEN)
  await sources.apply(CLOSED)
  expect(settings()).toEqual([
    ['Enabled', 10],
    ['Enabled', undefined],
  ])
})

test('waits while a mapping is still being changed', async () => {
  live.busy = 5
  await sources.apply(OPEN)
  expect(live.state).toBe('Disabled')
})

test('does not wait when it is denied', async () => {
  lambda.on(UpdateEventSourceMappingCommand).rejects(named('AccessDeniedException'))
  await expect(sources.apply(OPEN)).rejects.toThrow('AccessDeniedException')
  expect(countUpdates()).toBe(2)
})

test('writes tags that AWS takes, whatever the code', async () => {
  await sources.apply({ ...OPEN, reason: `a, "b" {c} é${'.'.repeat(300)}` })
  expect(live.tag).toMatch(/^[\w .:/=+@-]{1,256}$/)
  expect((await sources.read()).reason).toMatch(/^a___b___c___\.+$/)
})

test('takes a tag that makes no sense for none', async () => {
  live.tag = 'state=ajar since=yesterday'
  expect(await sources.read()).toEqual(NEVER_OPENED)
})
