import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  formatEnvelope,
  freezeEncodedRows,
  NativeEncoder,
  openBlock,
  parseEnvelope,
  QUEUED_SCHEMAS,
  type RowError,
  readBlockRows,
} from '@polo/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { summarize } from '../../packages/cli/src/dead-letters/dead-letters.ts'
import { KEY_COLUMNS } from '../../packages/cli/src/dead-letters/key-columns.ts'
import { applyMergePatch, readMergePatch } from '../../packages/cli/src/dead-letters/merge-patch.ts'
import { type PlanOptions, planRedrive } from '../../packages/cli/src/dead-letters/plan-redrive.ts'
import { blockOf, bodyOf, eventRow, eventRows, head, type Row } from '../ingester/factories.ts'

const PARENT = 'f'.repeat(64)
const EMPTY_ACCOUNT = { column: 'aws_account_id', code: 469, message: 'the value is empty' }

function plan(body: string, options: Partial<PlanOptions> & { reason?: string } = {}) {
  const { reason, patch, force = false } = options
  const attributes: Record<string, string> = reason === undefined ? {} : { reason }
  const message = { id: 'm', body, attributes, sentAt: new Date(0), receives: 1, sourceQueueArn: undefined }
  return planRedrive({ body, summary: summarize(message) }, { patch, force })
}

async function bodiesOf(body: string, options: Partial<PlanOptions> & { reason?: string } = {}) {
  const planned = await plan(body, options)
  return planned.kind === 'send' ? planned.bodies : []
}

/** Rows that the ingester refused: every third one of a published block. */
async function deadBody(rows: readonly (Row | string)[], errors: RowError[] = []): Promise<string> {
  const root = { block_id: PARENT, rows: rows.length * 3, indices: rows.map((_, index) => index * 3) }
  return formatEnvelope(head({ root, errors, parent_block_id: PARENT }), await blockOf(rows))
}

/** The envelope and the rows as the ingester reads them. */
async function openBody(body: string) {
  const { envelope, block, schema } = parseEnvelope(body)
  const rows = readBlockRows(await openBlock(block, schema), block.format)
  const values = Array.from({ length: rows.length }, (_, index): unknown => JSON.parse(rows.json(index)))
  return { envelope, values, lines: Array.from({ length: rows.length }, (_, index) => rows.json(index)) }
}

it('sends a letter that is not patched byte by byte as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), async (names) => {
      const body = await deadBody(names.map((name, key) => eventRow(key, { resource_name: name })))
      expect(await bodiesOf(body, { reason: 'rejected_rows' })).toEqual([body])
    }),
    { numRuns: 20 },
  )
})

it('patches the same letter to the same bytes, at the same places of the same root block, every time', async () => {
  const values = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.constant(null)))
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 9 }),
      values,
      async (names, properties) => {
        const body = await deadBody(names.map((name, key) => eventRow(key, { properties: { name } })))
        const patch = { unit: 'patched', properties }
        const [first] = await bodiesOf(body, { patch })
        expect(await bodiesOf(body, { patch })).toEqual([first])
        const before = parseEnvelope(body).envelope
        const { envelope, values: rows } = await openBody(first ?? '')
        expect(envelope.root).toEqual(before.root)
        expect(envelope).toMatchObject({
          parent_block_id: before.block_id,
          run_id: before.run_id,
          schema: before.schema,
        })
        expect(envelope.created_at).toBe(before.created_at)
        expect(envelope.errors).toBeUndefined()
        expect(rows).toHaveLength(names.length)
        expect(rows.every((row) => JSON.stringify(row).includes('"unit":"patched"'))).toBe(true)
      },
    ),
    { numRuns: 30 },
  )
})

it('patches the rows of a Native block into one of JSON, at the same places', async () => {
  const encoder = new NativeEncoder(QUEUED_SCHEMAS['resource_event/1'])
  for (const row of eventRows('native', 3)) encoder.append(row)
  const block = await freezeEncodedRows(encoder.body(), 3, 'Native')
  const root = { block_id: PARENT, rows: 9, indices: [2, 4, 8] }
  const body = formatEnvelope(head({ root, parent_block_id: PARENT }), block)
  expect(await bodiesOf(body)).toEqual([body])
  const [patched] = await bodiesOf(body, { patch: { properties: { state: null, more: 'x' } } })
  const { envelope, values } = await openBody(patched ?? '')
  expect(envelope).toMatchObject({ format: 'JSONEachRow', root, parent_block_id: block.blockId })
  expect(values).toMatchObject(
    eventRows('native', 3).map(({ event_id, value }) => ({ event_id, value, properties: { more: 'x' } })),
  )
})

it('takes a whole message for the root block where the letter names none', async () => {
  const body = await bodyOf(eventRows('whole', 3))
  const [patched] = await bodiesOf(body, { reason: 'received_too_often', patch: { unit: 'MiB' } })
  const { envelope } = await openBody(patched ?? '')
  const { block_id } = parseEnvelope(body).envelope
  expect(envelope.root).toEqual({ block_id, rows: 3, indices: [0, 1, 2] })
  expect(envelope.parent_block_id).toBe(block_id)
})

it('splits a letter whose rows outgrow a message, and loses no row', async () => {
  const noise = () => Array.from({ length: 5_600 }, () => Math.random().toString(36)[2]).join('')
  const body = await deadBody(
    Array.from({ length: 200 }, (_, key) => eventRow(key, { resource_name: noise() })),
  )
  const parts = await bodiesOf(body, { patch: { unit: 'patched' } })
  expect(parts.length).toBeGreaterThan(1)
  for (const part of parts) expect(part.length).toBeLessThanOrEqual(900 * 1024)
  const opened = await Promise.all(parts.map(openBody))
  const { root } = parseEnvelope(body).envelope
  expect(opened.flatMap(({ envelope }) => envelope.root?.indices)).toEqual(root?.indices)
  expect(opened.flatMap(({ values }) => values)).toHaveLength(200)
})

it('keeps every digit of the numbers that a patch does not touch', async () => {
  const line = JSON.stringify(eventRow('digits')).replace('"value":8', '"value":9007199254740993')
  const [patched] = await bodiesOf(await deadBody([line]), { patch: { unit: 'x' } })
  expect((await openBody(patched ?? '')).lines[0]).toContain('"value":9007199254740993')
})

it('writes nothing into a patched body that SQS refuses', async () => {
  const body = (await deadBody([eventRow('emoji')])).replace(
    '"config_ebs","created_at"',
    '"😀\\u0001\\uffff","created_at"',
  )
  const [patched] = await bodiesOf(body, { patch: { unit: 'x' } })
  expect(patched).toMatch(/^[\x20-\x7e]*$/)
  expect(parseEnvelope(patched ?? '').envelope.collector).toBe('😀\u0001\uffff')
})

it.each([
  ['a column that the schema lacks', { nonsense: 1 }, 'resource_event/1 has no column nonsense'],
  [
    'a value of the wrong kind',
    { properties: 'x' },
    'properties: the value does not fit Map(String, String)',
  ],
  ['a number for text', { unit: 5 }, 'unit: the value does not fit LowCardinality(String)'],
  ['a number in a map of text', { properties: { size: 5 } }, 'properties: the value does not fit'],
  ['rows whose fault it leaves', { unit: 'x' }, 'aws_account_id: the patch leaves it as it is'],
])('holds back a patch that leaves %s, unless forced', async (_, patch, why) => {
  const body = await deadBody(
    [eventRow(1), eventRow(2, { aws_account_id: '' })],
    [{ row: 1, rows: 1, ...EMPTY_ACCOUNT }],
  )
  expect(await plan(body, { patch })).toMatchObject({
    kind: 'skip',
    reason: 'still_wrong',
    why: expect.stringContaining(why),
  })
  expect(await plan(body, { patch, force: true })).toMatchObject({ kind: 'send', rows: 2 })
})

it('takes away a column that the schema lacks', async () => {
  const error = { row: 0, rows: 1, column: 'nonsense', code: 117, message: 'no such column' }
  const body = await deadBody([eventRow(1, { nonsense: 1 })], [error])
  expect(await plan(body, { patch: { nonsense: null } })).toMatchObject({ kind: 'send', rows: 1 })
})

it('counts rows that a patch changes where nothing was at fault', async () => {
  const rows = ['', '1', '2'].map((aws_account_id, key) =>
    eventRow(key, { aws_account_id, unit: key < 2 ? '' : 'GiB' }),
  )
  const body = await deadBody(rows, [
    { row: 0, rows: 1, ...EMPTY_ACCOUNT },
    { row: 1, rows: 2, column: 'unit', code: 0, message: '' },
  ])
  const patch = { aws_account_id: '2', unit: 'MiB' }
  expect(await plan(body, { patch })).toMatchObject({ kind: 'send', rows: 3, strayRows: 2 })
})

it('says that a patch changes nothing', async () => {
  const body = await deadBody(eventRows('same', 2))
  expect(await plan(body, { patch: { unit: 'GiB' } })).toMatchObject({ reason: 'patch_changes_nothing' })
})

it('does not give all rows one identity unless forced', async () => {
  const body = await deadBody(eventRows('identity', 2))
  const patch = { event_id: '886313e1-3b8a-5372-9b90-0c9aee199e5d' }
  expect(await plan(body, { patch })).toMatchObject({
    reason: 'needs_force',
    why: expect.stringContaining('event_id'),
  })
  expect(await plan(body, { patch, force: true })).toMatchObject({ kind: 'send' })
})

it('knows the sorting key of every queued table', async () => {
  const files = {
    'resource_event/1': '0001_resource_events',
    'collector_run/1': '0002_collector_runs',
    'aws_account/1': '0011_known_accounts',
    'resource_relationship/1': '0017_resource_relationships',
  }
  for (const [schema, file] of Object.entries(files)) {
    const ddl = await readFile(new URL(`../../schema/${file}.sql`, import.meta.url), 'utf8')
    const [, list = ''] = /ORDER BY \(?([\w, ]+)\)?;?$/m.exec(ddl) ?? []
    const { identity, others } = KEY_COLUMNS[schema] ?? { identity: '', others: [] }
    expect([...others, identity].sort()).toEqual(list.split(', ').sort())
  }
})

it.each(['sender_not_allowed', 'kills_the_ingester', 'invalid_envelope'])(
  'sends %s letters only when forced',
  async (reason) => {
    const body = await bodyOf(eventRows('caution', 1))
    expect(await plan(body, { reason })).toMatchObject({ kind: 'skip', reason: 'needs_force' })
    expect(await bodiesOf(body, { reason, force: true })).toEqual([body])
  },
)

it.each(['rejected_rows', 'undecided_rows', 'received_too_often', 'unknown', 'of_a_later_release'])(
  'sends %s letters that open',
  async (reason) => {
    const body = await bodyOf(eventRows('open', 1))
    expect(await bodiesOf(body, { reason })).toEqual([body])
  },
)

it.each([
  ['is no JSON', 'hello', 'the body is not JSON'],
  ['is of a later version', '{"v":2}', 'does not know envelope version 2'],
])('holds back a body that %s', async (_, body, why) => {
  expect(await plan(body)).toMatchObject({ reason: 'needs_force', why: expect.stringContaining(why) })
  expect(await bodiesOf(body, { force: true })).toEqual([body])
  expect(await plan(body, { force: true, patch: { unit: 'x' } })).toMatchObject({
    reason: 'cannot_be_patched',
  })
})

it('holds back data that is not what its envelope says', async () => {
  const body = (await bodyOf(eventRows('hash', 1))).replace(/"block_id":"\w+"/, `"block_id":"${PARENT}"`)
  expect(await plan(body, { reason: 'hash_mismatch' })).toMatchObject({
    reason: 'needs_force',
    why: expect.stringContaining('hash_mismatch'),
  })
})

it('patches no letter with a row that is no JSON', async () => {
  const body = await deadBody([eventRow(1), '{"value":NaN}'])
  expect(await plan(body, { patch: { unit: 'x' }, force: true })).toMatchObject({
    reason: 'cannot_be_patched',
    why: expect.stringContaining('row 1'),
  })
})

/** The examples of RFC 7396, appendix A. */
it.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('merges %j with %j into %j', (target, patch, result) => {
  expect(applyMergePatch(target, patch)).toEqual(result)
})

it('takes every key for data', () => {
  const target: unknown = JSON.parse('{"__proto__":{"a":1},"hasOwnProperty":2,"toString":3}')
  const patch: unknown = JSON.parse('{"__proto__":{"b":2},"constructor":{"x":1},"toString":null}')
  expect(JSON.stringify(applyMergePatch(target, patch))).toBe(
    '{"__proto__":{"a":1,"b":2},"hasOwnProperty":2,"constructor":{"x":1}}',
  )
})

it('reads a patch from a file', async () => {
  const file = join(tmpdir(), `polo-patch-${process.pid}.json`)
  await writeFile(file, '{"unit":"x"}')
  expect(await readMergePatch(`@${file}`)).toEqual({ unit: 'x' })
  await rm(file)
  await expect(readMergePatch(`@${file}`)).rejects.toThrow('--patch: cannot read')
})

it.each(['', '[]', '5', 'null', '{}', '{unit}'])('refuses the patch %j', async (text) => {
  await expect(readMergePatch(text)).rejects.toThrow('expected a JSON object of the columns to change')
})
