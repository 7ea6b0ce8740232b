import { type Column, IsoTime, type QueuedSchema } from '@polo/core'
import { findViolation } from './row-constraints.ts'

/** What is wrong with a row, without the row's own values. */
export interface RowFault {
  readonly column: string
  /** The code that ClickHouse gives for it; 0 where Polo found the fault. */
  readonly code: number
  readonly message: string
}

/** `sure` means that ClickHouse would refuse the row too; `doubtful` that only ClickHouse can tell. */
export type RowVerdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'doubtful' }
  | { readonly kind: 'sure'; readonly fault: RowFault }

const TYPE_MISMATCH = 53
/** ClickHouse's code for a field that is no column. */
export const UNKNOWN_FIELD = 117
const UUID = /^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i
const WRAPPED = /^(Nullable|LowCardinality|Array|Map)\((.+)\)$/

type Json = Record<string, unknown>

/**
 * Looks at one line of a block that ClickHouse refused, so that not every row at fault costs inserts to find.
 * It never condemns what ClickHouse takes, which is more than JSON (`NaN`, `\x`, a raw newline): such rows are doubtful.
 */
export function checkRow(line: string, schema: QueuedSchema): RowVerdict {
  const row = parseObject(line)
  if (!row) return { kind: 'doubtful' }
  const fault = findFault(row, schema)
  if (fault) return { kind: 'sure', fault }
  return { kind: isPlain(row, schema) ? 'fine' : 'doubtful' }
}

function findFault(row: Json, schema: QueuedSchema): RowFault | undefined {
  const types = new Map(schema.columns.map(({ name, type }): [string, string] => [name, type]))
  for (const [column, value] of Object.entries(row)) {
    const type = types.get(column)
    if (type === undefined) {
      return { column, code: UNKNOWN_FIELD, message: `${schema.name} has no such column` }
    }
    if (!mayFit(value, type)) return misfit({ name: column, type }, value)
  }
  return findViolation(row, schema)
}

function misfit({ name, type }: Column, value: unknown): RowFault {
  return { column: name, code: TYPE_MISMATCH, message: `${describe(value)} does not fit ${type}` }
}

/** False only where ClickHouse, with the settings of our inserts, refuses the value. */
function mayFit(value: unknown, type: string): boolean {
  const [, wrapper, inner = ''] = WRAPPED.exec(type) ?? []
  if (wrapper === 'Nullable') return value === null || mayFit(value, inner)
  if (wrapper === 'LowCardinality') return mayFit(value, inner)
  if (wrapper === 'Array') return Array.isArray(value) && value.every((item) => mayFit(item, inner))
  if (wrapper === 'Map') return mapMayFit(value, inner)
  if (type === 'String') return typeof value === 'string'
  if (type === 'UUID') return typeof value === 'string' && UUID.test(value)
  if (type === 'Float64') return value === null || typeof value === 'number' || isDigitsOr(value, /nan|inf/i)
  if (type.startsWith('UInt')) return isWhole(value) ? value >= 0 : value === null || isDigitsOr(value, /^$/)
  if (type.startsWith('DateTime64')) return isWhole(value) || isDigitsOr(value)
  return true
}

function mapMayFit(value: unknown, inner: string): boolean {
  const itemType = inner.slice(inner.indexOf(',') + 1).trim()
  return isObject(value) && Object.values(value).every((item) => mayFit(item, itemType))
}

/** Whether every value is written as Polo itself writes its type, so that there is one way to read it. */
function isPlain(row: Json, { columns }: QueuedSchema): boolean {
  return columns.every(({ name, type }) => !(name in row) || isPlainValue(row[name], type))
}

function isPlainValue(value: unknown, type: string): boolean {
  const [, wrapper, inner = ''] = WRAPPED.exec(type) ?? []
  if (wrapper === 'Nullable') return value === null || isPlainValue(value, inner)
  if (wrapper === 'Array') return Array.isArray(value) && value.every((item) => isPlainValue(item, inner))
  if (type.startsWith('DateTime64')) return IsoTime.safeParse(value).success
  if (type === 'Float64' || type.startsWith('UInt')) return typeof value === 'number'
  return true
}

/** A number of more than 308 digits reads as infinite here, and as an integer there. */
function isWhole(value: unknown): value is number {
  return typeof value === 'number' && (Number.isInteger(value) || !Number.isFinite(value))
}

/** A text without a digit is neither a number nor a time. */
function isDigitsOr(value: unknown, other?: RegExp): boolean {
  return typeof value === 'string' && (/\d/.test(value) || other?.test(value) === true)
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return `this ${typeof value}`
}

function parseObject(line: string): Json | undefined {
  try {
    const row: unknown = JSON.parse(line)
    return isObject(row) ? row : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
