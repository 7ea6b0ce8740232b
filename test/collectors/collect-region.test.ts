import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { EC2Client } from '@aws-sdk/client-ec2'
import type { Observation, Source } from '@polo/collectors'
import { expect, test, vi } from 'vitest'
import { configEbs } from '../../packages/collectors/src/aws/config-ebs.ts'
import { collect } from './harness.ts'
import { awsError, hanging, runStub, volume, yielding } from './run-stub.ts'

interface Item {
  readonly id?: string
}
const observe = ({ id }: Item): Observation => volume(id)

/** A source that reads one answer with `each`. */
function reading(
  items: unknown,
  toEvent: (item: Item) => Observation | readonly Observation[] = observe,
): Source {
  return async function* (context) {
    const answer: { Items?: Item[] } = JSON.parse(JSON.stringify({ Items: items }))
    yield* context.each(answer, 'Items', toEvent)
  }
}

test('a source that fails half-way keeps what it yielded, and its error is the outcome', async () => {
  const source = yielding(function* () {
    yield volume('vol-1')
    throw awsError('RequestLimitExceeded')
  })
  const { run, events } = await runStub({ sources: { source } })
  expect(run).toMatchObject({ status: 'throttled', region_events: { 'eu-west-1': 1 } })
  expect(events.map((event) => event.resource_id)).toEqual(['vol-1'])
})

test('a source that fails spoils no other source of its region', async () => {
  const { run, events } = await runStub({
    sources: {
      first: yielding(() => {
        throw awsError('UnauthorizedOperation')
      }),
      second: yielding(() => [volume('vol-1')]),
    },
  })
  expect(run.region_outcomes).toEqual({ 'eu-west-1': 'partial' })
  expect(run.errors).toEqual([expect.stringMatching('^eu-west-1: first: UnauthorizedOperation')])
  expect(events).toHaveLength(1)
})

test('a source that throws before it gives an iterator has failed', async () => {
  const source: Source = () => {
    throw new TypeError('not today')
  }
  const { run } = await runStub({ sources: { source, other: yielding(() => [volume('vol-1')]) } })
  expect(run).toMatchObject({
    status: 'partial',
    errors: ['eu-west-1: source: TypeError: not today'],
    events: 1,
  })
})

test.each([
  ['is null', [{ id: 'vol-1' }, null, { id: 'vol-3' }], 'item 1 of'],
  ['lacks its id', [{ id: 'vol-1' }, {}, { id: 'vol-3' }], 'ebs:volume one without an id was rejected'],
])('an item that %s is rejected by name and the others go on', async (_, items, message) => {
  const { run, events } = await runStub({ sources: { source: reading(items) } })
  expect(run).toMatchObject({ status: 'partial', region_outcomes: { 'eu-west-1': 'partial' }, rejected: 1 })
  expect(run.errors).toEqual([expect.stringContaining(message)])
  expect(events.map((event) => event.resource_id)).toEqual(['vol-1', 'vol-3'])
})

test('an item that the collector cannot read is rejected by name and the others go on', async () => {
  const source = reading([{ id: 'vol-1' }, { id: 'vol-2' }], ({ id }) => {
    if (id === 'vol-1') throw new TypeError('no such thing')
    return volume(id)
  })
  const { run, events } = await runStub({ sources: { source } })
  expect(run.errors).toEqual(["eu-west-1: item 0 of 'Items' cannot be read: no such thing"])
  expect(events.map((event) => event.resource_id)).toEqual(['vol-2'])
})

test.each([
  ['a value that is not a number', { value: Number.NaN }, 'value'],
  ['a time that is none', { event_time: new Date('never') }, 'Invalid time value'],
])('an observation with %s is rejected by its name', async (_, overrides, message) => {
  const { run } = await runStub({ sources: { source: yielding(() => [volume('vol-1', overrides)]) } })
  expect(run).toMatchObject({ status: 'partial', rejected: 1, events: 0 })
  expect(run.errors).toEqual([expect.stringMatching(`ebs:volume vol-1 was rejected: .*${message}`)])
})

test('an answer that lacks its list is a failure, not "none found"', async () => {
  const { run } = await runStub({ sources: { source: reading(undefined) } })
  expect(run).toMatchObject({ status: 'failed', region_outcomes: { 'eu-west-1': 'failed' } })
  expect(run.errors).toEqual([expect.stringContaining("has no list 'Items'")])
})

test('an empty list is complete', async () => {
  const { run } = await runStub({ sources: { source: reading([]) } })
  expect(run).toMatchObject({ status: 'complete', events: 0 })
})

test('counts every request, retries included', async () => {
  let asked = 0
  const requestHandler = {
    async handle() {
      const isFirst = asked++ === 0
      const text = isFirst ? '' : '<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>'
      return { response: { statusCode: isFirst ? 503 : 200, headers: {}, body: Readable.from([text]) } }
    },
  }
  const { run } = await collect(configEbs, { requestHandler })
  expect(run).toMatchObject({ status: 'complete', api_calls: { 'ec2:DescribeVolumes': 2 } })
})

test('names no more than a hundred errors and says how many more there are', async () => {
  const { run } = await runStub({ sources: { source: reading(Array.from({ length: 250 }, () => ({}))) } })
  expect(run.rejected).toBe(250)
  expect(run.errors).toHaveLength(101)
  expect(run.errors.at(-1)).toBe('and 150 more')
})

test('a failure is named before the things rejected', async () => {
  const items = Array.from({ length: 150 }, () => ({}))
  const denied = yielding(() => {
    throw awsError('UnauthorizedOperation')
  })
  const { run } = await runStub({ sources: { source: reading(items), denied } })
  expect(run.errors[0]).toMatch('eu-west-1: denied: UnauthorizedOperation')
  expect(run.region_errors['eu-west-1']).toMatch(/^denied: UnauthorizedOperation/)
})

test('cuts long errors short', async () => {
  const source = yielding(() => {
    throw awsError('InternalError', 'very long words '.repeat(1_000))
  })
  const { run } = await runStub({ sources: { source } })
  expect(run.errors.join('').length).toBeLessThan(700)
  expect(run.region_errors['eu-west-1']?.length).toBeLessThan(700)
})

test.each([
  [
    'a source throws',
    yielding(() => {
      throw awsError('InternalError', 'key AKIAIOSFODNN7EXAMPLE was refused')
    }),
  ],
  [
    'an item cannot be read',
    reading([{}], () => {
      throw new Error('key AKIAIOSFODNN7EXAMPLE was refused')
    }),
  ],
  ['a run was interrupted', hanging()],
])('keeps key ids out of its errors when %s', async (_, source) => {
  const signal = AbortSignal.timeout(20)
  const interruption = new AbortController()
  signal.addEventListener('abort', () => interruption.abort(new Error('AKIAIOSFODNN7EXAMPLE')))
  const { run } = await runStub({ sources: { source }, dependencies: { signal: interruption.signal } })
  expect(run.errors).toHaveLength(1)
  expect(JSON.stringify(run)).not.toContain('AKIAIOSFODNN7EXAMPLE')
})

test('closes the clients of its region, whatever happens', async () => {
  const destroyed = vi.spyOn(EC2Client.prototype, 'destroy')
  const source = yielding(() => {
    expect(destroyed).not.toHaveBeenCalled()
    throw awsError('InternalError')
  })
  await runStub({ collector: { clients: { ec2: EC2Client } }, sources: { source } })
  expect(destroyed).toHaveBeenCalledOnce()
})

test('tells a source that its time is up', async () => {
  let told = false
  const source: Source = async function* (context) {
    context.signal.addEventListener('abort', () => {
      told = true
    })
    yield* hanging()(context)
  }
  await runStub({ sources: { source }, job: { timeoutMs: 30_020 } })
  expect(told).toBe(true)
})

test('a call that fails after it was given up changes nothing', async () => {
  const source: Source = async function* (context) {
    await new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => setTimeout(() => reject(awsError('InternalError')), 5))
    })
    yield volume('vol-1')
  }
  const { run } = await runStub({ sources: { source }, job: { timeoutMs: 30_010 } })
  await sleep(20)
  expect(run.errors).toEqual(['eu-west-1: source: stopped early: the time was up'])
})
