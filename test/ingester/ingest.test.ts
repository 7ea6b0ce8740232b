import { zstdCompressSync } from 'node:zlib'
import { blockIdOf, formatEnvelope } from '@polo/core'
import { createIngester, type MessageReport } from '@polo/ingester'
import { afterEach, expect, it } from 'vitest'
import { accountRow, batch, blockOf, bodyOf, eventRow, eventRows, head, record, runRow } from './factories.ts'
import { usePipeline } from './use-pipeline.ts'

const stage = usePipeline({ empty: ['collector_runs', 'accounts_discovered'] })
afterEach(async () => {
  await stage.polo.takeDeadLetters()
})

const ACKNOWLEDGED = { batchItemFailures: [] }

/** A body whose data is `raw`, compressed, with the envelope's claims changed afterwards. */
function bodyOfBytes(data: Buffer, claims: { rows: number; [field: string]: unknown }): string {
  const block = { blockId: blockIdOf(data), rows: claims.rows, format: 'JSONEachRow', data } as const
  return JSON.stringify({ ...JSON.parse(formatEnvelope(head(), block)), ...claims })
}

it('stores a block once, however often it is delivered', async () => {
  const message = record(await bodyOf(eventRows('redelivered', 500)))
  for (let delivery = 0; delivery < 3; delivery++)
    expect(await stage.polo.ingest(batch(message))).toEqual(ACKNOWLEDGED)
  expect(await stage.polo.countRaw('redelivered')).toBe(500)
})

it('stores a block once when a batch holds it several times', async () => {
  const body = await bodyOf(eventRows('duplicated', 300))
  await stage.polo.ingest(batch(...Array.from({ length: 8 }, () => record(body))))
  expect(await stage.polo.countRaw('duplicated')).toBe(300)
})

it('stores a block once whose rows lie in many months, more than ClickHouse takes by default', async () => {
  const rows = Array.from({ length: 150 }, (_, month) =>
    eventRow(`months-${month}`, { event_time: new Date(Date.UTC(2030, month, 1)).toISOString() }),
  )
  const message = record(await bodyOf(rows))
  for (let delivery = 0; delivery < 2; delivery++) await stage.polo.ingest(batch(message))
  expect(await stage.polo.countRaw('months')).toBe(150)
})

it('stores a block large enough to be inserted synchronously, once', async () => {
  const rows = eventRows('large', 2_000).map((row) => ({
    ...row,
    actor_name: blockIdOf(Buffer.from(`${row.event_id}`)),
  }))
  const body = await bodyOf(rows)
  expect(body.length).toBeGreaterThan(100_000)
  for (let delivery = 0; delivery < 2; delivery++) await stage.polo.ingest(batch(record(body)))
  expect(await stage.polo.countRaw('large')).toBe(2_000)
})

it('stores rows with empty lines between them, and with fields left to their defaults', async () => {
  const { unit: _, properties: __, ...row } = eventRow('blank-1')
  const data = zstdCompressSync(
    Buffer.from(`\n${JSON.stringify(row)}\n\n\n${JSON.stringify(eventRow('blank-2'))}`),
  )
  expect(await stage.polo.ingest(batch(record(bodyOfBytes(data, { rows: 2 }))))).toEqual(ACKNOWLEDGED)
  expect(await stage.polo.countRaw('blank')).toBe(2)
})

it('stores what stands in several zstd frames', async () => {
  const frames = ['frames-1', 'frames-2'].map((key) => zstdCompressSync(`${JSON.stringify(eventRow(key))}\n`))
  await stage.polo.ingest(batch(record(bodyOfBytes(Buffer.concat(frames), { rows: 2 }))))
  expect(await stage.polo.countRaw('frames')).toBe(2)
})

it.each([
  ['no JSON', 'invalid_envelope', async () => 'hello'],
  ['an empty object', 'invalid_envelope', async () => '{}'],
  ['a field that is not known', 'invalid_envelope', async () => extended({ extra: 1 })],
  [
    'a time that the ledger cannot hold',
    'invalid_envelope',
    async () => extended({ created_at: '1999-01-01T00:00:00.000Z' }),
  ],
  [
    'indices that do not match',
    'invalid_envelope',
    async () => extended({ root: { block_id: 'x', rows: 9, indices: [1, 2] } }),
  ],
  [
    'the same index twice',
    'invalid_envelope',
    async () => extended({ rows: 2, root: { block_id: 'x', rows: 9, indices: [1, 1] } }),
  ],
  [
    'an index beyond the root',
    'invalid_envelope',
    async () => extended({ root: { block_id: 'x', rows: 9, indices: [9] } }),
  ],
  ['more rows than a block holds', 'invalid_envelope', async () => extended({ rows: 200_001 })],
  ['a wrong hash', 'hash_mismatch', async () => extended({ block_id: '0'.repeat(64) })],
  ['truncated data', 'hash_mismatch', async () => truncated()],
  [
    'a truncated zstd frame',
    'undecodable',
    async () => bodyOfBytes(zstdCompressSync('{"a":1}\n'.repeat(99)).subarray(0, -5), { rows: 99 }),
  ],
  ['data that is not zstd', 'undecodable', async () => bodyOfBytes(Buffer.from('{"a":1}\n'), { rows: 1 })],
  ['a wrong row count', 'row_count_mismatch', async () => extended({ rows: 2 })],
  [
    'a bomb',
    'too_large',
    async () => bodyOfBytes(zstdCompressSync(Buffer.alloc(80 * 1024 * 1024, 10)), { rows: 1 }),
  ],
  ['two objects on a line', 'malformed_rows', async () => bodyOf(['{"a":1}{"a":2}'])],
  ['a line that is no object', 'malformed_rows', async () => bodyOf(['oops'])],
  ['an array of rows', 'malformed_rows', async () => bodyOf(['[{"a":1}]'])],
])('buries a message with %s as it is, and stores the rest of the batch', async (name, reason, makeBody) => {
  const body = await makeBody()
  const prefix = `beside-${name.replaceAll(' ', '-')}`
  const beside = [
    record(await bodyOf(eventRows(`${prefix}-a`, 3))),
    record(await bodyOf(eventRows(`${prefix}-b`, 3))),
  ]
  const [first, second] = beside
  if (!first || !second) throw new Error('unreachable')
  expect(await stage.polo.ingest(batch(first, record(body), second))).toEqual(ACKNOWLEDGED)
  expect(await stage.polo.countRaw(prefix)).toBe(6)
  const letters = await stage.polo.takeDeadLetters()
  expect(letters.map(({ Body }) => Body)).toEqual([body])
  expect(letters[0]?.MessageAttributes).toMatchObject({
    reason: { StringValue: reason },
    code: { StringValue: '0' },
    message: { StringValue: expect.stringMatching(/./) },
  })
})

it.each([
  ['schema', { schema: 'resource_event/2' }],
  ['version', { v: 2 }],
  ['format', { format: 'RowBinary' }],
])('hands back a message whose %s a later release may know', async (_, changed) => {
  const early = record(await extended(changed))
  const other = record(await bodyOf(eventRows(`early-${Object.keys(changed)}`, 2)))
  expect(await stage.polo.ingest(batch(early, other))).toEqual({
    batchItemFailures: [{ itemIdentifier: early.messageId }],
  })
  expect(await stage.polo.countRaw(`early-${Object.keys(changed)}`)).toBe(2)
  expect(await stage.polo.takeDeadLetters()).toEqual([])
})

it('takes control records only from senders that may send them', async () => {
  const allowed = runRow()
  const refused = runRow()
  const envelope = { schema: 'collector_run/1' }
  await stage.polo.ingest(
    batch(
      record(await bodyOf([allowed], envelope), { sender: 'AROACONTROL:any-session' }),
      record(await bodyOf([refused], envelope), { sender: 'AROACOLLECTOR:config_ebs' }),
      record(await bodyOf([accountRow()], { schema: 'aws_account/1' }), { sender: 'AROACONTROLLER' }),
    ),
  )
  expect(await stage.polo.select('SELECT toString(run_id) AS run_id FROM collector_runs')).toEqual([
    { run_id: allowed.run_id },
  ])
  expect(await stage.polo.select('SELECT * FROM accounts_discovered')).toEqual([])
  const letters = await stage.polo.takeDeadLetters()
  expect(letters.map(({ MessageAttributes: about }) => about?.reason?.StringValue)).toEqual([
    'sender_not_allowed',
    'sender_not_allowed',
  ])
})

it('takes a control schema from its own senders only, where each has a list', async () => {
  const controlSenders = { 'collector_run/1': ['AROACOLLECTOR'], 'aws_account/1': ['AROADISCOVERY'] }
  const ingest = createIngester({ ...stage.polo, controlSenders })
  const accountOf = async (sender: string) =>
    record(await bodyOf([accountRow({ aws_account_id: sender })], { schema: 'aws_account/1' }), {
      sender: `${sender}:session`,
    })
  await ingest(batch(await accountOf('AROADISCOVERY'), await accountOf('AROACOLLECTOR')))
  expect(await stage.polo.select('SELECT aws_account_id AS id FROM accounts_discovered')).toEqual([
    { id: 'AROADISCOVERY' },
  ])
  expect(await stage.polo.takeDeadLetters()).toHaveLength(1)

  const nobodys = createIngester({ ...stage.polo, controlSenders: { 'aws_account/1': ['AROADISCOVERY'] } })
  await nobodys(
    batch(record(await bodyOf([runRow()], { schema: 'collector_run/1' }), { sender: 'AROADISCOVERY' })),
  )
  expect(await stage.polo.takeDeadLetters()).toHaveLength(1)
})

it('hands back a message whose dead letter the queue does not take, and only that', async () => {
  const ingest = createIngester({
    ...stage.polo,
    deadLetterQueueUrl: `${stage.polo.deadLetterQueueUrl}-missing`,
  })
  const bad = record('hello')
  const good = record(await bodyOf(eventRows('refused', 2)))
  expect(await ingest(batch(bad, good))).toEqual({ batchItemFailures: [{ itemIdentifier: bad.messageId }] })
  expect(await stage.polo.countRaw('refused')).toBe(2)
})

it('hands back what it had no time for', async () => {
  const message = record(await bodyOf(eventRows('late', 2)))
  const response = await stage.polo.ingest(batch(message), { getRemainingTimeInMillis: () => 0 })
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: message.messageId }] })
  expect(await stage.polo.countRaw('late')).toBe(0)
})

it('reports each message without its rows', async () => {
  const reports: MessageReport[] = []
  const ingest = createIngester({ ...stage.polo, onMessage: (report) => reports.push(report) })
  const rows = [eventRow('reports-1'), eventRow('reports-2', { value: 'hunter2' })]
  await ingest(
    batch(record(await bodyOf([eventRow('reports-3')])), record(await bodyOf(rows)), record('hunter2')),
  )
  const told = reports.map(({ outcome, reason, code, rowsStored, rowsDead }) => [
    outcome,
    reason,
    code,
    rowsStored,
    rowsDead,
  ])
  expect(told).toEqual([
    ['stored', '', 0, 1, 0],
    ['partly_stored', 'rejected_rows', 72, 1, 1],
    ['dead', 'invalid_envelope', 0, 0, 0],
  ])
  expect(JSON.stringify(reports)).not.toContain('hunter2')
})

/** A valid body with other claims. */
async function extended(claims: Record<string, unknown>): Promise<string> {
  return JSON.stringify({ ...JSON.parse(await bodyOf([eventRow('claims')])), ...claims })
}

async function truncated(): Promise<string> {
  const { data } = await blockOf(eventRows('truncated', 50))
  return extended({ rows: 50, data: data.subarray(0, -10).toString('base64') })
}
