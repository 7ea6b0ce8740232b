import { formatEnvelope, openBlock, parseEnvelope } from '@polo/core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { batch, blockOf, bodyOf, eventRow, eventRows, head, record, runRow } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})
afterEach(async () => {
  await polo.takeDeadLetters()
})

const BAD_TIME = { event_time: '2026-02-31T00:00:00.000Z' }
const BAD_VALUE = { value: 'hunter2' }

/** What the ledger says of a block that a run published. */
async function reconcile(body: string) {
  const { block_id, rows } = JSON.parse(body)
  const run = runRow({ block_ids: [block_id], block_rows: [rows] })
  const envelope = { schema: 'collector_run/1' }
  await polo.ingest(batch(record(await bodyOf([run], envelope), { sender: 'AROACONTROL' })))
  const [summary] = await polo.select(
    `SELECT published_rows AS published, stored_rows AS stored, dead_rows AS dead, length(missing_blocks) AS missing
     FROM collector_run_rows WHERE run_id = '${run.run_id}'`,
  )
  return summary
}

async function entriesOf(body: string) {
  return await polo.select(
    `SELECT entry, row, rows, outcome, reason, code FROM ingest_ledger FINAL
     WHERE root_block_id = '${JSON.parse(body).block_id}' ORDER BY entry, row`,
  )
}

/** Ingests a body and resolves to the bodies of its dead letters. */
async function ingest(body: string): Promise<string[]> {
  expect(await polo.ingest(batch(record(body)))).toEqual({ batchItemFailures: [] })
  return (await polo.takeDeadLetters()).map(({ Body }) => Body ?? '')
}

/** A dead letter whose rows a person put right. */
async function mend(letter: string, mended: (row: Record<string, unknown>) => Record<string, unknown>) {
  const { envelope, block } = parseEnvelope(letter)
  const lines = `${await openBlock(block)}`.trimEnd().split('\n')
  const { parent_block_id = '', root = { block_id: '', rows: 1, indices: [] } } = envelope
  const rows = lines.map((line) => mended(JSON.parse(line)))
  return formatEnvelope(head({ parent_block_id, root }), await blockOf(rows))
}

it('has one entry for a block that is stored, however often it is delivered', async () => {
  const body = await bodyOf(eventRows('stored', 40))
  await ingest(body)
  await ingest(body)
  expect(await entriesOf(body)).toEqual([
    { entry: 'block', row: 0, rows: 40, outcome: 'stored', reason: '', code: 0 },
  ])
  expect(await reconcile(body)).toEqual({ published: 40, stored: 40, dead: 0, missing: 0 })
})

it('counts each dead row of a block, and stored plus dead make what was published', async () => {
  const rows = eventRows('partly', 50)
  rows[3] = eventRow('partly-3', BAD_VALUE)
  rows[9] = eventRow('partly-9', BAD_TIME)
  const body = await bodyOf(rows)
  await ingest(body)
  expect(await entriesOf(body)).toEqual([
    { entry: 'block', row: 0, rows: 50, outcome: 'stored', reason: '', code: 0 },
    { entry: 'row', row: 3, rows: 1, outcome: 'dead', reason: 'rejected_rows', code: 72 },
    { entry: 'row', row: 9, rows: 1, outcome: 'dead', reason: 'rejected_rows', code: 41 },
  ])
  expect(await reconcile(body)).toEqual({ published: 50, stored: 48, dead: 2, missing: 0 })
})

it('names a dead row without its values', async () => {
  const body = await bodyOf([eventRow('secret-1', BAD_VALUE), eventRow('secret-2')])
  await ingest(body)
  const told = JSON.stringify(await polo.select('SELECT * FROM ingest_ledger'))
  expect(told).not.toContain('hunter2')
})

it('has one entry for a block of which every row is dead', async () => {
  const body = await bodyOf(eventRows('alldead', 30).map((row) => ({ ...row, ...BAD_TIME })))
  await ingest(body)
  expect(await entriesOf(body)).toMatchObject([{ entry: 'block', rows: 30, outcome: 'dead' }])
  expect(await reconcile(body)).toEqual({ published: 30, stored: 0, dead: 30, missing: 0 })
})

it('has a dead block where the bytes are not what the envelope claims, and none where there is no envelope', async () => {
  const body = await bodyOf(eventRows('corrupt', 5))
  await ingest(JSON.stringify({ ...JSON.parse(body), data: 'AAAA' }))
  expect(await entriesOf(body)).toMatchObject([{ entry: 'block', outcome: 'dead', reason: 'hash_mismatch' }])
  expect(await reconcile(body)).toEqual({ published: 5, stored: 0, dead: 5, missing: 0 })
  const [before] = await polo.select('SELECT count() AS n FROM ingest_ledger')
  await ingest('hello')
  expect(await polo.select('SELECT count() AS n FROM ingest_ledger')).toEqual([before])
})

it.each(['before', 'after'])('keeps a block stored when a corrupt copy of it arrives %s', async (when) => {
  const body = await bodyOf(eventRows(`copy-${when}`, 5))
  const corrupt = JSON.stringify({ ...JSON.parse(body), data: 'AAAA' })
  for (const one of when === 'before' ? [corrupt, body] : [body, corrupt]) await ingest(one)
  expect(await reconcile(body)).toEqual({ published: 5, stored: 5, dead: 0, missing: 0 })
})

it('keeps the root and the count when a dead letter is sent back as it is, again and again', async () => {
  const rows = eventRows('unmended', 20)
  rows[4] = eventRow('unmended-4', BAD_VALUE)
  rows[5] = eventRow('unmended-5', BAD_TIME)
  const body = await bodyOf(rows)
  const root = { block_id: JSON.parse(body).block_id, rows: 20, indices: [4, 5] }
  let [letter = ''] = await ingest(body)
  for (let round = 0; round < 3; round++) {
    const before = JSON.parse(letter)
    const [again = '', ...others] = await ingest(letter)
    expect(others).toEqual([])
    expect(JSON.parse(again)).toMatchObject({
      root,
      parent_block_id: before.block_id,
      created_at: before.created_at,
    })
    letter = again
  }
  expect(await polo.countRaw('unmended')).toBe(18)
  expect(await reconcile(body)).toEqual({ published: 20, stored: 18, dead: 2, missing: 0 })
})

it('moves rows from dead to stored when a mended dead letter is sent back', async () => {
  const rows = eventRows('mended', 20)
  rows[4] = eventRow('mended-4', BAD_VALUE)
  rows[5] = eventRow('mended-5', BAD_TIME)
  const body = await bodyOf(rows)
  const [letter = ''] = await ingest(body)
  const [still = ''] = await ingest(await mend(letter, (row) => ({ ...row, value: 8 })))
  expect(JSON.parse(still).root.indices).toEqual([5])
  expect(await reconcile(body)).toEqual({ published: 20, stored: 19, dead: 1, missing: 0 })
  expect(await ingest(await mend(still, (row) => ({ ...row, event_time: row.observed_at })))).toEqual([])
  expect(await reconcile(body)).toEqual({ published: 20, stored: 20, dead: 0, missing: 0 })
  expect(await polo.countRaw('mended')).toBe(20)
  await ingest(letter)
  expect(await reconcile(body)).toEqual({ published: 20, stored: 20, dead: 0, missing: 0 })
})

it('moves a block from dead to stored when all its rows come back mended, whole or in parts', async () => {
  for (const parts of [1, 2]) {
    const body = await bodyOf(eventRows(`whole${parts}`, 10).map((row) => ({ ...row, ...BAD_TIME })))
    const [letter = ''] = await ingest(body)
    const mended = await mend(letter, (row) => ({ ...row, event_time: row.observed_at }))
    for (const part of await split(mended, parts)) await ingest(part)
    expect(await reconcile(body)).toEqual({ published: 10, stored: 10, dead: 0, missing: 0 })
  }
})

it('does not lose count when a whole dead block comes back and is partly good', async () => {
  const body = await bodyOf(eventRows('halfway', 10).map((row) => ({ ...row, ...BAD_TIME })))
  const [letter = ''] = await ingest(body)
  await ingest(
    await mend(letter, (row) =>
      `${row.resource_id}`.endsWith('3') ? row : { ...row, event_time: row.observed_at },
    ),
  )
  expect(await reconcile(body)).toEqual({ published: 10, stored: 9, dead: 1, missing: 0 })
})

it('reports a published block that never arrived as missing', async () => {
  const body = await bodyOf(eventRows('never', 7))
  expect(await reconcile(body)).toEqual({ published: 7, stored: 0, dead: 0, missing: 1 })
})

/** A dead letter as several, as one that was too large is. */
async function split(letter: string, parts: number): Promise<string[]> {
  const { envelope, block } = parseEnvelope(letter)
  const lines = `${await openBlock(block)}`.trimEnd().split('\n')
  const size = Math.ceil(lines.length / parts)
  const { root = { block_id: '', rows: 1, indices: [] } } = envelope
  return await Promise.all(
    Array.from({ length: parts }, async (_, part) => {
      const slice = <Item>(items: readonly Item[]) => items.slice(part * size, (part + 1) * size)
      const piece = { ...root, indices: slice(root.indices) }
      return formatEnvelope(head({ root: piece }), await blockOf(slice(lines)))
    }),
  )
}
