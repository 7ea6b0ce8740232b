import { BlockError } from '../errors.ts'
import type { QueuedSchema } from '../queued-schemas.ts'
import { ByteReader } from './byte-reader.ts'
import { columnHeader, findNativeType, type NativeColumn, nativeColumns } from './native-columns.ts'

/** Native blocks that a body may consist of; ours have one. Each costs memory, however few rows it has. */
const MAX_NATIVE_BLOCKS = 64
/** More than any table of ours has. */
const MAX_COLUMNS = 1_000

/** One of the Native blocks that a body consists of. */
export interface NativeBlock {
  readonly rows: number
  /** Every column, and where its values start. */
  readonly columns: readonly (NativeColumn & { readonly start: number })[]
}

/**
 * The rows of a Native body, found by stepping from value to value without decoding any. It vouches for what ClickHouse
 * would take on trust or fail on late: that nothing is missing at the end, that no count or length is larger than what
 * is there, and that the columns are the schema's, since ClickHouse fills in those that are missing.
 * @throws BlockError
 */
export function countNativeRows(raw: Buffer, schema: QueuedSchema | undefined): number {
  let rows = 0
  for (const block of walkNative(raw, schema)) rows += block.rows
  return rows
}

/**
 * The Native blocks of a body, one after the other.
 * Without a schema the columns may be any, as long as their types are known.
 * @throws BlockError
 */
export function* walkNative(raw: Buffer, schema: QueuedSchema | undefined): Generator<NativeBlock> {
  const reader = new ByteReader(raw)
  for (let blocks = 0; reader.at < raw.length; blocks++) {
    if (blocks === MAX_NATIVE_BLOCKS) {
      throw new BlockError('too_large', `the data has more than ${MAX_NATIVE_BLOCKS} Native blocks`)
    }
    yield walkBlock(reader, schema && nativeColumns(schema))
  }
}

function walkBlock(reader: ByteReader, expected: readonly NativeColumn[] | undefined): NativeBlock {
  const { bytes } = reader
  const count = reader.varint()
  const rows = reader.varint()
  if (expected ? count !== expected.length : count === 0 || count > MAX_COLUMNS)
    throw mismatch(`${count} columns`)
  // Readers take an empty block for the end of the data.
  if (rows === 0) throw new BlockError('malformed_rows', 'the Native data has a block without rows')
  const columns: (NativeColumn & { start: number })[] = []
  for (let index = 0; index < count; index++) {
    const column = expected ? takeHeader(reader, expected[index]) : readHeader(reader)
    const start = reader.at
    reader.at = column.type.walk(bytes, start, rows)
    columns.push({ ...column, start })
  }
  return { rows, columns }
}

function takeHeader(reader: ByteReader, column: NativeColumn | undefined): NativeColumn {
  const end = reader.at + (column?.header.length ?? 0)
  if (!column?.header.equals(reader.bytes.subarray(reader.at, end))) {
    throw mismatch(`another column where ${column?.name} ${column?.type.name} should be`)
  }
  reader.at = end
  return column
}

function readHeader(reader: ByteReader): NativeColumn {
  const name = reader.text()
  const type = findNativeType(reader.text())
  if (!type) throw mismatch('a column of an unknown type')
  return { name, type, header: columnHeader(name, type) }
}

function mismatch(what: string): BlockError {
  return new BlockError('column_mismatch', `the Native data has ${what}`)
}
