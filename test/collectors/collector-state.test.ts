import type { Source } from '@polo/collectors'
import { expect, it } from 'vitest'
import { memoryStore } from './harness.ts'
import { ACCOUNT, refusingSink, runStub, volume } from './run-stub.ts'

const SLOTS = ['2026-03-01T10:00:00.000Z', '2026-03-01T10:15:00.000Z', '2026-03-01T10:30:00.000Z'] as const
const KEY = `collectors/config_stub/${ACCOUNT}/eu-west-1.json`

interface Remembering {
  readonly store: ReturnType<typeof memoryStore>
  readonly slot: string
  readonly leaves: unknown
  readonly sink?: ReturnType<typeof refusingSink>
  readonly region?: string
}

/** A run that reads what was left, and leaves something itself. */
async function remember({ store, slot, leaves, sink, region = 'eu-west-1' }: Remembering) {
  const read: unknown[] = []
  const later: unknown[] = []
  const source: Source = async function* ({ state }) {
    read.push(await state.read())
    later.push(await state.readLater())
    yield volume('vol-1')
    state.write(leaves)
  }
  const { run } = await runStub({
    sources: { source },
    collector: { remembers: true },
    job: { slot: new Date(slot), regions: [region] },
    dependencies: { state: store },
    ...(sink && { sink }),
  })
  return { run, read: read[0], later: later[0] }
}

it('reads what the slot before left, and nothing at first', async () => {
  const store = memoryStore()

  expect((await remember({ store, slot: SLOTS[0], leaves: 'first' })).read).toBeUndefined()
  expect((await remember({ store, slot: SLOTS[1], leaves: 'second' })).read).toBe('first')
  expect((await remember({ store, slot: SLOTS[2], leaves: 'third' })).read).toBe('second')
})

it('reads in a retry what the slot before it left, and not what the first try did', async () => {
  const store = memoryStore()
  await remember({ store, slot: SLOTS[0], leaves: 'first' })
  await remember({ store, slot: SLOTS[1], leaves: 'second' })

  expect((await remember({ store, slot: SLOTS[1], leaves: 'second again' })).read).toBe('first')
  expect((await remember({ store, slot: SLOTS[2], leaves: 'third' })).read).toBe('second again')
})

it('reads what a later slot left, where its own is made up for', async () => {
  const store = memoryStore()
  expect(await remember({ store, slot: SLOTS[1], leaves: 'second' })).toMatchObject({ later: undefined })
  await remember({ store, slot: SLOTS[2], leaves: 'third' })

  const late = await remember({ store, slot: SLOTS[0], leaves: 'first' })
  const again = await remember({ store, slot: SLOTS[2], leaves: 'third again' })
  expect([late, again]).toMatchObject([
    { read: undefined, later: 'third' },
    { read: 'second', later: undefined },
  ])
})

it('keeps two slots, however many there were', async () => {
  const store = memoryStore()
  for (const slot of SLOTS) await remember({ store, slot, leaves: slot })

  const { versions } = JSON.parse((await store.read(KEY)) ?? '')
  expect(versions.map((version: { slot: string }) => version.slot)).toEqual([SLOTS[2], SLOTS[1]])
})

it('leaves nothing where the queue did not take every block', async () => {
  const store = memoryStore()
  const { run } = await remember({ store, slot: SLOTS[0], leaves: 'first', sink: refusingSink() })

  expect(run.status).toBe('failed')
  expect(await store.read(KEY)).toBeUndefined()
})

it('keeps regions apart', async () => {
  const store = memoryStore()
  await remember({ store, slot: SLOTS[0], leaves: 'ireland' })

  expect((await remember({ store, slot: SLOTS[1], leaves: '', region: 'us-east-1' })).read).toBeUndefined()
})

it('fails a run whose leavings cannot be stored, so that it is tried again', async () => {
  const store = { ...memoryStore(), write: () => Promise.reject(new Error('the bucket is away')) }
  const { run } = await remember({ store, slot: SLOTS[0], leaves: 'first' })

  expect(run).toMatchObject({
    status: 'failed',
    events: 1,
    errors: [expect.stringMatching('the bucket is away')],
  })
})

it('fails a source that finds something else than states, and says where', async () => {
  const { run } = await remember({ store: memoryStore({ [KEY]: '[]' }), slot: SLOTS[0], leaves: 'first' })

  expect(run).toMatchObject({ status: 'failed' })
  expect(run.errors).toEqual([expect.stringMatching(`what was remembered in ${KEY} cannot be read: delete`)])
})

it('fails where its own memory is denied to it, and does not say that the account is', async () => {
  const refused = Object.assign(new Error('Access Denied'), { name: 'AccessDenied', $metadata: {} })
  const store = { ...memoryStore(), read: () => Promise.reject(refused) }
  const { run } = await remember({ store, slot: SLOTS[0], leaves: 'first' })

  expect(run).toMatchObject({ status: 'failed', region_outcomes: { 'eu-west-1': 'failed' } })
  expect(run.errors).toEqual([expect.stringMatching(`${KEY} could not be read where Polo remembers`)])
})

it('refuses to remember for a collector that does not say so', async () => {
  const source: Source = async function* ({ state }) {
    await state.read()
    yield* []
  }
  const { run } = await runStub({ sources: { source }, dependencies: { state: memoryStore() } })

  expect(run.errors).toEqual([expect.stringMatching('config_stub does not say that it remembers')])
})

it('tells the notes of a run, each with its region', async () => {
  const source: Source = async function* ({ note }) {
    note('a baseline of 12 resources')
    yield* []
  }
  const { run, runs } = await runStub({ sources: { source } })

  expect(run).toMatchObject({ status: 'complete', notes: ['eu-west-1: a baseline of 12 resources'] })
  expect(runs[0]?.notes).toEqual(run.notes)
})
