import type { BlockRows } from '../block-rows.ts'
import { ByteWriter } from './byte-writer.ts'
import type { ColumnValues, Range } from './native-type.ts'
import { type NativeBlock, walkNative } from './walk-native.ts'

/** One of the Native blocks of a body; `first` is the index of its first row in the body. */
interface Chunk extends Range {
  readonly columns: readonly {
    readonly header: Buffer
    readonly key: string
    readonly values: ColumnValues
  }[]
}

/** The rows of a Native body that was opened. */
export function readNativeRows(raw: Buffer): BlockRows {
  const chunks: Chunk[] = []
  let length = 0
  for (const block of walkNative(raw, undefined)) {
    chunks.push(readChunk(raw, block, length))
    length += block.rows
  }
  return {
    length,
    json(index) {
      const { columns, first } = findChunk(chunks, index)
      return `{${columns.map(({ key, values }) => `${key}:${values.json(index - first)}`)}}`
    },
    select(indices) {
      const body = new ByteWriter()
      for (const { chunk, ranges } of groupByChunk(chunks, indices)) writeChunk(chunk, ranges, body)
      return body.bytes.subarray(0, body.used)
    },
  }
}

function readChunk(raw: Buffer, { rows, columns }: NativeBlock, first: number): Chunk {
  return {
    first,
    end: first + rows,
    columns: columns.map(({ name, type, header, start }) => {
      return { header, key: JSON.stringify(name), values: type.read(raw, start, rows) }
    }),
  }
}

function findChunk(chunks: readonly Chunk[], index: number): Chunk {
  for (let low = 0, high = chunks.length; low < high; ) {
    const middle = (low + high) >> 1
    const chunk = chunks[middle]
    if (!chunk) break
    if (index < chunk.first) high = middle
    else if (index >= chunk.end) low = middle + 1
    else return chunk
  }
  throw new RangeError(`the block has no row ${index}`)
}

interface Selection {
  readonly chunk: Chunk
  /** By index within the chunk; neighbours are one range. */
  readonly ranges: { first: number; end: number }[]
}

function groupByChunk(chunks: readonly Chunk[], indices: readonly number[]): Selection[] {
  const groups: Selection[] = []
  for (const index of indices) {
    const chunk = findChunk(chunks, index)
    const row = index - chunk.first
    const group = groups.at(-1)
    const range = group?.ranges.at(-1)
    if (group?.chunk !== chunk) groups.push({ chunk, ranges: [{ first: row, end: row + 1 }] })
    else if (range?.end === row) range.end++
    else group.ranges.push({ first: row, end: row + 1 })
  }
  return groups
}

function writeChunk({ columns }: Chunk, ranges: readonly Range[], to: ByteWriter): void {
  to.writeVarint(columns.length)
  to.writeVarint(ranges.reduce((rows, { first, end }) => rows + end - first, 0))
  for (const { header, values } of columns) {
    to.write(header)
    for (const part of values.select(ranges)) to.write(part)
  }
}
