import { formatEnvelope, freezeBlock, type RowError } from '@polo/core'
import { expect, it } from 'vitest'
import { groupDeadLetters, summarize } from '../../packages/cli/src/dead-letters/dead-letters.ts'
import { decodeDeadLetter } from '../../packages/cli/src/dead-letters/decode-dead-letter.ts'
import type { PeekedMessage } from '../../packages/cli/src/dead-letters/peek-messages.ts'
import { renderDeadLetter, toJson } from '../../packages/cli/src/dead-letters/render-dead-letter.ts'
import { renderDeadLetters } from '../../packages/cli/src/dead-letters/render-dead-letters.ts'
import { printable, printableJson } from '../../packages/cli/src/output/printable.ts'
import { blockOf, bodyOf, eventRow, eventRows, head } from '../ingester/factories.ts'

const SENT = new Date('2026-03-01T10:00:00.000Z')
const NOW = new Date('2026-03-01T12:00:00.000Z')
const EMPTY_ACCOUNT = { column: 'aws_account_id', code: 469, message: 'must not be empty' }

function peeked(body: string, overrides: Partial<PeekedMessage> = {}): PeekedMessage {
  return {
    id: 'message-1',
    body,
    attributes: {},
    sentAt: SENT,
    receives: 1,
    sourceQueueArn: undefined,
    ...overrides,
  }
}

/** A body whose data is not what its other fields say. */
async function bodyWith(changes: Record<string, unknown>): Promise<string> {
  return JSON.stringify({ ...JSON.parse(await bodyOf(eventRows('with', 3))), ...changes })
}

async function render(body: string, overrides: Partial<PeekedMessage> = {}): Promise<string> {
  const message = peeked(body, overrides)
  return renderDeadLetter(
    { summary: summarize(message), message, decoded: await decodeDeadLetter(body) },
    NOW,
  )
}

async function toJsonOf(body: string) {
  const message = peeked(body)
  return toJson({ summary: summarize(message), message, decoded: await decodeDeadLetter(body) })
}

async function deadBody(rows: number, errors: RowError[]): Promise<string> {
  const indices = Array.from({ length: rows }, (_, index) => index * 10)
  const root = { block_id: 'f'.repeat(64), rows: rows * 10, indices }
  return formatEnvelope(head({ errors, root }), await blockOf(eventRows('dead', rows)))
}

it('summarizes a letter from its attributes', () => {
  const attributes = {
    reason: 'rejected_rows',
    code: '53',
    schema: 'a/1',
    collector: 'config_ebs',
    message: 'value: x',
  }
  expect(summarize(peeked('{"rows":4}', { attributes, receives: 3 }))).toEqual({
    message_id: 'message-1',
    reason: 'rejected_rows',
    code: 53,
    schema: 'a/1',
    collector: 'config_ebs',
    rows: 4,
    sent_at: SENT.toISOString(),
    receives: 3,
    message: 'value: x',
  })
})

it('reads schema and collector from the body where there are no attributes', async () => {
  const summary = summarize(peeked(await bodyOf(eventRows('body', 2))))
  expect(summary).toMatchObject({ schema: 'resource_event/1', collector: 'config_ebs', rows: 2 })
})

it('tells a message that SQS moved from one whose reason nobody gave', () => {
  expect(summarize(peeked('hello')).reason).toBe('unknown')
  expect(summarize(peeked('hello', { sourceQueueArn: 'arn:aws:sqs:::q' })).reason).toBe('received_too_often')
})

it('groups letters by reason, schema, collector and age, the largest group first', () => {
  const letter = (reason: string, rows: number, minutes: number) =>
    summarize(
      peeked(JSON.stringify({ rows }), {
        attributes: { reason, schema: 'a/1' },
        sentAt: new Date(NOW.getTime() - minutes * 60_000),
      }),
    )
  const letters = [letter('x', 1, 1), letter('y', 2, 5), letter('y', 3, 10), letter('y', 4, 8 * 24 * 60)]
  const groups = groupDeadLetters(letters, NOW)
  const kind = { schema: 'a/1', collector: '' }
  expect(groups.map(({ oldest_at, ...group }) => group)).toEqual([
    { ...kind, reason: 'y', age: 'up to 1 hour', messages: 2, rows: 5, oldest_age_seconds: 600 },
    { ...kind, reason: 'x', age: 'up to 1 hour', messages: 1, rows: 1, oldest_age_seconds: 60 },
    { ...kind, reason: 'y', age: 'over 7 days', messages: 1, rows: 4, oldest_age_seconds: 691_200 },
  ])
})

it('lists the first twenty ids of a group and says how many more there are', () => {
  const messages = Array.from({ length: 25 }, (_, key) => summarize(peeked('hello', { id: `id-${key}.` })))
  const text = renderDeadLetters({ groups: groupDeadLetters(messages, NOW), messages, hidden: 0 }, NOW)
  expect(text).toContain('id-19.')
  expect(text).not.toContain('id-20.')
  expect(text).toContain('5 more; all with --json')
})

it('decodes the rows of a dead letter with their faults and their place in the published block', async () => {
  const { rows, problems } = await decodeDeadLetter(
    await deadBody(3, [{ row: 1, rows: 2, ...EMPTY_ACCOUNT }]),
  )
  expect(problems).toEqual([])
  expect(rows.map(({ index, rootIndex, faults }) => [index, rootIndex, faults])).toEqual([
    [0, 0, []],
    [1, 10, [EMPTY_ACCOUNT]],
    [2, 20, [EMPTY_ACCOUNT]],
  ])
})

it('marks the column at fault in a failing row', async () => {
  const text = await render(await deadBody(1, [{ row: 0, rows: 1, ...EMPTY_ACCOUNT }]))
  expect(text).toContain('! aws_account_id: must not be empty (code 469)')
  expect(text).toMatch(/^ {2}> aws_account_id +"111122223333"$/m)
  expect(text).toMatch(/^ {4}aws_region +"eu-west-1"$/m)
})

it('marks a column that the row lacks', async () => {
  const text = await render(
    await deadBody(1, [{ row: 0, rows: 1, column: 'absent', code: 16, message: 'x' }]),
  )
  expect(text).toMatch(/^ {2}> absent +\(not in the row\)$/m)
})

it('shows the failing rows alone and counts the others', async () => {
  const text = await render(await deadBody(1_000, [{ row: 500, rows: 2, ...EMPTY_ACCOUNT }]))
  expect(text.match(/^Row \d+/gm)).toEqual(['Row 500', 'Row 501'])
  expect(text).toContain('998 more rows; all with --json')
})

it('gives every row as JSON', async () => {
  const { rows } = await toJsonOf(await deadBody(1_000, [{ row: 500, rows: 1, ...EMPTY_ACCOUNT }]))
  expect(rows).toHaveLength(1_000)
  expect(rows[500]).toMatchObject({ row: 500, root_row: 5_000, errors: [EMPTY_ACCOUNT] })
})

it('gives the line itself where a number would be rounded', async () => {
  const line = '{"value":9007199254740993}'
  const { rows } = await toJsonOf(await bodyOf([line]))
  expect(rows[0]).toMatchObject({ line })
})

it('shows a body that is no envelope', async () => {
  const text = await render('hello', { attributes: { reason: 'invalid_envelope' } })
  expect(text).toContain('! not an envelope: the body is not JSON')
  expect(text).toContain('Body\n  hello')
})

it('shows the fields of an envelope of a later version', async () => {
  const text = await render(await bodyWith({ v: 2 }))
  expect(text).toContain('does not know envelope version 2')
  expect(text).toMatch(/collector +"config_ebs"/)
  expect(text).toContain('Row 0')
})

it('decodes rows although their number or their hash is not what the envelope says', async () => {
  const decoded = await decodeDeadLetter(await bodyWith({ rows: 7, block_id: '0'.repeat(64) }))
  expect(decoded.problems).toEqual([expect.stringMatching(/^hash_mismatch: /)])
  expect(decoded.rows).toHaveLength(3)
})

it('decodes what comes before a fault in the bytes', async () => {
  const first = await freezeBlock([Buffer.from('{"a":1}\n')])
  const data = Buffer.concat([first.data, Buffer.from('not zstd')]).toString('base64')
  const decoded = await decodeDeadLetter(await bodyWith({ data }))
  expect(decoded.rows.map(({ line }) => line)).toEqual(['{"a":1}'])
})

it('gives the body where the bytes do not decode', async () => {
  const body = await bodyWith({ data: 'AAAA' })
  expect(await toJsonOf(body)).toMatchObject({ rows: [], body })
})

it('shows a row that is no JSON as it is', async () => {
  expect(await render(await bodyOf(['{"value":NaN}']))).toContain('{"value":NaN}')
})

it('obeys no control character of a value', async () => {
  const text = await render(
    await bodyOf([eventRow('evil', { resource_name: '\u001b[2J\u009b31m\u202e', '\u001b[1m': 1 })]),
    { attributes: { 'a\u001b': '\u0007' } },
  )
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(text).toContain('u001b[2J\\u009b31m\\u202e')
})

it('writes JSON that holds no control character and means the same', () => {
  const value = { a: 'x\u001b\u007f\u009b\u202e\u{e0001}y\n' }
  const json = printableJson(value)
  expect(json).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(JSON.parse(json)).toEqual(value)
})

it('cuts long text and says how long it was', () => {
  expect(printable('x'.repeat(1_000), 3)).toBe('xxx… (1000 characters)')
})
