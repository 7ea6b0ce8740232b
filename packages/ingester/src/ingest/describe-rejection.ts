import type { Rejection } from './insert.ts'
import type { RowFault } from './row-check.ts'

const MAX_LENGTH = 300

/** After these ClickHouse quotes the row, or says where in its own pipeline it was. */
const QUOTED_DATA = / before: |Column values:|: \(at row |: While executing |: \(in file|\(version /
const COLUMN = /\(while reading the value of key (.+?)\)/
const UNKNOWN_COLUMN = /Unknown field found while parsing JSONEachRow format: (.+?)(?:: \(at row |$)/
const PREFIX = /^(?:Code: \d+\. DB::Exception: )+/
const QUOTED = /'[^']*'|"[^"]*"/g
const UUID_TEXT = /(Cannot parse uuid) .*/i

/**
 * ClickHouse's words about a row, for a person to read: bounded, and without the row's values, which may be secret.
 * Nothing is decided by them.
 */
export function describeRejection({ code, message }: Rejection): RowFault {
  const column = (COLUMN.exec(message) ?? UNKNOWN_COLUMN.exec(message))?.[1] ?? ''
  const [told = ''] = message.replace(PREFIX, '').split(QUOTED_DATA)
  const safe = told
    .replace(COLUMN, '')
    .replace(UUID_TEXT, '$1')
    .replace(QUOTED, "'…'")
    .replace(/[\s:.,]+$/, '')
  return { column: shorten(column, 100), code, message: shorten(safe, MAX_LENGTH) }
}

/** At most `length` characters, well-formed. */
export function shorten(text: string, length: number): string {
  return (text.length > length ? `${text.slice(0, length - 1)}…` : text).toWellFormed()
}
