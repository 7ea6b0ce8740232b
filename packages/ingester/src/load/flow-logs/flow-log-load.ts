import { type BulkLoad, readFlowLogName } from '@polo/core'
import pLimit from 'p-limit'
import { describeContentFault, isContentFault } from '../content-fault.ts'
import { LoadError } from '../load-error.ts'
import type { LoadContext, LoadedPart, LoadKind } from '../load-kind.ts'
import { quoteList } from '../quote.ts'
import { eventsSql } from './event-sql.ts'
import { IN_ORDER, malformedSql } from './malformed-sql.ts'
import { commitObjects, countTraffic, NO_RECORDS, type ObjectCounts } from './object-counts.ts'
import { formatKey, type ObjectFormat } from './object-format.ts'
import { type FlowLogObject, READ_SETTINGS, readObjects } from './read-objects.ts'
import { type RecordSource, recordSource } from './record-source.ts'
import { trafficSql } from './traffic-sql.ts'

/** Objects of one statement; AWS delivers one per flow log every five or ten minutes. */
const BATCH_SIZE = 100
/** Objects whose malformed lines are read at once. */
const CONCURRENCY = 2

/** VPC flow logs: traffic per network interface, direction, class of peer and hour, and the events of those hours. */
export function flowLogs({ keptDays }: FlowLogOptions): LoadKind {
  return {
    kind: 'flow_logs',
    batchSize: BATCH_SIZE,
    load: (loads, context) =>
      loadFlowLogs(loads, { context, keptDays }).catch((error: unknown) => explainFault(error, loads)),
  }
}

export interface FlowLogOptions {
  /** How long traffic is kept; older records are counted, for the database drops them. */
  readonly keptDays: number
}

/**
 * What is in an object is the same at every other try; of several, each is tried alone first.
 * @throws LoadError which is final for a damaged object, else `error`
 */
function explainFault(error: unknown, [load, ...others]: readonly BulkLoad[]): never {
  if (!load || others.length > 0 || !isContentFault(error)) throw error
  const fault = describeContentFault(load.key, error)
  throw new LoadError(`${fault}. Nothing of it was loaded`, { isFinal: true })
}

/** One attempt, and the time by which its rows are told from those of others. */
interface Loading {
  readonly context: LoadContext
  readonly loadedAt: string
}

/**
 * Aggregates objects into a staging table, checks what came of it, and only then makes it count: their traffic, the rows
 * that name the objects as loaded, and the events of the hours that they touch.
 */
async function loadFlowLogs(
  loads: readonly BulkLoad[],
  { context, keptDays }: FlowLogOptions & Pick<Loading, 'context'>,
): Promise<LoadedPart[]> {
  const objects = await readObjects(loads, context)
  const loading = { context, loadedAt: await nextLoadTime(objects, context) }
  const staging = await context.staging('flow_log_traffic')
  for (const group of groupByFormat(objects)) await aggregate(group, { ...loading, staging })
  await context.synced(staging)
  const counts = await countTraffic(staging, { ...context, keptDays })
  for (const object of objects) requireRecords(object, counts.get(object.object))
  await keepMalformed(
    objects.filter(({ object }) => counts.get(object)?.malformed_lines),
    loading,
  )
  await context.run(`INSERT INTO flow_log_traffic SELECT * FROM ${staging} WHERE log_status != 'MALFORMED'`)
  const before = await hoursBefore(objects, context)
  await commitObjects(objects, { ...loading, counts })
  const hours = new Set([...before, ...[...counts.values()].flatMap((count) => count.hours)])
  await publishEvents(objects, { ...loading, hours: [...hours] })
  return loads.map(({ bucket, key }) => toPart(counts.get(readFlowLogName(bucket, key).object), keptDays))
}

/** By the database's clock, and after all earlier loads of the same objects. */
async function nextLoadTime(objects: readonly FlowLogObject[], { select }: LoadContext): Promise<string> {
  const [row] = await select<{ loaded_at: string }>(
    `SELECT toString(greatest(now64(3, 'UTC'), max(loaded_at) + INTERVAL 1 MILLISECOND)) AS loaded_at
     FROM flow_log_objects WHERE object IN ${namesOf(objects)}`,
  )
  if (!row) throw new LoadError('the database does not tell the time')
  return row.loaded_at
}

type Readable = FlowLogObject & { readonly format: ObjectFormat }

function groupByFormat(objects: readonly FlowLogObject[]): Readable[][] {
  const readable = objects.flatMap(({ format, ...object }) =>
    format && object.skipped === '' ? [{ ...object, format }] : [],
  )
  return Object.values(Object.groupBy(readable, ({ format }) => formatKey(format))).flatMap((group) =>
    group ? [group] : [],
  )
}

async function aggregate(
  objects: readonly Readable[],
  { context, loadedAt, staging }: Loading & { readonly staging: string },
): Promise<void> {
  const [{ format } = {}] = objects
  if (!format) return
  const source = sourceOf(objects, format, context)
  await context.run(trafficSql({ source, target: staging, objects }), {
    params: { loaded_at: loadedAt, ...paramsOf(format) },
    settings: READ_SETTINGS,
  })
}

function sourceOf(
  objects: readonly FlowLogObject[],
  format: ObjectFormat,
  { files }: LoadContext,
): RecordSource {
  const keys = objects.map(({ key }) => key)
  return recordSource(format, (name, structure) => files.table(keys, name, structure))
}

function paramsOf(format: ObjectFormat): { readonly header?: string } {
  return format.kind === 'text' ? { header: format.header } : {}
}

/** What has no line of field names may be of any format, or no flow log at all: then it is not counted as nothing. */
function requireRecords(
  { location, format }: FlowLogObject,
  { records, malformed_lines } = NO_RECORDS,
): void {
  const isNamed = format?.kind === 'parquet' || format?.header !== ''
  if (isNamed || records > 0 || malformed_lines === 0) return
  throw new LoadError(
    `${location} is no flow log that can be read: its first line names no fields, and none of its ${malformed_lines} ` +
      'lines is a record of the default format',
    { isFinal: true },
  )
}

async function keepMalformed(
  objects: readonly FlowLogObject[],
  { context, loadedAt }: Loading,
): Promise<void> {
  const limit = pLimit(CONCURRENCY)
  const keep = async (object: FlowLogObject) => {
    if (!object.format) return
    await context.run(malformedSql(sourceOf([object], object.format, context)), {
      params: { object: object.object, loaded_at: loadedAt, ...paramsOf(object.format) },
      settings: { ...READ_SETTINGS, ...IN_ORDER },
    })
  }
  await Promise.all(objects.map((object) => limit(keep, object)))
}

/** The hours of earlier loads of the same objects: what those said and this one does not must go from the events. */
async function hoursBefore(objects: readonly FlowLogObject[], { select }: LoadContext): Promise<string[]> {
  const rows = await select<{ hour: string }>(
    `SELECT DISTINCT toString(arrayJoin(hours)) AS hour FROM flow_log_objects WHERE object IN ${namesOf(objects)}`,
  )
  return rows.map(({ hour }) => hour)
}

async function publishEvents(
  objects: readonly FlowLogObject[],
  { context, hours }: Loading & { readonly hours: readonly string[] },
): Promise<void> {
  if (hours.length === 0) return
  await context.synced('flow_log_traffic')
  await context.synced('flow_log_objects')
  const names = objects.map(({ object }) => object)
  await context.run(eventsSql({ hours, objects: names }), { settings: READ_SETTINGS })
}

function namesOf(objects: readonly FlowLogObject[]): string {
  return quoteList(objects.map(({ object }) => object))
}

function toPart(counts: ObjectCounts = NO_RECORDS, keptDays: number): LoadedPart {
  const { records, expired_records, bytes, packets, nodata_records, skipdata_records, malformed_lines } =
    counts
  return {
    files: 1,
    rows: records,
    sums: { bytes, packets },
    details: {
      nodata_records: String(nodata_records),
      skipdata_records: String(skipdata_records),
      malformed_lines: String(malformed_lines),
      expired_records: String(expired_records),
      kept_days: String(keptDays),
    },
  }
}
