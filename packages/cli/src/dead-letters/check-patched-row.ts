import { isDeepStrictEqual } from 'node:util'
import type { QueuedSchema } from '@polo/core'
import type { RowFault } from './decode-dead-letter.ts'

type Row = Readonly<Record<string, unknown>>

const WRAPPED = /^(Nullable|LowCardinality|Array|Map)\((.+)\)$/

/**
 * What is still wrong with a patched row, as far as that can be told without ClickHouse: the columns that the schema
 * has, the kinds of their values, and whether the patch reached what was at fault.
 */
export function findRemainingFault(
  after: Row,
  { before, faults, schema }: { before: Row; faults: readonly RowFault[]; schema: QueuedSchema },
): string | undefined {
  const types = new Map(schema.columns.map(({ name, type }) => [name, type]))
  for (const [column, value] of Object.entries(after)) {
    const type = types.get(column)
    if (type === undefined) return `${schema.name} has no column ${column}`
    if (!mayFit(value, type)) return `${column}: the value does not fit ${type}`
  }
  const untouched = faults.find(
    ({ column }) => column !== '' && isDeepStrictEqual(before[column], after[column]),
  )
  return untouched && `${untouched.column}: the patch leaves it as it is (${untouched.message})`
}

function mayFit(value: unknown, type: string): boolean {
  const [, wrapper, inner = ''] = WRAPPED.exec(type) ?? []
  if (wrapper === 'Nullable') return value === null || mayFit(value, inner)
  if (wrapper === 'LowCardinality') return mayFit(value, inner)
  if (wrapper === 'Array') return Array.isArray(value) && value.every((item) => mayFit(item, inner))
  if (wrapper === 'Map') return isMap(value, inner.slice(inner.indexOf(',') + 1).trim())
  if (type === 'String' || type === 'UUID') return typeof value === 'string'
  // A number as text, and a time as a number, are taken as well.
  return typeof value === 'number' || typeof value === 'string'
}

function isMap(value: unknown, itemType: string): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((item) => mayFit(item, itemType))
}
