import { skip } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { misfit, type NativeType } from './native-type.ts'

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
/** What a JavaScript Date can hold. */
const MAX_TIME_MS = 8_640_000_000_000_000n
const UINT32_MAX = 0xffff_ffff
const NIL_UUID = '00000000-0000-0000-0000-000000000000'
const DASH = 0x2d
const DASHES_AT = [8, 13, 18, 23]
/** Where the text of a UUID has the two digits of each byte: Native has two little-endian halves. */
const DIGITS_AT = [16, 14, 11, 9, 6, 4, 2, 0, 34, 32, 30, 28, 26, 24, 21, 19]
const NO_DIGIT = 0xff
const DIGITS = new Uint8Array(0x80).fill(NO_DIGIT)
for (let digit = 0; digit < 16; digit++) {
  DIGITS[digit.toString(16).charCodeAt(0)] = digit
  DIGITS[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

interface FixedType {
  readonly name: string
  /** Bytes of each value. */
  readonly size: number
  createWrite(): (value: unknown, to: ByteWriter) => void
  json(bytes: Buffer, at: number): string
}

function fixedType({ name, size, createWrite, json }: FixedType): NativeType {
  return {
    name,
    createBuilder() {
      const writer = new ByteWriter()
      const write = createWrite()
      return {
        writers: [writer],
        append: (value) => write(value, writer),
        truncate(rows) {
          writer.used = rows * size
        },
      }
    },
    walk: (bytes, at, rows) => skip(bytes, at, rows * size),
    read: (bytes, start) => ({
      json: (row) => json(bytes, start + row * size),
      select: (ranges) =>
        ranges.map(({ first, end }) => bytes.subarray(start + first * size, start + end * size)),
    }),
  }
}

export const UUID = fixedType({
  name: 'UUID',
  size: 16,
  createWrite: () => writeUuid,
  json(bytes, at) {
    const halves = Buffer.concat([
      bytes.subarray(at, at + 8).toReversed(),
      bytes.subarray(at + 8, at + 16).toReversed(),
    ])
    return `"${halves.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}"`
  },
})

/** Milliseconds since the epoch; written as and from ISO 8601. */
export const DATE_TIME = fixedType({
  name: "DateTime64(3, 'UTC')",
  size: 8,
  createWrite() {
    let lastText: unknown
    let lastMs = 0
    return (value, to) => {
      // Most rows have the time of the one before.
      if (value !== lastText) {
        lastMs = value === undefined ? 0 : toTimeMs(value)
        lastText = value
      }
      to.writeInt64(lastMs)
    }
  },
  json(bytes, at) {
    const ms = bytes.readBigInt64LE(at)
    if (ms > MAX_TIME_MS || ms < -MAX_TIME_MS) return String(ms)
    return `"${new Date(Number(ms)).toISOString()}"`
  },
})

export const FLOAT64 = fixedType({
  name: 'Float64',
  size: 8,
  createWrite:
    () =>
    (value = 0, to) => {
      if (typeof value !== 'number') throw misfit(value, 'Float64')
      // Adding 0 turns -0 into 0, as JSON does.
      to.writeFloat64(value + 0)
    },
  json: (bytes, at) => JSON.stringify(bytes.readDoubleLE(at)),
})

export const UINT64 = fixedType({
  name: 'UInt64',
  size: 8,
  createWrite:
    () =>
    (value = 0, to) => {
      to.writeInt64(wholeNumber(value, Number.MAX_SAFE_INTEGER, 'UInt64'))
    },
  json: (bytes, at) => String(bytes.readBigUInt64LE(at)),
})

export const UINT32 = fixedType({
  name: 'UInt32',
  size: 4,
  createWrite:
    () =>
    (value = 0, to) => {
      to.writeUint32(wholeNumber(value, UINT32_MAX, 'UInt32'))
    },
  json: (bytes, at) => String(bytes.readUInt32LE(at)),
})

function wholeNumber(value: unknown, max: number, type: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value
  throw misfit(value, type)
}

function toTimeMs(value: unknown): number {
  const ms = typeof value === 'string' && ISO_TIME.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms)) throw misfit(value, DATE_TIME.name)
  return ms
}

function writeUuid(value: unknown = NIL_UUID, to: ByteWriter): void {
  if (typeof value !== 'string' || value.length !== 36) throw misfit(value, 'UUID')
  for (const dash of DASHES_AT) if (value.charCodeAt(dash) !== DASH) throw misfit(value, 'UUID')
  let at = to.take(16)
  for (const digits of DIGITS_AT) {
    const high = DIGITS[value.charCodeAt(digits)] ?? NO_DIGIT
    const low = DIGITS[value.charCodeAt(digits + 1)] ?? NO_DIGIT
    if ((high | low) === NO_DIGIT) throw misfit(value, 'UUID')
    to.bytes[at++] = (high << 4) | low
  }
}
