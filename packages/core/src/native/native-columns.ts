import type { QueuedSchema } from '../queued-schemas.ts'
import { ByteWriter } from './byte-writer.ts'
import { DATE_TIME, FLOAT64, UINT32, UINT64, UUID } from './fixed-types.ts'
import type { NativeType } from './native-type.ts'
import { arrayOf, mapOf, nullableOf } from './nested-types.ts'
import { STRING } from './string-type.ts'

/** A column of a schema as a Native block carries it. */
export interface NativeColumn {
  readonly name: string
  readonly type: NativeType
  /** Name and type as they stand before the column's values. */
  readonly header: Buffer
}

/** ClickHouse takes a plain String for a LowCardinality column and builds the dictionary itself. */
const LOW_CARDINALITY = /^LowCardinality\((.+)\)$/

const TYPES: ReadonlyMap<string, NativeType> = new Map(
  [
    UUID,
    DATE_TIME,
    FLOAT64,
    UINT32,
    UINT64,
    STRING,
    nullableOf(DATE_TIME),
    nullableOf(FLOAT64),
    arrayOf(STRING),
    arrayOf(UINT32),
    mapOf(STRING),
    mapOf(UINT64),
  ].map((type): [string, NativeType] => [type.name, type]),
)

const COLUMNS = new WeakMap<QueuedSchema, readonly NativeColumn[]>()

/** Undefined for a type that none of Polo's schemas has. */
export function findNativeType(name: string): NativeType | undefined {
  return TYPES.get(name)
}

/** What a Native block of the schema carries: exactly its columns, in their order. */
export function nativeColumns(schema: QueuedSchema): readonly NativeColumn[] {
  const known = COLUMNS.get(schema)
  if (known) return known
  const columns = schema.columns.map(({ name, type }) => nativeColumn(name, type))
  COLUMNS.set(schema, columns)
  return columns
}

function nativeColumn(name: string, columnType: string): NativeColumn {
  const type = findNativeType(columnType.replace(LOW_CARDINALITY, '$1'))
  if (!type) throw new TypeError(`Native blocks cannot carry ${name} ${columnType}`)
  return { name, type, header: columnHeader(name, type) }
}

/** What stands before a column's values. */
export function columnHeader(name: string, type: NativeType): Buffer {
  const header = new ByteWriter()
  header.writeText(name)
  header.writeText(type.name)
  return header.bytes.subarray(0, header.used)
}
