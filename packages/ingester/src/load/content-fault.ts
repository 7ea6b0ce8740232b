import { ClickHouseError } from '@clickhouse/client'

/**
 * Codes by which the engine says that it cannot take what is in a file; reading the same again ends the same way.
 * https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
 */
const CODES: ReadonlySet<number> = new Set([
  // Text that is not of its type, rows of another length.
  6, 7, 25, 26, 27, 38, 41, 53, 69, 70, 72, 117, 321, 349, 376, 407, 441, 467, 632, 636,
  // Cut off, damaged, or no such compression.
  32, 33, 39, 128, 131, 246, 271, 354, 432, 448, 554, 561, 594, 618, 638, 723,
  // A line that is none: without account, time or period.
  469,
])

/** Whether the engine found fault with what is in the files, and not with the way to them. */
export function isContentFault(error: unknown): error is ClickHouseError {
  return error instanceof ClickHouseError && CODES.has(Number(error.code))
}

const MAX_LENGTH = 200
const PREFIX = /^.*\bCode: \d+\. DB::Exception: /s
/** After these the engine says where in its own pipeline it was. */
const CONTEXT =
  /: (?:while|While|read stage|\(while|\(in file|\(at row|In scope)| \(version |\.? \([A-Z_]{4,}\)|You can specify/
const COLUMN = /: column: ([^:]+):/
/** The engine may count one more where it reads a file in parallel. */
const ROW = /\(at row (\d+)\)/
const VALUE = /'[^']*'/g

/** `x.parquet, column line_item_unblended_cost, cannot be read: …`: the engine's words, without values. Nothing is decided by them. */
export function describeContentFault(key: string, { message, code }: ClickHouseError): string {
  const [, column] = COLUMN.exec(message) ?? []
  const [told = ''] = message.replace(PREFIX, '').split(CONTEXT)
  const words = told.replaceAll(VALUE, '…').replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LENGTH)
  const [, row] = ROW.exec(message) ?? []
  const where = [key, ...(row ? [`about row ${row}`] : []), ...(column ? [`column ${column}`] : [])].join(
    ', ',
  )
  return `${where} cannot be read: ${words} (ClickHouse ${code})`
}
