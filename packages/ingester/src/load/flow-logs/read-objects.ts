import { type BulkLoad, type FlowLogName, readFlowLogName } from '@polo/core'
import pLimit from 'p-limit'
import { LoadError } from '../load-error.ts'
import type { LoadContext } from '../load-kind.ts'
import {
  type ObjectFormat,
  type ParquetColumn,
  parquetFormat,
  reasonToSkip,
  textFormat,
} from './object-format.ts'

/** An object of flow logs that is there, and how it is to be read. */
export interface FlowLogObject extends Omit<FlowLogName, 'format' | 'deliveredAt'> {
  readonly key: string
  /** Where it was read from. */
  readonly location: string
  readonly source: string
  readonly kind: FlowLogName['format']
  /** Undefined where there is no record in it. */
  readonly format: ObjectFormat | undefined
  /** What `_path` says of its records; '' where there are none. */
  readonly path: string
  /** Why its records are not counted; '' where they are. */
  readonly skipped: string
  /** By its name, or else now. */
  readonly deliveredAt: Date
}

/** Of what is asked of single objects. */
const CONCURRENCY = 4
/** A line of all field names that there are is a tenth of it. */
const HEADER_CHARACTERS = 10_000
export const READ_SETTINGS = {
  join_use_nulls: 0,
  // Comparing addresses takes less time than choosing the rows to compare them of.
  short_circuit_function_evaluation: 'disable',
} as const
/** Blocks of an object that are handed to several threads come out of them in any order. */
const FIRST_ROW_SETTINGS = { ...READ_SETTINGS, parallelize_output_from_storages: 0 } as const

type Reading = Pick<LoadContext, 'files' | 'select'>

interface FirstRow {
  readonly key: string
  readonly path: string
  readonly line: string
}

/**
 * What objects are like, one of each name: copies of an object say the same.
 * @throws LoadError for one that is missing, or that cannot be one of flow logs
 */
export async function readObjects(loads: readonly BulkLoad[], context: Reading): Promise<FlowLogObject[]> {
  const keys = [...new Set(loads.map(({ key }) => key))]
  const facts = await context.files.stat(keys)
  const missing = keys.find((key) => !facts.has(key))
  if (missing !== undefined) {
    throw new LoadError(
      `${missing} is not there: if it was deleted or has expired, polo loads dismiss ends the tries`,
    )
  }
  const firstRows = await readFirstRows(
    keys.filter((key) => facts.get(key)?.bytes !== 0),
    context,
  )
  const limit = pLimit(CONCURRENCY)
  const named = new Map(loads.map((load) => [readFlowLogName(load.bucket, load.key).object, load]))
  return await Promise.all([...named.values()].map((load) => limit(readObject, load, { firstRows, context })))
}

async function readObject(
  { bucket, key, source, storage }: BulkLoad,
  { firstRows, context }: { readonly firstRows: ReadonlyMap<string, FirstRow>; readonly context: Reading },
): Promise<FlowLogObject> {
  const { format: kind, deliveredAt, ...name } = readFlowLogName(bucket, key)
  const location = storage === 's3' ? `s3://${bucket}/${key}` : `${bucket}/${key}`
  const first = firstRows.get(key)
  const format = first && (await formatOf(first, { kind, location, context }))
  const skipped = format ? reasonToSkip(format) : ''
  if (
    format &&
    skipped === '' &&
    !deliveredAt &&
    !['start', 'end'].some((field) => format.fields.includes(field))
  ) {
    throw new LoadError(`${location} says no time: its fields are ${format.fields.join(' ')}`, {
      isFinal: true,
    })
  }
  const read = { path: first?.path ?? '', deliveredAt: deliveredAt ?? new Date() }
  return { ...name, ...read, key, location, source, kind, format, skipped }
}

interface Place {
  readonly kind: FlowLogName['format']
  readonly location: string
  readonly context: Reading
}

async function formatOf({ key, line }: FirstRow, { kind, location, context }: Place): Promise<ObjectFormat> {
  if (kind === 'text') return textFormat(line)
  const query = `DESCRIBE TABLE ${context.files.table([key], 'Parquet')}`
  return parquetFormat(await context.select<ParquetColumn>(query, { settings: READ_SETTINGS }), location)
}

/** Of each object that has any. */
async function readFirstRows(
  keys: readonly string[],
  { files, select }: Reading,
): Promise<ReadonlyMap<string, FirstRow>> {
  if (keys.length === 0) return new Map()
  const firstRow = (key: string) =>
    readFlowLogName('', key).format === 'parquet'
      ? `SELECT _path AS path, '' AS line FROM ${files.table([key], 'Parquet')} LIMIT 1`
      : `SELECT _path AS path, substring(line, 1, ${HEADER_CHARACTERS}) AS line
         FROM ${files.table([key], 'LineAsString', 'line String')} WHERE line != '' LIMIT 1`
  const query = keys.map((key) => `SELECT * FROM (${firstRow(key)})`).join(' UNION ALL ')
  const rows = await select<Omit<FirstRow, 'key'>>(query, { settings: FIRST_ROW_SETTINGS })
  return new Map(rows.map((row) => [files.keyOf(row.path), { ...row, key: files.keyOf(row.path) }]))
}
