import type { Source, TableRow } from '@polo/collectors'
import { DiscoveredAccount, parseEnvelope } from '@polo/core'
import { expect, test } from 'vitest'
import { readRows } from '../core/read-rows.ts'
import { awsError, collectingSink, refusingSink, runStub, volume } from './run-stub.ts'

type AccountRow = Extract<TableRow, { schema: 'aws_account/1' }>

function row(id: string, changes: Partial<AccountRow['row']> = {}): AccountRow {
  return {
    schema: 'aws_account/1',
    row: {
      aws_account_id: id,
      name: '',
      email: '',
      ou_path: '',
      status: 'ACTIVE',
      tags: {},
      source: 'organization',
      unknown: '',
      ...changes,
    },
  }
}

function seeing(...seen: readonly (TableRow | ReturnType<typeof volume>)[]): Source {
  return async function* () {
    yield* seen
  }
}

async function readAccounts(bodies: readonly string[]): Promise<DiscoveredAccount[]> {
  return (await readRows(bodies, 'aws_account/1')).map((one) => DiscoveredAccount.parse(one))
}

test('publishes rows of other tables beside events, stamped with the start of the attempt', async () => {
  const sink = collectingSink()
  const { run } = await runStub({
    sources: { source: seeing(volume('vol-1'), row('111111111111'), volume('vol-2'), row('222222222222')) },
    sink,
  })
  expect(await readAccounts(sink.bodies)).toEqual([
    { ...row('111111111111').row, observed_at: run.started_at },
    { ...row('222222222222').row, observed_at: run.started_at },
  ])
})

test('names the blocks of such rows in the record, and counts only events as events', async () => {
  const sink = collectingSink()
  const { run } = await runStub({ sources: { source: seeing(volume('vol-1'), row('111111111111')) }, sink })
  const sent = sink.bodies.map((body) => parseEnvelope(body).envelope)
  const published = sent.filter(({ schema }) => schema !== 'collector_run/1')
  expect(published.map(({ schema, format }) => [schema, format])).toEqual([
    ['resource_event/1', 'Native'],
    ['aws_account/1', 'JSONEachRow'],
  ])
  expect(run).toMatchObject({
    status: 'complete',
    events: 1,
    region_events: { 'eu-west-1': 1 },
    block_ids: published.map(({ block_id }) => block_id),
    block_rows: [1, 1],
  })
})

test('packs many rows into few blocks, each of which fits into a message', async () => {
  const sink = collectingSink()
  const tags = { text: 'x'.repeat(1_000) }
  const rows = Array.from({ length: 1_000 }, (_, index) => row(String(index).padStart(12, '0'), { tags }))
  const { run } = await runStub({ sources: { source: seeing(...rows) }, sink })
  expect(await readAccounts(sink.bodies)).toHaveLength(1_000)
  expect(run.block_rows.length).toBeGreaterThan(1)
  expect(run.block_rows.length).toBeLessThan(10)
  expect(run.block_rows.reduce((sum, count) => sum + count, 0)).toBe(1_000)
})

test('rejects a row by name that its table cannot hold, and goes on', async () => {
  const sink = collectingSink()
  const tooLarge = row('333333333333', { tags: { text: 'x'.repeat(700 * 1024) } })
  const { run } = await runStub({
    sources: { source: seeing(row('111111111111', { source: '' }), tooLarge, row('222222222222')) },
    sink,
  })
  expect((await readAccounts(sink.bodies)).map((account) => account.aws_account_id)).toEqual(['222222222222'])
  expect(run).toMatchObject({ status: 'partial', rejected: 2 })
  expect(run.errors).toEqual([
    expect.stringMatching(/aws_account\/1 \{"aws_account_id":"111111111111".* was rejected: .*source/s),
    expect.stringMatching(
      /aws_account\/1 \{"aws_account_id":"333333333333".* was rejected: it has \d+ bytes/,
    ),
  ])
})

test('has failed when the queue does not take the rows, though it took the events', async () => {
  const sink = refusingSink({ refuses: 'aws_account/1' })
  const { run } = await runStub({ sources: { source: seeing(volume('vol-1'), row('111111111111')) }, sink })
  expect(run).toMatchObject({
    status: 'failed',
    region_outcomes: { 'eu-west-1': 'partial' },
    events: 1,
    block_rows: [1],
  })
  expect(run.errors[0]).toBe('SQS at the test did not take a block')
})

test('a source that could not look at a part is partial and names it, and the rest goes on', async () => {
  const source: Source = async function* (context) {
    context.incomplete('tags of vol-1', awsError('AccessDenied'))
    yield volume('vol-1')
  }
  const { run, events } = await runStub({ sources: { source } })
  expect(events).toHaveLength(1)
  expect(run).toMatchObject({ status: 'partial', rejected: 0, region_outcomes: { 'eu-west-1': 'partial' } })
  expect(run.errors).toEqual([
    expect.stringMatching('^eu-west-1: source: tags of vol-1: AccessDenied: AccessDenied happened'),
  ])
})

test('names the first hundred parts that could not be looked at, and says how many there are', async () => {
  const source: Source = async function* (context) {
    for (let index = 0; index < 250; index++) context.incomplete(`part ${index}`, awsError('AccessDenied'))
    yield volume('vol-1')
  }
  const { run } = await runStub({ sources: { source } })
  expect(run.errors[99]).toContain('part 99')
  expect(run.errors.slice(100)).toEqual(['and 150 more'])
  expect(run.region_outcomes).toEqual({ 'eu-west-1': 'partial' })
})
