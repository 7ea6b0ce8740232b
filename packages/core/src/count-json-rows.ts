import { BlockError } from './errors.ts'

const NEWLINE = 0x0a
const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d

/**
 * Rows that ClickHouse will read from `raw`, if it takes it at all: one per line that is not empty.
 * ClickHouse also takes rows that share a line or span several, as well as arrays; there the count would not hold.
 * More rows than `most` are not looked at: megabytes of tiny rows would take seconds.
 * @throws BlockError where a line is not exactly one JSON object, or there are more than `most`
 */
export function countRows(raw: Buffer, most = Number.POSITIVE_INFINITY): number {
  let rows = 0
  let last = { start: 0, end: 0 }
  for (const line of lines(raw)) {
    if (rows === most) throw new BlockError('row_count_mismatch', `the data has more than ${most} rows`)
    if (!isPlainRow(raw, line) && !isOneObject(raw, line)) throw malformed(rows)
    last = line
    rows++
  }
  // No row after it vouches for the last one.
  if (rows > 0 && !isOneObject(raw, last)) throw malformed(rows - 1)
  return rows
}

/** The lines of a decompressed block, without their newlines; empty ones are left out. */
export function* splitRows(raw: Buffer): Generator<Buffer> {
  for (const { start, end } of lines(raw)) yield raw.subarray(start, end)
}

interface Line {
  readonly start: number
  readonly end: number
}

function* lines(raw: Buffer): Generator<Line> {
  for (let start = 0; start < raw.length; ) {
    // Empty lines one by one: a search costs more than it skips.
    if (raw[start] === NEWLINE) {
      start++
      continue
    }
    const newline = raw.indexOf(NEWLINE, start)
    const end = newline === -1 ? raw.length : newline
    yield { start, end }
    start = end + 1
  }
}

/**
 * Whether nothing but one row can be on this line, unless ClickHouse refuses it: true of most rows, and told without
 * reading them. It ends in `x"}`, where x is a letter or a digit: no string can open after one, so this quote closes one
 * and the brace is outside. The next line's brace after that one can only be a new row's, so this row is over.
 * A second row on this line would have to open after a closing brace, not after a colon.
 */
function isPlainRow(raw: Buffer, { start, end }: Line): boolean {
  if (raw[start] !== OPENING_BRACE) return false
  if (raw[end - 1] !== CLOSING_BRACE || raw[end - 2] !== QUOTE || !isAlphanumeric(raw[end - 3])) return false
  let brace = raw.indexOf(OPENING_BRACE, start + 1)
  while (brace !== -1 && brace < end) {
    if (raw[brace - 1] !== COLON) return false
    brace = raw.indexOf(OPENING_BRACE, brace + 1)
  }
  return true
}

function isAlphanumeric(byte = 0): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
}

/** Looks at braces outside strings alone, which is a third of the cost of parsing; the rest is ClickHouse's to check. */
function isOneObject(raw: Buffer, { start, end }: Line): boolean {
  const text = raw.toString('latin1', start, end)
  if (text.charCodeAt(0) !== OPENING_BRACE) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = closingQuote(text, at)
    } else if (code === OPENING_BRACE) {
      depth++
    } else if (code === CLOSING_BRACE) {
      depth--
      if (depth === 0) return text.slice(at + 1).trim() === ''
    }
  }
  return false
}

function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return text.length
}

function malformed(row: number): BlockError {
  return new BlockError('malformed_rows', `row ${row} is not one JSON object on a line of its own`)
}
