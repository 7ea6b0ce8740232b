import { quoteName } from '../quote.ts'
import type { FlowLogField, ObjectFormat, ParquetColumn } from './object-format.ts'

/** Records as SQL sees them: where they come from, and how each field of one is read. */
export interface RecordSource {
  /** A subquery with a row per record, or per line that should be one; `path` is its object's. */
  readonly from: string
  /** The same with its `line` as a person reads it and its `line_number`: of one object, read in order. */
  readonly fromNumbered: string
  readonly has: (field: FlowLogField) => boolean
  /** A field's text; '-', as AWS writes it, where it is missing. */
  readonly text: (field: FlowLogField) => string
  /** A field's whole number; NULL where it is none. */
  readonly number: (field: FlowLogField) => string
  /** Whether there are less, or more, values in a record than there are fields. */
  readonly tooFew: string
  readonly tooMany: string
}

const LINE_NUMBER = 'rowNumberInAllBlocks() + 1'
const MISSING = "'-'"
const NO_NUMBER = "CAST(NULL, 'Nullable(UInt64)')"

/** `{header: String}` is the line of field names, wherever in the object it stands; blank lines are nothing. */
function textSource(
  fields: readonly string[],
  tableOf: (format: string, structure?: string) => string,
): RecordSource {
  const value = (field: FlowLogField) => `f[${fields.indexOf(field) + 1}]`
  const has = (field: FlowLogField) => fields.includes(field)
  const table = tableOf('LineAsString', 'line String')
  const isRecord = 'line != {header: String} AND notEmpty(f)'
  return {
    from: `SELECT _path AS path, splitByWhitespace(line) AS f FROM ${table} WHERE ${isRecord}`,
    fromNumbered: `SELECT path, line, line_number, splitByWhitespace(line) AS f
      FROM (SELECT _path AS path, line, ${LINE_NUMBER} AS line_number FROM ${table}) WHERE ${isRecord}`,
    has,
    text: (field) => (has(field) ? value(field) : MISSING),
    number: (field) => (has(field) ? `toUInt64OrNull(${value(field)})` : NO_NUMBER),
    tooFew: `length(f) < ${fields.length}`,
    tooMany: `length(f) > ${fields.length}`,
  }
}

function parquetSource(
  fields: readonly string[],
  columns: readonly ParquetColumn[],
  tableOf: (format: string) => string,
): RecordSource {
  const columnOf = (field: FlowLogField) => columns[fields.indexOf(field)]
  const has = (field: FlowLogField) => columnOf(field) !== undefined
  const table = tableOf('Parquet')
  const names = columns.map(({ name }) => quoteName(name)).join(', ')
  return {
    from: `SELECT _path AS path, ${names} FROM ${table}`,
    fromNumbered: `SELECT _path AS path, ${LINE_NUMBER} AS line_number, toJSONString(tuple(${names})) AS line, ${names} FROM ${table}`,
    has,
    text(field) {
      const column = columnOf(field)
      if (!column) return MISSING
      const text = `ifNull(toString(${quoteName(column.name)}), '')`
      // Account ids that were stored as numbers have lost their zeros.
      const whole = field === 'account-id' && isInteger(column) ? `leftPad(${text}, 12, '0')` : text
      return `if(${text} IN ('', 'None'), ${MISSING}, ${whole})`
    },
    number(field) {
      const column = columnOf(field)
      if (!column) return NO_NUMBER
      const name = quoteName(column.name)
      return isInteger(column)
        ? `accurateCastOrNull(${name}, 'UInt64')`
        : `toUInt64OrNull(ifNull(toString(${name}), ''))`
    },
    tooFew: '0',
    tooMany: '0',
  }
}

function isInteger({ type }: ParquetColumn): boolean {
  return /^(?:Nullable\()?U?Int\d+\)?$/.test(type)
}

/** `tableOf` makes the table function that reads the objects, given ClickHouse's name of the format. */
export function recordSource(
  format: ObjectFormat,
  tableOf: (format: string, structure?: string) => string,
): RecordSource {
  return format.kind === 'text'
    ? textSource(format.fields, tableOf)
    : parquetSource(format.fields, format.columns, tableOf)
}
