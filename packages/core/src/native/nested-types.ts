import { BlockError } from '../errors.ts'
import { skip } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { type ColumnBuilder, type ColumnValues, misfit, type NativeType, type Range } from './native-type.ts'
import { STRING, StringBuilder } from './string-type.ts'

const OFFSET_BYTES = 8

interface ListType {
  readonly name: string
  /** What each item consists of. */
  readonly parts: readonly NativeType[]
  createItems(): ItemsBuilder
  json(items: Range, parts: readonly ColumnValues[]): string
}

interface ItemsBuilder {
  /** One for each part. */
  readonly builders: readonly ColumnBuilder[]
  /** Appends the items of a row's value, undefined for none, and says how many. */
  append(value: unknown): number
}

export function arrayOf(item: NativeType): NativeType {
  const name = `Array(${item.name})`
  return listType({
    name,
    parts: [item],
    createItems() {
      const items = item.createBuilder()
      return {
        builders: [items],
        append(value = []) {
          if (!Array.isArray(value)) throw misfit(value, name)
          for (const one of value) items.append(requireItem(one, item))
          return value.length
        },
      }
    },
    json: (range, [items]) => `[${indicesOf(range).map((index) => items?.json(index))}]`,
  })
}

export function mapOf(value: NativeType): NativeType {
  const name = `Map(${STRING.name}, ${value.name})`
  return listType({
    name,
    parts: [STRING, value],
    createItems() {
      const keys = new StringBuilder()
      const values = value.createBuilder()
      return {
        builders: [keys, values],
        append(map = {}) {
          if (!isObject(map)) throw misfit(map, name)
          const items = Object.values(map)
          keys.appendRun(Object.keys(map))
          for (const one of items) values.append(requireItem(one, value))
          return items.length
        },
      }
    },
    json(range, [keys, values]) {
      return `{${indicesOf(range).map((index) => `${keys?.json(index)}:${values?.json(index)}`)}}`
    },
  })
}

/** Where each row's items end, counted from the column's first item; then the items of all rows, part by part. */
function listType({ name, parts, createItems, json }: ListType): NativeType {
  return {
    name,
    createBuilder() {
      const offsets = new ByteWriter()
      const { builders, append } = createItems()
      let total = 0
      return {
        writers: [offsets, ...builders.flatMap(({ writers }) => writers)],
        append(value) {
          total += append(value)
          offsets.writeInt64(total)
        },
        truncate(rows) {
          total = totalOf(offsets.bytes, 0, rows)
          offsets.used = rows * OFFSET_BYTES
          for (const builder of builders) builder.truncate(total)
        },
      }
    },
    walk(bytes, at, rows) {
      const total = walkOffsets(bytes, at, rows)
      return parts.reduce((start, part) => part.walk(bytes, start, total), at + rows * OFFSET_BYTES)
    },
    read(bytes, at, rows) {
      const total = totalOf(bytes, at, rows)
      const items: ColumnValues[] = []
      let start = at + rows * OFFSET_BYTES
      for (const part of parts) {
        items.push(part.read(bytes, start, total))
        start = part.walk(bytes, start, total)
      }
      const itemsOf = ({ first, end }: Range) => {
        return { first: totalOf(bytes, at, first), end: totalOf(bytes, at, end) }
      }
      return {
        json: (row) => json(itemsOf({ first: row, end: row + 1 }), items),
        select: (ranges) => [
          selectOffsets(ranges.flatMap(indicesOf).map((row) => itemsOf({ first: row, end: row + 1 }))),
          ...items.flatMap((part) => part.select(ranges.map(itemsOf))),
        ],
      }
    },
  }
}

/** A byte for each row, 1 where it is null; then the values of all rows. */
export function nullableOf(inner: NativeType): NativeType {
  return {
    name: `Nullable(${inner.name})`,
    createBuilder() {
      const nulls = new ByteWriter()
      const values = inner.createBuilder()
      return {
        writers: [nulls, ...values.writers],
        append(value = null) {
          values.append(value === null ? undefined : value)
          nulls.writeByte(value === null ? 1 : 0)
        },
        truncate(rows) {
          nulls.used = rows
          values.truncate(rows)
        },
      }
    },
    walk: (bytes, at, rows) => inner.walk(bytes, skip(bytes, at, rows), rows),
    read(bytes, at, rows) {
      const values = inner.read(bytes, at + rows, rows)
      return {
        json: (row) => (bytes[at + row] === 0 ? values.json(row) : 'null'),
        select: (ranges) => [
          ...ranges.map(({ first, end }) => bytes.subarray(at + first, at + end)),
          ...values.select(ranges),
        ],
      }
    },
  }
}

/** A default is for columns that a row leaves out, not for holes within a value. */
function requireItem(value: unknown, type: NativeType): unknown {
  if (value === undefined) throw misfit(value, type.name)
  return value
}

/** The number of items. @throws BlockError unless each row's end is at or after the one before */
function walkOffsets(bytes: Buffer, start: number, rows: number): number {
  const end = skip(bytes, start, rows * OFFSET_BYTES)
  let total = 0
  for (let at = start; at < end; at += OFFSET_BYTES) {
    const offset = readOffset(bytes, at)
    if (offset < total || offset > bytes.length) {
      throw new BlockError('malformed_rows', 'the Native data has lists that do not follow one another')
    }
    total = offset
  }
  return total
}

/** Items that the first `rows` rows have together; the offsets begin at `at`. */
function totalOf(bytes: Buffer, at: number, rows: number): number {
  return rows === 0 ? 0 : readOffset(bytes, at + (rows - 1) * OFFSET_BYTES)
}

function readOffset(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000
}

function selectOffsets(lists: readonly Range[]): Buffer {
  const writer = new ByteWriter()
  let total = 0
  for (const { first, end } of lists) {
    total += end - first
    writer.writeInt64(total)
  }
  return writer.bytes.subarray(0, writer.used)
}

function indicesOf({ first, end }: Range): number[] {
  return Array.from({ length: end - first }, (_, index) => first + index)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
