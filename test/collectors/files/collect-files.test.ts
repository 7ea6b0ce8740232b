import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { collectFiles, MissingFileError, NothingToReadError, PublishError } from '@polo/collectors'
import { parseConfig } from '@polo/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { fixture, fixturePath, type Json } from '../lifecycle/lifecycle-events.ts'
import { readEvents, readRuns } from '../run-stub.ts'
import { findReader } from './find-reader.ts'

const ACCOUNT = '123837392027'
const SLOT = new Date('2026-03-01T10:00:00Z')
const RECORD = fixture('cloudtrail-invictus/CreateSnapshot.json')

let root: string
let directory: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'polo-collect-files-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))
beforeEach(async () => {
  directory = join(root, crypto.randomUUID())
  await mkdir(directory)
})
afterEach(() => rm(directory, { recursive: true, force: true }))

interface Circumstances {
  readonly days?: number
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Refuses every block but records of runs. */
  readonly isFull?: boolean
  readonly onSend?: (bodies: readonly string[]) => void
}

async function collect(paths: readonly string[], circumstances: Circumstances = {}) {
  const { days = 4_000, signal = new AbortController().signal, timeoutMs = 600_000 } = circumstances
  const bodies: string[] = []
  const sink = {
    async send(body: string) {
      if (circumstances.isFull && body.includes('resource_event/1'))
        throw new PublishError('the queue is full')
      bodies.push(body)
      circumstances.onSend?.(bodies)
    },
  }
  const { runs, summary } = await collectFiles({
    reader: findReader('lifecycle'),
    paths,
    slot: SLOT,
    sink,
    config: parseConfig({ retentionDays: { lifecycle: days } }),
    timeoutMs,
    signal,
  })
  return { runs, summary, bodies, events: await readEvents(bodies), sent: await readRuns(bodies) }
}

async function write(name: string, content: unknown): Promise<string> {
  const path = join(directory, name)
  await writeFile(
    path,
    typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
  )
  return path
}

const recordOf = (changes: Json): Json => ({ ...RECORD, eventID: crypto.randomUUID(), ...changes })

it('publishes what a trail’s directory holds, with a run that accounts for it', async () => {
  const { runs, summary, events, sent } = await collect([fixturePath('cloudtrail-invictus/trail')])
  expect(summary).toEqual({
    files: 2,
    other_files: 0,
    records: 23,
    events: 2,
    left_out: 21,
    expired: 0,
    unreadable: 0,
    problems: [],
  })
  expect(events.map(({ event_action }) => event_action)).toEqual(['CreateVolume', 'CreateNetworkInterface'])
  expect(runs).toMatchObject([
    {
      collector: 'lifecycle',
      scope: 'account',
      aws_account_id: ACCOUNT,
      slot: SLOT.toISOString(),
      status: 'complete',
      region_outcomes: { 'us-east-1': 'complete' },
      region_events: { 'us-east-1': 2 },
      events: 2,
      rejected: 0,
      block_ids: [expect.any(String)],
      block_rows: [2],
      api_calls: {},
      errors: [],
      notes: ['us-east-1: 23 records read from files, 21 of no interest to lifecycle'],
    },
  ])
  // The first says that it has begun: who is killed meanwhile has failed.
  expect(sent.map(({ status }) => status)).toEqual(['dispatched', 'complete'])
  expect(sent.at(-1)).toEqual(runs[0])
})

it('makes a run of each account, of those without an event of interest, too', async () => {
  const path = await write('several.json', [
    recordOf({ recipientAccountId: '111122223333', awsRegion: 'eu-west-1' }),
    recordOf({ recipientAccountId: '222233334444', eventName: 'DescribeInstances' }),
    recordOf({ recipientAccountId: '111122223333' }),
  ])
  const { runs } = await collect([path])
  expect(
    runs.map(({ aws_account_id, events, region_events }) => [aws_account_id, events, region_events]),
  ).toEqual([
    ['111122223333', 4, { 'eu-west-1': 2, 'us-east-1': 2 }],
    ['222233334444', 0, { 'us-east-1': 0 }],
  ])
})

it('names every row of many accounts in the blocks of its own account', async () => {
  const accounts = Array.from({ length: 30 }, (_, index) => String(100_000_000_000 + index))
  const records = Array.from({ length: 300 }, (_, index) =>
    recordOf({ recipientAccountId: accounts[index % 30] }),
  )
  const { runs, events } = await collect([await write('mixed.json', { Records: records })])
  expect(runs).toHaveLength(30)
  expect(events).toHaveLength(600)
  for (const run of runs) {
    expect(run).toMatchObject({ status: 'complete', events: 20 })
    expect(run.block_rows.reduce((sum, rows) => sum + rows, 0)).toBe(20)
  }
  expect(new Set(runs.flatMap(({ block_ids }) => block_ids)).size).toBe(
    runs.flatMap(({ block_ids }) => block_ids).length,
  )
})

it('is not complete where something could not be read, of the account that the file is of', async () => {
  const cut = gzipSync(JSON.stringify({ Records: [RECORD] })).subarray(0, -20)
  const paths = [
    await write('111122223333_CloudTrail_eu-west-1_20260301T1205Z_x.json.gz', cut),
    await write('of-one.jsonl', `${JSON.stringify(RECORD)}\nhello`),
  ]
  const { runs, summary } = await collect(paths)
  expect(summary.unreadable).toBeGreaterThan(1)
  const [cutOff, ofOne] = runs.toSorted((a, b) => a.aws_account_id.localeCompare(b.aws_account_id))
  expect(cutOff).toMatchObject({
    aws_account_id: '111122223333',
    status: 'partial',
    region_outcomes: { 'eu-west-1': 'partial' },
  })
  expect(cutOff?.errors.join()).toContain('it cannot be read to its end: unexpected end of file')
  expect(ofOne).toMatchObject({
    aws_account_id: ACCOUNT,
    status: 'partial',
    region_outcomes: { 'us-east-1': 'complete', unknown: 'partial' },
    rejected: 1,
    errors: [`unknown: ${paths[1]}: line 2: neither an object nor a list`],
  })
})

it('names the first of very many things that cannot be read, and counts the others', async () => {
  const { runs, summary } = await collect([
    await write('many.jsonl', [JSON.stringify(RECORD), ...Array(500).fill('hello')].join('\n')),
  ])
  expect(summary).toMatchObject({ unreadable: 500, records: 1 })
  expect(summary.problems).toHaveLength(100)
  expect(runs).toMatchObject([{ status: 'partial', rejected: 500 }])
  expect(runs[0]?.errors.at(-1)).toBe('and 400 more')
})

it('takes no run for complete where a file may have been of any account', async () => {
  const { runs } = await collect([await write('a.json', RECORD), await write('b.json', 'hello')])
  expect(runs).toMatchObject([{ status: 'partial', errors: [expect.stringContaining('b.json: line 1')] }])
})

it('leaves out what is older than events are kept, and says so', async () => {
  const { runs, summary, events } = await collect([await write('old.json', RECORD)], { days: 100 })
  expect(summary).toMatchObject({ records: 1, expired: 1, events: 0 })
  expect(events).toEqual([])
  expect(runs).toMatchObject([
    {
      status: 'complete',
      notes: [expect.anything(), expect.stringContaining('older than the 100 days that they are kept')],
    },
  ])
})

it('reports what it has when it is interrupted', async () => {
  const records = Array.from({ length: 2_000 }, () => recordOf({}))
  const controller = new AbortController()
  const paths = await Promise.all([0, 1, 2].map((index) => write(`${index}.json`, { Records: records })))
  const { runs } = await collect(paths, {
    signal: controller.signal,
    onSend: () => controller.abort(new Error('interrupted')),
  })
  expect(runs).toMatchObject([
    {
      status: 'partial',
      errors: ['stopped early: interrupted'],
      region_outcomes: { 'us-east-1': 'partial' },
    },
  ])
})

it('reports that the queue takes no block', async () => {
  const { runs } = await collect([await write('a.json', RECORD)], { isFull: true })
  expect(runs).toMatchObject([
    { status: 'failed', events: 0, block_ids: [], errors: [expect.stringContaining('the queue is full')] },
  ])
})

it.each<[string, () => Promise<string>, string]>([
  ['a directory without files', async () => directory, 'there is no file to read'],
  [
    'a file without records',
    () => write('empty.json', { Records: [] }),
    'there is no record in it. Expected are CloudTrail',
  ],
  [
    'a file that is no JSON',
    () => write('text.json', 'hello'),
    'text.json: line 1: neither an object nor a list',
  ],
  [
    'other JSON',
    () => write('other.json', { a: 1 }),
    "neither a record of CloudTrail's nor an event of EventBridge's",
  ],
])('says of %s what it should be', async (_, make, words) => {
  const path = await make()
  await expect(collect([path])).rejects.toThrow(NothingToReadError)
  await expect(collect([path])).rejects.toThrow(words)
  await expect(collect([path])).rejects.toThrow(path)
})

it('names a file that is missing', async () => {
  await expect(collect([join(directory, 'nope.json')])).rejects.toThrow(MissingFileError)
})
