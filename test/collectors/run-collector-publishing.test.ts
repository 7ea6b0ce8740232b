import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { PublishError, type Source } from '@polo/collectors'
import { parseEnvelope } from '@polo/core'
import { expect, test } from 'vitest'
import {
  collectingSink,
  hanging,
  readEvents,
  readRuns,
  refusingSink,
  runStub,
  volume,
  yielding,
} from './run-stub.ts'

/** Large enough for a block of its own. */
function largeVolume(id: string) {
  return volume(id, { properties: { text: randomBytes(450 * 1024).toString('base64') } })
}

function largeVolumes(prefix: string, count: number): Source {
  return yielding(function* () {
    for (let index = 0; index < count; index++) yield largeVolume(`${prefix}-${index}`)
  })
}

test('has failed when the queue refuses a block, and names those that it took', async () => {
  const sink = refusingSink({ after: 2 })
  const { run } = await runStub({ sources: { source: largeVolumes('vol', 12) }, sink })
  const taken = sink.bodies.map((body) => parseEnvelope(body).envelope)
  expect(run).toMatchObject({
    status: 'failed',
    events: 2,
    block_ids: taken.filter(({ schema }) => schema === 'resource_event/1').map(({ block_id }) => block_id),
    block_rows: [1, 1],
  })
  expect(run.errors[0]).toBe('SQS at the test did not take a block')
})

test('no region is complete when the queue refused a block', async () => {
  const source: Source = async function* (context) {
    if (context.region === 'us-east-1') {
      await sleep(20)
      yield* largeVolumes('vol', 12)(context)
    } else yield volume('vol-1')
  }
  const { run } = await runStub({
    sources: { source },
    sink: refusingSink(),
    job: { regions: ['eu-west-1', 'us-east-1'] },
  })
  expect(run.region_outcomes).toEqual({ 'eu-west-1': 'partial', 'us-east-1': 'partial' })
})

test('no region is complete when only the last block is refused', async () => {
  const { run } = await runStub({
    sources: { source: yielding(() => [volume('vol-1')]) },
    sink: refusingSink(),
  })
  expect(run).toMatchObject({ status: 'failed', events: 0, region_outcomes: { 'eu-west-1': 'partial' } })
})

test('regions still under way stop when the queue refuses a block', async () => {
  const source: Source = (context) =>
    context.region === 'us-east-1' ? hanging()(context) : largeVolumes('vol', 12)(context)
  const { run } = await runStub({
    sources: { source },
    sink: refusingSink(),
    job: { regions: ['eu-west-1', 'us-east-1', 'us-west-2'] },
    dependencies: { regionConcurrency: 2 },
  })
  expect(run.region_outcomes).toEqual({
    'eu-west-1': 'partial',
    'us-east-1': 'partial',
    'us-west-2': 'partial',
  })
  expect(run.errors).toContain('us-east-1: source: stopped early: the queue takes no more blocks')
})

test('what a region yields after another one was refused is not published behind the record', async () => {
  const sink = refusingSink({ after: 1 })
  const source: Source = async function* (context) {
    if (context.region === 'eu-west-1') yield* largeVolumes('vol', 12)(context)
    else for (let index = 0; index < 50; index++) yield await sleep(2, largeVolume(`slow-${index}`))
  }
  await runStub({ sources: { source }, sink, job: { regions: ['eu-west-1', 'us-east-1'] } })
  await sleep(150)
  expect(sink.bodies.map((body) => parseEnvelope(body).schema.name)).toEqual([
    'resource_event/1',
    'collector_run/1',
  ])
})

test('throws when the queue refuses the run record itself', async () => {
  const sink = refusingSink({ refuses: 'collector_run/1' })
  const running = runStub({ sources: { source: yielding(() => [volume('vol-1')]) }, sink })
  await expect(running).rejects.toThrow(PublishError)
})

test('sends its record after its last block', async () => {
  const sink = collectingSink()
  await runStub({ sources: { source: largeVolumes('vol', 4) }, sink })
  const schemas = sink.bodies.map((body) => parseEnvelope(body).schema.name)
  expect(schemas.indexOf('collector_run/1')).toBe(schemas.length - 1)
  expect(schemas.length).toBeGreaterThan(2)
})

test('names an event that no message can carry, and neither its region nor the run is complete', async () => {
  const sink = collectingSink()
  const source = yielding(function* (region) {
    yield volume(`vol-${region}`)
    if (region === 'us-east-1')
      yield volume('vol-huge', { properties: { text: randomBytes(2 ** 20).toString('hex') } })
  })
  const { run } = await runStub({ sources: { source }, sink, job: { regions: ['eu-west-1', 'us-east-1'] } })
  expect(run).toMatchObject({
    status: 'partial',
    events: 2,
    rejected: 1,
    region_outcomes: { 'eu-west-1': 'complete', 'us-east-1': 'partial' },
    region_events: { 'eu-west-1': 1, 'us-east-1': 1 },
  })
  expect(run.errors).toEqual([expect.stringMatching(/^us-east-1: the event of vol-huge has \d+ bytes/)])
  expect(await readEvents(sink.bodies)).toHaveLength(2)
  expect(await readRuns(sink.bodies)).toEqual([run])
})
