import { BlockError } from './errors.ts'

const NEWLINE = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d

/**
 * Rows that ClickHouse will read from `raw`: one per line that is not empty.
 * ClickHouse also takes rows that share a line or span several, as well as arrays; there the count would not hold.
 * @throws BlockError where a line is not exactly one JSON object
 */
export function countRows(raw: Buffer): number {
  const text = raw.toString('latin1')
  let rows = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    if (end > start) {
      if (!isOneObject(text, start, end)) throw malformed(rows)
      rows++
    }
    start = end + 1
  }
  return rows
}

/** The lines of a decompressed block, without their newlines; empty ones are left out. */
export function* splitRows(raw: Buffer): Generator<Buffer> {
  for (let start = 0; start < raw.length; ) {
    const newline = raw.indexOf(NEWLINE, start)
    const end = newline === -1 ? raw.length : newline
    if (end > start) yield raw.subarray(start, end)
    start = end + 1
  }
}

/** Looks at braces outside strings alone, which is a third of the cost of parsing; the rest is ClickHouse's to check. */
function isOneObject(text: string, start: number, end: number): boolean {
  if (text.charCodeAt(start) !== OPENING_BRACE) return false
  let depth = 0
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = closingQuote(text, at)
    } else if (code === OPENING_BRACE) {
      depth++
    } else if (code === CLOSING_BRACE) {
      depth--
      if (depth === 0) return text.slice(at + 1, end).trim() === ''
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
