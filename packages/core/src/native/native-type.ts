import type { ByteWriter } from './byte-writer.ts'

/** How ClickHouse's Native format writes the values of one type. */
export interface NativeType {
  /** As the header of a column says it. */
  readonly name: string
  createBuilder(): ColumnBuilder
  /**
   * Where the column of `rows` values that begins at `at` ends, without looking at the values.
   * @throws BlockError where it does not end within the bytes
   */
  walk(bytes: Buffer, at: number, rows: number): number
  /** The values of a column that `walk` found whole. */
  read(bytes: Buffer, at: number, rows: number): ColumnValues
}

/** A column that takes its values one by one. */
export interface ColumnBuilder {
  /** Everything it has written, in the order of the format. */
  readonly writers: readonly ByteWriter[]
  /** Undefined stands for the type's default. @throws TypeError where the value does not fit */
  append(value: unknown): void
  /** Forgets what came after the first `rows` values, also of one that was only half appended. */
  truncate(rows: number): void
}

export interface ColumnValues {
  /** The value of a row as JSON. */
  json(row: number): string
  /** The encoded bytes of a column of these rows alone. */
  select(rows: readonly Range[]): Buffer[]
}

/** From `first` up to, not including, `end`. */
export interface Range {
  readonly first: number
  readonly end: number
}

/** Says nothing of the value itself, which may be secret. */
export function misfit(value: unknown, type: string): TypeError {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : `this ${typeof value}`
  return new TypeError(`${kind} does not fit ${type}`)
}
