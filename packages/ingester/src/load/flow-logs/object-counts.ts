import type { LoadContext } from '../load-kind.ts'
import { quoteString } from '../quote.ts'
import type { FlowLogObject } from './read-objects.ts'

/** What an object's records came to. */
export interface ObjectCounts {
  readonly records: number
  readonly nodata_records: number
  readonly skipdata_records: number
  readonly malformed_lines: number
  /** Of `records`, those of hours that are not kept any more. */
  readonly expired_records: number
  readonly bytes: string
  readonly packets: string
  /** As ClickHouse writes them, in UTC. */
  readonly hours: readonly string[]
}

export const NO_RECORDS: ObjectCounts = {
  records: 0,
  nodata_records: 0,
  skipdata_records: 0,
  malformed_lines: 0,
  expired_records: 0,
  bytes: '0',
  packets: '0',
  hours: [],
}

/** Counts by object of what is in a staging table; objects without records are not in it. */
export async function countTraffic(
  staging: string,
  { select, keptDays }: Pick<LoadContext, 'select'> & { readonly keptDays: number },
): Promise<ReadonlyMap<string, ObjectCounts>> {
  const rows = await select<ObjectCounts & { readonly object: string }>(
    `
    SELECT
      object,
      sumIf(staged.records, log_status != 'MALFORMED') AS records,
      sumIf(staged.records, log_status = 'NODATA') AS nodata_records,
      sumIf(staged.records, log_status = 'SKIPDATA') AS skipdata_records,
      sumIf(staged.records, log_status = 'MALFORMED') AS malformed_lines,
      sumIf(staged.records, log_status != 'MALFORMED' AND hour < now('UTC') - toIntervalDay({kept_days: UInt32})) AS expired_records,
      toString(sum(staged.bytes)) AS bytes,
      toString(sum(staged.packets)) AS packets,
      arrayMap(hour -> toString(hour), groupUniqArrayIf(hour, log_status != 'MALFORMED')) AS hours
    FROM ${staging} AS staged
    GROUP BY object`,
    { params: { kept_days: keptDays } },
  )
  return new Map(rows.map(({ object, ...counts }) => [object, counts]))
}

interface Loaded {
  readonly context: Pick<LoadContext, 'run'>
  readonly counts: ReadonlyMap<string, ObjectCounts>
  readonly loadedAt: string
}

const ROW = `Tuple(
  object String, location String, source String, aws_account_id String, aws_region String, flow_log_id String,
  format String, fields Array(String), hours Array(String), records UInt64, nodata_records UInt64,
  skipdata_records UInt64, malformed_lines UInt64, bytes String, packets String, skipped String)`

/** Names the objects as loaded, all at once: from here on it is their traffic of this load that counts. */
export async function commitObjects(
  objects: readonly FlowLogObject[],
  { context, counts, loadedAt }: Loaded,
): Promise<void> {
  const rows = objects.map((object) => ({
    object: object.object,
    location: object.location,
    source: object.source,
    aws_account_id: object.account,
    aws_region: object.region,
    flow_log_id: object.flowLogId,
    format: object.kind,
    fields: object.format?.fields ?? [],
    skipped: object.skipped,
    ...(counts.get(object.object) ?? NO_RECORDS),
  }))
  await context.run(
    `
    INSERT INTO flow_log_objects
      (object, location, source, aws_account_id, aws_region, flow_log_id, format, fields, hours, records, nodata_records,
       skipdata_records, malformed_lines, bytes, packets, skipped, loaded_at)
    SELECT
      row.object, row.location, row.source, row.aws_account_id, row.aws_region, row.flow_log_id, row.format, row.fields,
      arrayMap(hour -> toDateTime(hour, 'UTC'), row.hours), row.records, row.nodata_records, row.skipdata_records,
      row.malformed_lines, toUInt64(row.bytes), toUInt64(row.packets), row.skipped, {loaded_at: DateTime64(3, 'UTC')}
    FROM (SELECT arrayJoin(JSONExtract(${quoteString(JSON.stringify(rows))}, 'Array(${ROW})')) AS row)`,
    { params: { loaded_at: loadedAt } },
  )
}
