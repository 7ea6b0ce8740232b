import type { QueuedSchema } from '../queued-schemas.ts'
import { ByteWriter } from './byte-writer.ts'
import { countFields } from './count-fields.ts'
import { nativeColumns } from './native-columns.ts'
import type { ColumnBuilder } from './native-type.ts'

/** The numbers of columns and rows. */
const MAX_COUNTS_BYTES = 16

interface Column {
  readonly name: string
  readonly header: Buffer
  readonly builder: ColumnBuilder
}

/**
 * Builds the Native body of a block from rows as they come, column by column, as `formatRow` would line by line: a
 * field that a row lacks is its type's default. Its memory is used again after `clear`.
 */
export class NativeEncoder {
  readonly #schema: QueuedSchema
  readonly #columns: readonly Column[]
  readonly #writers: readonly ByteWriter[]
  readonly #headerBytes: number
  readonly #body = new ByteWriter()
  #rows = 0

  constructor(schema: QueuedSchema) {
    this.#schema = schema
    this.#columns = nativeColumns(schema).map(({ name, type, header }) => {
      return { name, header, builder: type.createBuilder() }
    })
    this.#headerBytes = this.#columns.reduce((bytes, { header }) => bytes + header.length, MAX_COUNTS_BYTES)
    this.#writers = this.#columns.flatMap(({ builder }) => builder.writers)
  }

  get rows(): number {
    return this.#rows
  }

  /** Bytes of the rows so far, without the columns' names. */
  get byteLength(): number {
    let bytes = 0
    for (const writer of this.#writers) bytes += writer.used
    return bytes
  }

  /**
   * Takes a row whole or not at all.
   * @throws TypeError which names the column that the schema does not have, or whose value does not fit
   */
  append(row: Readonly<Record<string, unknown>>): void {
    let present = 0
    for (const { name, builder } of this.#columns) {
      const value = row[name]
      if (value !== undefined) present++
      try {
        builder.append(value)
      } catch (cause) {
        this.#rollBack()
        throw this.#refusal(name, cause)
      }
    }
    if (countFields(row) > present) this.#refuseUnknown(row)
    this.#rows++
  }

  /** The block's body; valid until the next call and the next `clear`. */
  body(): Buffer {
    const body = this.#body
    body.clear()
    body.reserve(this.byteLength + this.#headerBytes)
    body.writeVarint(this.#columns.length)
    body.writeVarint(this.#rows)
    for (const { header, builder } of this.#columns) {
      body.write(header)
      for (const { bytes, used } of builder.writers) body.write(bytes.subarray(0, used))
    }
    return body.bytes.subarray(0, body.used)
  }

  clear(): void {
    this.#rows = 0
    this.#rollBack()
  }

  #rollBack(): void {
    for (const { builder } of this.#columns) builder.truncate(this.#rows)
  }

  #refuseUnknown(row: Readonly<Record<string, unknown>>): void {
    const names = new Set(this.#columns.map(({ name }) => name))
    const unknown = Object.keys(row).find((name) => row[name] !== undefined && !names.has(name))
    if (unknown === undefined) return
    this.#rollBack()
    throw this.#refusal(unknown, new TypeError('there is no such column'))
  }

  #refusal(column: string, cause: unknown): TypeError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new TypeError(`${this.#schema.name}, ${column}: ${reason}`, { cause })
  }
}
