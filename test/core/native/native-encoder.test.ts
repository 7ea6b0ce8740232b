import { NativeEncoder, QUEUED_SCHEMAS, readBlockRows } from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { minimalEvent } from '../factories.ts'
import { asJson, encodeNative, ROWS, SCHEMA_NAMES } from './arbitrary-rows.ts'

const EVENT = QUEUED_SCHEMAS['resource_event/1']

function decode(body: Buffer): unknown[] {
  const rows = readBlockRows(body, 'Native')
  return Array.from({ length: rows.length }, (_, index): unknown => JSON.parse(rows.json(index)))
}

describe.each(SCHEMA_NAMES)('rows of %s', (schema) => {
  it('are read back as they were, and as JSON would hold them', () => {
    fc.assert(
      fc.property(fc.array(ROWS[schema], { minLength: 1, maxLength: 6 }), (rows) => {
        expect(decode(encodeNative(rows, schema))).toEqual(rows.map(asJson))
      }),
      { numRuns: 100 },
    )
  })

  it('can be picked by index, byte for byte as if they alone had been encoded', () => {
    const cases = fc
      .array(ROWS[schema], { minLength: 1, maxLength: 8 })
      .chain((rows) => fc.tuple(fc.constant(rows), fc.subarray([...rows.keys()], { minLength: 1 })))
    fc.assert(
      fc.property(cases, ([rows, indices]) => {
        const selected = rows.filter((_, index) => indices.includes(index))
        const body = readBlockRows(encodeNative(rows, schema), 'Native').select(indices)
        expect(body).toEqual(encodeNative(selected, schema))
      }),
      { numRuns: 100 },
    )
  })

  it('take their memory again without a trace of the rows before', () => {
    const encoder = new NativeEncoder(QUEUED_SCHEMAS[schema])
    fc.assert(
      fc.property(fc.array(ROWS[schema], { minLength: 1, maxLength: 4 }), (rows) => {
        encoder.clear()
        for (const row of rows) encoder.append(row)
        expect(encoder.rows).toBe(rows.length)
        expect(encoder.body()).toEqual(encodeNative(rows, schema))
      }),
      { numRuns: 100 },
    )
  })
})

test('a field that is missing or undefined is the default of its type', () => {
  const [row] = decode(encodeNative([{ resource_id: 'i-1', resource_arn: undefined }]))
  expect(row).toEqual({
    ...Object.fromEntries(EVENT.columns.map(({ name }) => [name, ''])),
    event_id: '00000000-0000-0000-0000-000000000000',
    event_time: '1970-01-01T00:00:00.000Z',
    observed_at: '1970-01-01T00:00:00.000Z',
    resource_id: 'i-1',
    value: 0,
    properties: {},
  })
})

test('rows of several Native blocks are read and picked as if they were one', () => {
  const rows = fc.sample(ROWS['resource_event/1'], { numRuns: 7, seed: 7 })
  const body = Buffer.concat(
    [rows.slice(0, 2), rows.slice(2, 3), rows.slice(3)].map((part) => encodeNative(part)),
  )
  const read = readBlockRows(body, 'Native')
  expect(decode(body)).toEqual(rows.map(asJson))
  expect(decode(read.select([1, 2, 5, 6]))).toEqual([1, 2, 5, 6].map((index) => asJson(rows[index] ?? {})))
  expect(read.select([...rows.keys()])).toEqual(body)
})

test('bytes that are not UTF-8 are shown with a replacement, and picked as they are', () => {
  const body = encodeNative([minimalEvent({ resource_name: 'n__me' }), minimalEvent()])
  body.write('\xc3\xff', body.indexOf('n__me') + 1, 'latin1')
  const rows = readBlockRows(body, 'Native')
  expect(rows.json(0)).toContain('"n\ufffd\ufffdme"')
  expect(rows.select([0]).includes(Buffer.from('n\xc3\xffme', 'latin1'))).toBe(true)
  expect(rows.select([0, 1])).toEqual(body)
})

test('a number that JSON does not have is shown as null, and a time beyond the calendar as it is', () => {
  const body = encodeNative([minimalEvent({ value: 8.5, observed_at: '2026-03-01T00:00:00.000Z' })])
  body.writeDoubleLE(Number.NaN, body.indexOf(Buffer.from('value\x07Float64')) + 'value\x07Float64'.length)
  body.writeBigInt64LE(2n ** 63n - 1n, body.length - 8)
  const json = readBlockRows(body, 'Native').json(0)
  expect(json).toContain('"value":null')
  expect(json).toContain('"observed_at":9223372036854775807}')
})

test('there are no rows beyond the last', () => {
  const rows = readBlockRows(encodeNative([minimalEvent()]), 'Native')
  expect(() => rows.json(1)).toThrow(RangeError)
  expect(() => rows.select([-1])).toThrow(RangeError)
})

const MISFITS: readonly [string, Readonly<Record<string, unknown>>, string][] = [
  ['a column that the schema does not have', { oops: 1 }, 'resource_event/1, oops: there is no such column'],
  [
    'a number for a text',
    { resource_name: 7 },
    'resource_event/1, resource_name: this number does not fit String',
  ],
  ['null', { resource_name: null }, 'null does not fit String'],
  ['a UUID that is too short', { event_id: '886313e1' }, 'this string does not fit UUID'],
  ['a UUID without dashes', { event_id: '886313e1.3b8a.5372.9b90.0c9aee199e5d' }, 'does not fit UUID'],
  ['a UUID with other digits', { event_id: '886313e1-3b8a-5372-9b90-0c9aee199e5g' }, 'does not fit UUID'],
  [
    'a UUID with digits that are no ASCII',
    { event_id: '886313e1-3b8a-5372-9b90-0c9aee199eé1' },
    'does not fit UUID',
  ],
  ['a time without a zone', { event_time: '2026-03-01T00:00:00.000' }, "does not fit DateTime64(3, 'UTC')"],
  [
    'a day that does not exist',
    { event_time: '2026-13-01T00:00:00.000Z' },
    "does not fit DateTime64(3, 'UTC')",
  ],
  ['a text for a number', { value: '1' }, 'this string does not fit Float64'],
  ['a list for a map', { properties: ['a'] }, 'an array does not fit Map(String, String)'],
  ['a map with a hole', { properties: { a: 'b', c: undefined } }, 'this undefined does not fit String'],
  ['a map with a number', { properties: { a: 'b', c: 1 } }, 'this number does not fit String'],
]

test.each(MISFITS)('refuses %s, and nothing of the row stays behind', (_, wrong, message) => {
  const encoder = new NativeEncoder(EVENT)
  const [first, last] = [minimalEvent(), minimalEvent({ resource_id: 'i-last', properties: { a: '1' } })]
  encoder.append(first)
  expect(() => encoder.append({ ...minimalEvent({ properties: { x: 'y' } }), ...wrong })).toThrow(message)
  encoder.append(last)
  expect(encoder.body()).toEqual(encodeNative([first, last]))
})

test.each([
  ['region_events', { a: -1 }, 'Map(String, UInt64)|UInt64'],
  ['events', 1.5, 'UInt64'],
  ['events', 2 ** 53, 'UInt64'],
  ['block_rows', [2 ** 32], 'UInt32'],
  ['block_ids', 'a', 'Array(String)'],
  ['finished_at', 'soon', "DateTime64(3, 'UTC')"],
])('refuses %s %j', (column, value, type) => {
  const encoder = new NativeEncoder(QUEUED_SCHEMAS['collector_run/1'])
  const [, innerType = type] = type.split('|')
  expect(() => encoder.append({ [column]: value })).toThrow(`does not fit ${innerType}`)
})
