import { formatRow } from '@polo/core'

/** UTF-16 code units become at most this many bytes of UTF-8 each. */
const MAX_UTF8_BYTES = 3

/** Encoded rows in one allocation that is used again and again, so that memory does not grow with the rows that pass. */
export class RowBuffer {
  #bytes: Buffer
  #used = 0
  /** Where each row ends. */
  #ends: number[] = []

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  get rows(): number {
    return this.#ends.length
  }

  get byteLength(): number {
    return this.#used
  }

  append(row: object): void {
    const line = formatRow(row)
    this.#reserve(line.length * MAX_UTF8_BYTES)
    this.#used += this.#bytes.write(line, this.#used)
    this.#ends.push(this.#used)
  }

  /** The bytes of the rows from `first` up to, not including, `end`; valid until `clear`. */
  bytes(first: number, end: number): Buffer {
    return this.#bytes.subarray(this.#startOf(first), this.#startOf(end))
  }

  clear(): void {
    this.#used = 0
    this.#ends = []
  }

  #startOf(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] ?? this.#used)
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#used)
    this.#bytes = larger
  }
}
