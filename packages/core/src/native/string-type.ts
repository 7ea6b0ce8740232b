import { ByteReader, cutShort, skip } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { type ColumnBuilder, type ColumnValues, misfit, type NativeType } from './native-type.ts'

const CONTINUES = 0x80

/** Each value is its length in bytes, as a varint, and its bytes. */
export const STRING: NativeType = {
  name: 'String',
  createBuilder: () => new StringBuilder(),
  walk: walkStrings,
  read: readStrings,
}

export class StringBuilder implements ColumnBuilder {
  readonly #writer = new ByteWriter()
  readonly writers = [this.#writer]
  /** Where the value before is: most columns repeat theirs. */
  #lastText: string | undefined
  #lastStart = 0
  #lastEnd = 0

  /** The texts that were last appended together: a map's keys are mostly those of the row before. */
  #lastRun: readonly string[] = []
  #runStart = 0
  #runEnd = 0

  append(value: unknown = ''): void {
    if (typeof value !== 'string') throw misfit(value, 'String')
    const writer = this.#writer
    const start = writer.used
    if (value === this.#lastText && start === this.#lastEnd) {
      writer.repeat(this.#lastStart, this.#lastEnd)
    } else {
      writer.writeText(value)
      this.#lastText = value
    }
    this.#lastStart = start
    this.#lastEnd = writer.used
  }

  appendRun(texts: readonly string[]): void {
    const writer = this.#writer
    const start = writer.used
    if (start === this.#runEnd && isSame(texts, this.#lastRun)) {
      writer.repeat(this.#runStart, this.#runEnd)
    } else {
      for (const text of texts) writer.writeText(text)
      this.#lastRun = texts
    }
    this.#runStart = start
    this.#runEnd = writer.used
  }

  truncate(rows: number): void {
    this.#writer.used = walkStrings(this.#writer.bytes.subarray(0, this.#writer.used), 0, rows)
  }
}

function walkStrings(bytes: Buffer, start: number, count: number): number {
  let at = start
  for (let left = count; left > 0; left--) {
    const size = bytes[at]
    if (size === undefined) throw cutShort()
    at = size < CONTINUES ? at + 1 + size : walkLongString(bytes, at)
  }
  if (at > bytes.length) throw cutShort()
  return at
}

function walkLongString(bytes: Buffer, at: number): number {
  const reader = new ByteReader(bytes, at)
  const size = reader.varint()
  return skip(bytes, reader.at, size)
}

function readStrings(bytes: Buffer, start: number, count: number): ColumnValues {
  const starts = new Uint32Array(count + 1)
  starts[0] = start
  for (let row = 0; row < count; row++) starts[row + 1] = walkStrings(bytes, starts[row] ?? 0, 1)
  return {
    json: (row) => JSON.stringify(new ByteReader(bytes, starts[row]).text()),
    select: (ranges) => ranges.map(({ first, end }) => bytes.subarray(starts[first], starts[end])),
  }
}

function isSame(texts: readonly string[], others: readonly string[]): boolean {
  if (texts.length !== others.length) return false
  for (let index = 0; index < texts.length; index++) if (texts[index] !== others[index]) return false
  return true
}
