import { findQueuedSchema, QUEUED_SCHEMAS } from '@polo/core'
import { describe, expect, it } from 'vitest'
import { checkRow } from '../../packages/ingester/src/ingest/row-check.ts'
import { accountRow, eventRow, priceRow, type Row, relationshipRow, runRow } from './factories.ts'

function verdict(row: Row | string, schemaName = 'resource_event/1') {
  const schema = findQueuedSchema(schemaName)
  if (!schema) throw new Error(`no schema ${schemaName}`)
  return checkRow(typeof row === 'string' ? row : JSON.stringify(row), schema)
}

describe('checkRow', () => {
  it.each([
    ['resource_event/1', eventRow(1)],
    ['collector_run/1', runRow()],
    ['collector_run/1', runRow({ finished_at: null })],
    ['aws_account/1', accountRow()],
    ['aws_price/1', priceRow()],
    ['resource_relationship/1', relationshipRow(1)],
  ])('finds a valid row of %s fine', (schema, row) => {
    expect(verdict(row, schema)).toEqual({ kind: 'fine' })
  })

  it.each([
    ['a number for a String', { resource_name: 7 }, 'resource_name', 53],
    ['null for a String', { resource_name: null }, 'resource_name', 53],
    ['an object within a Map(String, String)', { properties: { a: {} } }, 'properties', 53],
    ['an array for a Map', { properties: [] }, 'properties', 53],
    ['a text that is no UUID', { event_id: 'vol-1' }, 'event_id', 53],
    ['the nil UUID', { event_id: '00000000-0000-0000-0000-000000000000' }, 'event_id', 469],
    ['null for a time', { event_time: null }, 'event_time', 53],
    ['a word for a time', { observed_at: 'yesterday' }, 'observed_at', 53],
    ['a word for a number', { value: 'many' }, 'value', 53],
    ['null for a number that must be finite', { value: null }, 'value', 469],
    ['an empty account', { aws_account_id: '' }, 'aws_account_id', 469],
    ['an event type that is not known', { event_type: 'birthday' }, 'event_type', 469],
    ['a column that the schema does not have', { colour: 'red' }, 'colour', 117],
  ])('is sure about %s', (_, override, column, code) => {
    expect(verdict(eventRow(1, override))).toMatchObject({ kind: 'sure', fault: { column, code } })
  })

  it.each(['event_id', 'event_time', 'aws_account_id', 'observed_at'])('misses %s', (column) => {
    const { [column]: _, ...row } = eventRow(1)
    expect(verdict(row)).toMatchObject({ kind: 'sure', fault: { column, code: 469 } })
  })

  it.each(['{"value":NaN}', '{"unit":"\\x"}', '{"value":.5}', '{"unit":oops}'])(
    'leaves %s, which is not JSON, to ClickHouse',
    (line) => {
      expect(verdict(line)).toEqual({ kind: 'doubtful' })
    },
  )

  it('says nothing of the value', () => {
    const told = JSON.stringify(verdict(eventRow(1, { value: 'hunter2x', event_id: 'hunter2' })))
    expect(told).not.toContain('hunter2')
  })

  it('knows the type of every queued column', () => {
    const known =
      /^(Nullable\(|LowCardinality\(|Array\(|Map\(String, )?(UUID|String|Float64|UInt(32|64)|DateTime64\(3, 'UTC'\))\)*$/
    const types = Object.values(QUEUED_SCHEMAS).flatMap(({ columns }) => columns.map(({ type }) => type))
    expect(types.filter((type) => !known.test(type))).toEqual([])
  })
})
