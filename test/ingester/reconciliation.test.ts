import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Row } from './factories.ts'
import {
  blockEntry,
  blockId,
  dispatched,
  finalRecord,
  inMinutes,
  type PublishedBlock,
  recordsIn,
  rowEntry,
  uniqueSlot,
} from './reconciliation-rows.ts'
import { usePipeline } from './use-pipeline.ts'

const stage = usePipeline()

const { recordRuns, recordEntries } = recordsIn(stage)

function block(rows = 5): PublishedBlock {
  return { id: blockId(), rows }
}

const SUMMARY = `outcome, reconciliation, published_rows AS published, stored_rows AS stored, dead_rows AS dead,
  missing_blocks AS missing`

async function attemptOf(run: Row) {
  const [summary] = await stage.polo.select(
    `SELECT ${SUMMARY} FROM collector_attempts WHERE run_id = '${run.run_id}'`,
  )
  return summary
}

async function jobsOf({ slot }: Row) {
  return await stage.polo.select(
    `SELECT run_id, outcome, reconciliation, errors FROM collector_jobs
     WHERE slot = parseDateTime64BestEffort('${slot}', 3, 'UTC')`,
  )
}

test('a run whose record overtook its blocks is pending, and names them', async () => {
  const [first, second] = [block(), block(7)]
  const run = finalRecord([first, second])
  await recordRuns(run)
  await recordEntries(blockEntry(first, 'stored'))
  expect(await attemptOf(run)).toEqual({
    outcome: 'complete',
    reconciliation: 'pending',
    published: 12,
    stored: 5,
    dead: 0,
    missing: [second.id],
  })
})

test('a run whose blocks are all stored is reconciled', async () => {
  const blocks = [block(), block(7)]
  const run = finalRecord(blocks)
  await recordEntries(...blocks.map((stored) => blockEntry(stored, 'stored')))
  await recordRuns(run)
  expect(await attemptOf(run)).toMatchObject({
    reconciliation: 'reconciled',
    stored: 12,
    dead: 0,
    missing: [],
  })
})

test('a run without blocks is reconciled', async () => {
  const run = finalRecord([])
  await recordRuns(run)
  expect(await attemptOf(run)).toEqual({
    outcome: 'complete',
    reconciliation: 'reconciled',
    published: 0,
    stored: 0,
    dead: 0,
    missing: [],
  })
})

test('rows that were dead-lettered are accounted for', async () => {
  const partly = block()
  const run = finalRecord([partly])
  await recordRuns(run)
  await recordEntries(blockEntry(partly, 'stored'), rowEntry(partly, 1, 'dead'), rowEntry(partly, 4, 'dead'))
  expect(await attemptOf(run)).toMatchObject({ reconciliation: 'reconciled', stored: 3, dead: 2 })
})

test('a block that was dead-lettered whole is accounted for', async () => {
  const dead = block()
  const run = finalRecord([dead])
  await recordRuns(run)
  await recordEntries(blockEntry(dead, 'dead'))
  expect(await attemptOf(run)).toMatchObject({ reconciliation: 'reconciled', stored: 0, dead: 5 })
})

test('a dead row that was sent back and stored moves to the stored ones', async () => {
  const partly = block()
  const run = finalRecord([partly])
  await recordRuns(run)
  await recordEntries(blockEntry(partly, 'stored'), rowEntry(partly, 1, 'dead'), rowEntry(partly, 4, 'dead'))
  await recordEntries(rowEntry(partly, 4, 'stored'))
  expect(await attemptOf(run)).toMatchObject({ reconciliation: 'reconciled', stored: 4, dead: 1 })
})

test('a stored row stays stored when its death is recorded later', async () => {
  const partly = block()
  const run = finalRecord([partly])
  await recordRuns(run)
  await recordEntries(rowEntry(partly, 4, 'stored'))
  await recordEntries(blockEntry(partly, 'stored'), rowEntry(partly, 4, 'dead'))
  expect(await attemptOf(run)).toMatchObject({ stored: 5, dead: 0 })
})

test('a dead block that is sent back in parts moves to the stored ones part by part', async () => {
  const dead = block()
  const run = finalRecord([dead])
  await recordRuns(run)
  await recordEntries(blockEntry(dead, 'dead'))
  await recordEntries(rowEntry(dead, 0, 'stored'), rowEntry(dead, 1, 'stored'), rowEntry(dead, 2, 'dead'))
  expect(await attemptOf(run)).toMatchObject({ reconciliation: 'reconciled', stored: 2, dead: 3 })
  await recordEntries(...[2, 3, 4].map((row) => rowEntry(dead, row, 'stored')))
  expect(await attemptOf(run)).toMatchObject({ reconciliation: 'reconciled', stored: 5, dead: 0 })
})

test('a dead block that is sent back whole and stored is stored', async () => {
  const dead = block()
  const run = finalRecord([dead])
  await recordRuns(run)
  await recordEntries(blockEntry(dead, 'dead'))
  await recordEntries(blockEntry(dead, 'stored'))
  expect(await attemptOf(run)).toMatchObject({ reconciliation: 'reconciled', stored: 5, dead: 0 })
})

test.each<[string, (published: PublishedBlock) => Row[]]>([
  ['fewer rows than were published', ({ id }) => [blockEntry({ id, rows: 4 }, 'stored')]],
  ['more rows than were published', ({ id }) => [blockEntry({ id, rows: 6 }, 'dead')]],
  [
    'more dead rows than there are',
    (published) => [
      blockEntry(published, 'stored'),
      ...Array.from({ length: 7 }, (_, row) => rowEntry(published, row, 'dead')),
    ],
  ],
])('a block of which the ledger has %s is not accounted for', async (_, entriesOf) => {
  const published = block()
  const run = finalRecord([published])
  await recordRuns(run)
  await recordEntries(...entriesOf(published))
  expect(await attemptOf(run)).toMatchObject({ reconciliation: 'pending', missing: [published.id] })
})

test('blocks that are not there by the deadline are missing', async () => {
  const run = finalRecord([block()], { deadline: inMinutes(-1) })
  await recordRuns(run)
  expect(await attemptOf(run)).toMatchObject({ outcome: 'complete', reconciliation: 'missing' })
})

test('a run that was reconciled stays so after its deadline', async () => {
  const stored = block()
  const run = finalRecord([stored], { deadline: inMinutes(-1) })
  await recordRuns(run)
  await recordEntries(blockEntry(stored, 'stored'))
  expect(await attemptOf(run)).toMatchObject({ reconciliation: 'reconciled' })
})

test('a job that was handed out is pending until its deadline', async () => {
  const job = dispatched()
  await recordRuns(job)
  expect(await jobsOf(job)).toEqual([
    { run_id: job.run_id, outcome: 'pending', reconciliation: 'pending', errors: [] },
  ])
})

test('a job that has not reported by its deadline has failed', async () => {
  const job = dispatched({ deadline: inMinutes(-1) })
  await recordRuns(job)
  expect(await jobsOf(job)).toEqual([
    {
      run_id: job.run_id,
      outcome: 'failed',
      reconciliation: 'missing',
      errors: ['the job was dispatched and never reported back'],
    },
  ])
})

test("a job is its attempt's once that has reported, whenever it was handed out", async () => {
  const slot = uniqueSlot()
  const started_at = '2026-03-01T10:00:02.000Z'
  const run = finalRecord([], { slot, started_at, status: 'denied', errors: ['no'] })
  const again = dispatched({ slot, started_at: '2026-03-01T10:05:00.000Z', deadline: inMinutes(-1) })
  await recordRuns(again, run)
  expect(await jobsOf(run)).toEqual([
    { run_id: run.run_id, outcome: 'denied', reconciliation: 'reconciled', errors: ['no'] },
  ])
})

test('handing a job out is no attempt once one has reported', async () => {
  const slot = uniqueSlot()
  const run = finalRecord([], { slot })
  const handedOut = dispatched({ slot, deadline: inMinutes(-1) })
  await recordRuns(handedOut, run)
  expect(
    await stage.polo.select(
      `SELECT run_id FROM collector_attempts WHERE slot = parseDateTime64BestEffort('${slot}', 3, 'UTC')`,
    ),
  ).toEqual([{ run_id: run.run_id }])
})

test('a retry wins over the attempt that failed before it, in whatever order they report', async () => {
  const slot = uniqueSlot()
  const first = finalRecord([], { slot, status: 'failed', started_at: '2026-03-01T10:00:02.000Z' })
  const retry = finalRecord([], { slot, started_at: '2026-03-01T10:01:02.000Z' })
  await recordRuns(retry)
  await recordRuns(first)
  expect(await jobsOf(first)).toEqual([
    expect.objectContaining({ run_id: retry.run_id, outcome: 'complete' }),
  ])
})

test('each of two attempts at a job is accounted for by its own blocks', async () => {
  const slot = uniqueSlot()
  const [one, other] = [block(3), block(4)]
  const [first, second] = [finalRecord([one], { slot }), finalRecord([other], { slot })]
  await recordRuns(first, second)
  await recordEntries(blockEntry(other, 'stored'))
  expect(await attemptOf(first)).toMatchObject({ reconciliation: 'pending', published: 3, stored: 0 })
  expect(await attemptOf(second)).toMatchObject({ reconciliation: 'reconciled', published: 4, stored: 4 })
  expect(await jobsOf(first)).toHaveLength(1)
})

test('does not depend on how the session joins', async () => {
  const run = finalRecord([])
  await recordRuns(run)
  const [summary] = await stage.polo.select(
    `SELECT reconciliation FROM collector_jobs WHERE run_id = '${run.run_id}' SETTINGS join_use_nulls = 1`,
  )
  expect(summary).toEqual({ reconciliation: 'reconciled' })
})

/** What may have happened to a block: how it first ended, which rows of it died, and which of those came back. */
const History = fc.integer({ min: 1, max: 6 }).chain((rows) =>
  fc.record({
    rows: fc.constant(rows),
    first: fc.constantFrom('unseen', 'stored', 'dead'),
    died: fc.subarray(Array.from({ length: rows - 1 }, (_, row) => row)),
    returned: fc.subarray(Array.from({ length: rows }, (_, row) => row)),
    times: fc.integer({ min: 1, max: 3 }),
  }),
)
type BlockHistory = typeof History extends fc.Arbitrary<infer Value> ? Value : never

function tell({ rows, first, died, returned, times }: BlockHistory) {
  const published = block(rows)
  const dead = first === 'dead' ? Array.from({ length: rows }, (_, row) => row) : died
  const back = returned.filter((row) => dead.includes(row))
  const entries =
    first === 'unseen'
      ? []
      : [
          blockEntry(published, first),
          ...(first === 'stored' ? dead.map((row) => rowEntry(published, row, 'dead')) : []),
          ...back.map((row) => rowEntry(published, row, 'stored')),
        ]
  const deadRows = first === 'unseen' ? 0 : dead.length - back.length
  const storedRows = first === 'unseen' ? 0 : rows - deadRows
  return { published, entries: Array.from({ length: times }, () => entries).flat(), deadRows, storedRows }
}

test('published = stored + dead once every block is known, whatever happened to each', async () => {
  const histories = fc.sample(fc.array(History, { maxLength: 5 }), 150)
  const runs = histories.map((history) => {
    const blocks = history.map(tell)
    return { blocks, row: finalRecord(blocks.map(({ published }) => published)) }
  })
  await recordRuns(...runs.map(({ row }) => row))
  const entries = runs.flatMap(({ blocks }) => blocks.flatMap((told) => told.entries))
  const [shuffled = []] = fc.sample(fc.shuffledSubarray(entries, { minLength: entries.length }), 1)
  for (const part of [0, 1, 2]) await recordEntries(...shuffled.filter((_, index) => index % 3 === part))

  const found = await stage.polo.select(`SELECT run_id, ${SUMMARY} FROM collector_attempts`)
  const byRun = new Map(found.map(({ run_id, ...summary }) => [run_id, summary]))
  for (const { blocks, row } of runs) {
    const sum = (count: (told: (typeof blocks)[number]) => number) =>
      blocks.reduce((total, told) => total + count(told), 0)
    const unseen = blocks.filter((told) => told.entries.length === 0).map(({ published }) => published.id)
    expect(byRun.get(row.run_id)).toMatchObject({
      reconciliation: unseen.length === 0 ? 'reconciled' : 'pending',
      published: sum(({ published }) => published.rows),
      stored: sum(({ storedRows }) => storedRows),
      dead: sum(({ deadRows }) => deadRows),
      missing: expect.toSatisfy(
        (ids) => ids.length === unseen.length && unseen.every((id) => ids.includes(id)),
      ),
    })
  }
})
