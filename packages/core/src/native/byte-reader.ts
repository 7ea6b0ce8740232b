import { BlockError } from '../errors.ts'

/** A JavaScript number holds 53 bits; no honest length or count comes near. */
const MAX_VARINT_BYTES = 8

/** A place in the bytes of a Native block that moves as they are read. */
export class ByteReader {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  /** @throws BlockError where it is cut short or larger than 2^53 */
  varint(): number {
    let value = 0
    let scale = 1
    for (let read = 0; read < MAX_VARINT_BYTES; read++) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) throw cutShort()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value <= Number.MAX_SAFE_INTEGER) return value
        break
      }
      scale *= 0x80
    }
    throw new BlockError('malformed_rows', 'the Native data claims a size that no block can have')
  }

  /** Text after its length. @throws BlockError where it is cut short */
  text(): string {
    const size = this.varint()
    const start = this.at
    this.at = skip(this.bytes, start, size)
    return this.bytes.toString('utf8', start, this.at)
  }
}

/** Where `size` bytes from `at` end. @throws BlockError where there are fewer */
export function skip(bytes: Buffer, at: number, size: number): number {
  const end = at + size
  if (end > bytes.length) throw cutShort()
  return end
}

export function cutShort(): BlockError {
  return new BlockError('malformed_rows', 'the Native data ends before its rows do')
}
