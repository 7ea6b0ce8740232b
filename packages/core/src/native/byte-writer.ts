const INITIAL_BYTES = 1024
/** UTF-16 code units become at most this many bytes of UTF-8 each. */
const MAX_UTF8_BYTES = 3
const MAX_VARINT_BYTES = 8
/** Up to here a loop beats the call that `Buffer` makes into C++. */
const SHORT_TEXT = 32

/** Little-endian bytes that grow as they are written, in an allocation that is used again after `clear`. */
export class ByteWriter {
  bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  used = 0
  #view = new DataView(this.bytes.buffer)

  /** Makes room for `size` more bytes, and says where they go; the caller writes them. */
  take(size: number): number {
    this.reserve(size)
    const at = this.used
    this.used += size
    return at
  }

  /** A length in bytes as a varint, and the text in UTF-8, half a surrogate pair as U+FFFD. */
  writeText(text: string): void {
    this.reserve(text.length * MAX_UTF8_BYTES + MAX_VARINT_BYTES)
    if (text.length > SHORT_TEXT || !this.#writeShortAscii(text)) this.#writeUtf8(text)
  }

  /** The bytes from `start` to `end` once more. */
  repeat(start: number, end: number): void {
    this.reserve(end - start)
    const { bytes } = this
    if (end - start > SHORT_TEXT) bytes.copyWithin(this.used, start, end)
    else for (let from = start, to = this.used; from < end; ) bytes[to++] = bytes[from++] ?? 0
    this.used += end - start
  }

  writeVarint(value: number): void {
    this.reserve(MAX_VARINT_BYTES)
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.bytes[this.used++] = (rest % 0x80) | 0x80
    this.bytes[this.used++] = rest
  }

  writeByte(value: number): void {
    const at = this.take(1)
    this.bytes[at] = value
  }

  writeUint32(value: number): void {
    const at = this.take(4)
    this.#view.setUint32(at, value, true)
  }

  /** A whole number, which may be negative, in 64 bits. */
  writeInt64(value: number): void {
    const at = this.take(8)
    this.#view.setUint32(at, value >>> 0, true)
    this.#view.setInt32(at + 4, Math.floor(value / 0x1_0000_0000), true)
  }

  writeFloat64(value: number): void {
    const at = this.take(8)
    this.#view.setFloat64(at, value, true)
  }

  write(bytes: Buffer): void {
    const at = this.take(bytes.length)
    bytes.copy(this.bytes, at)
  }

  clear(): void {
    this.used = 0
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.used + size
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.used)
    this.bytes = larger
    this.#view = new DataView(larger.buffer)
  }

  #writeShortAscii(text: string): boolean {
    const { bytes } = this
    const { length } = text
    let at = this.used
    bytes[at++] = length
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code >= 0x80) return false
      bytes[at++] = code
    }
    this.used = at
    return true
  }

  /** Most text is ASCII, so room for its length is guessed and what was written moved where there are more bytes. */
  #writeUtf8(text: string): void {
    const guess = varintSize(text.length)
    const start = this.used + guess
    const size = this.bytes.write(text, start)
    const moved = varintSize(size) - guess
    if (moved > 0) this.bytes.copyWithin(start + moved, start, start + size)
    this.writeVarint(size)
    this.used += size
  }
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}
