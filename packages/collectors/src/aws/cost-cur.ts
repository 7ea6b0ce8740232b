import { type _Object as ListedObject, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3'
import {
  type BulkBucket,
  BulkLoad,
  costTarget,
  exportOfManifest,
  isPeriodKept,
  type LoadRequest,
  manifestPeriod,
  requestLoad,
} from '@polo/core'
import * as z from 'zod'
import { type CollectContext, defineCollector, type TableRow } from '../collector.ts'
import { AmbiguousSourceError, UnexpectedAnswerError } from '../errors.ts'
import { SCHEDULES } from '../schedules.ts'
import { COST_TYPES } from './cost-cur/cost-types.ts'

const CLIENTS = { s3: S3Client }
type Context = CollectContext<typeof CLIENTS>

/** ETags of manifests that were asked for, by bucket and key. */
const Asked = z.record(z.string(), z.string()).catch({})

const Request = BulkLoad.omit({ observed_at: true })

export const costCur = defineCollector({
  name: 'cost_cur',
  description: 'Cost and Usage Reports, CUR 2.0 and FOCUS exports in S3, which the database loads by itself',
  scope: 'organization',
  schedule: SCHEDULES.costExports,
  resourceTypes: {},
  tables: ['bulk_load/1'],
  loadedTables: ['cost_line_items'],
  loadedTypes: COST_TYPES,
  permissions: ['s3:ListBucket'],
  resources: ({ costExports }, partition) => ({
    's3:ListBucket': [...new Set(costExports.map(({ bucket }) => `arn:${partition}:s3:::${bucket}`))],
  }),
  remembers: true,
  clients: CLIENTS,
  sources: { manifests: findManifests },
})

/** Asks for the newest manifest of each period, unless it was asked for: its event may have been lost, or told of it before. */
async function* findManifests(context: Context): AsyncGenerator<TableRow> {
  const { costExports } = context.config
  if (costExports.length === 0)
    context.note('polo.config.ts names no costExports: there is nothing to look at')
  const asked = Asked.parse(await context.state.read())
  const seen: Record<string, string> = {}
  for (const source of costExports) {
    try {
      const found = leaveOutAmbiguous(await newestManifests(source, context), source, context)
      for (const request of leaveOutExpired(found, source, context)) {
        const object = `${request.bucket}/${request.key}`
        // One that does not fit its table is rejected by name: remembered, it would never be asked for again.
        if (Request.safeParse(request).success) seen[object] = request.etag
        if (asked[object] !== request.etag) yield { schema: 'bulk_load/1', row: request }
      }
    } catch (error) {
      for (const [object, etag] of Object.entries(asked))
        if (object.startsWith(`${source.bucket}/${source.prefix}`)) seen[object] = etag
      context.incomplete(`${source.name} (s3://${source.bucket}/${source.prefix})`, error)
    }
  }
  context.state.write(seen)
}

/** The newest manifest of each export, by the first day of their period. */
type Found = ReadonlyMap<string, ReadonlyMap<string, LoadRequest>>

async function newestManifests(source: BulkBucket, context: Context): Promise<Found> {
  const paging = { client: context.clients.s3, pageSize: 1_000 }
  const input = { Bucket: source.bucket, Prefix: source.prefix }
  const newest = new Map<string, Map<string, LoadRequest>>()
  for await (const page of paginateListObjectsV2(paging, input, { abortSignal: context.signal })) {
    // S3 leaves the list out where nothing has the prefix.
    if (page.Contents === undefined && page.KeyCount !== 0) {
      throw new UnexpectedAnswerError('there is no Contents in the answer')
    }
    for (const object of page.Contents ?? []) {
      const period = manifestPeriod(object.Key ?? '')
      if (period === undefined) continue
      const request = toRequest(object, { source, period }, context)
      const ofPeriod = newest.get(period) ?? new Map<string, LoadRequest>()
      const known = ofPeriod.get(exportOfManifest(request.key))
      if (!known || known.modified_at < request.modified_at)
        ofPeriod.set(exportOfManifest(request.key), request)
      newest.set(period, ofPeriod)
    }
  }
  if (newest.size === 0)
    context.note(`${source.name}: there is no manifest in s3://${source.bucket}/${source.prefix}`)
  return newest
}

/** Of two exports of a period that share a prefix, each would take the other's place at every delivery. */
function leaveOutAmbiguous(
  found: Found,
  { name, bucket, prefix }: BulkBucket,
  context: Context,
): ReadonlyMap<string, LoadRequest> {
  const requests = new Map<string, LoadRequest>()
  const ambiguous = new Map<string, string>()
  for (const [period, ofPeriod] of found) {
    const [[, request] = [], ...others] = ofPeriod
    if (others.length === 0 && request) requests.set(period, request)
    else ambiguous.set(period, [...ofPeriod.keys()].join(' and '))
  }
  const [[period, exports] = []] = ambiguous
  if (period !== undefined) {
    const reason =
      `${exports} are different exports of ${period.slice(0, 7)} below one prefix, and each would take the place of the ` +
      'other: give each a source and a prefix of its own'
    context.incomplete(`${name} (s3://${bucket}/${prefix})`, new AmbiguousSourceError(reason))
  }
  return requests
}

/** What would be dropped at once is not asked for, so that it is as soon as periods are kept long enough. */
function leaveOutExpired(
  found: ReadonlyMap<string, LoadRequest>,
  { name }: BulkBucket,
  { config, slot, note }: Context,
): LoadRequest[] {
  const days = config.retentionDays.cost_line_items
  const expired = [...found.keys()].filter((period) => !isPeriodKept(period, { days, now: slot })).sort()
  if (expired.length > 0) {
    const months =
      expired.length === 1
        ? expired[0]?.slice(0, 7)
        : `the ${expired.length} periods until ${expired.at(-1)?.slice(0, 7)}`
    note(`${name}: ${months} ended more than ${days} days ago (retentionDays.cost_line_items): not asked for`)
  }
  return [...found].filter(([period]) => !expired.includes(period)).map(([, request]) => request)
}

function toRequest(
  { Key: key = '', ETag = '', Size = 0, LastModified }: ListedObject,
  { source: { name, bucket, region }, period }: { readonly source: BulkBucket; readonly period: string },
  { account }: Context,
): LoadRequest {
  if (!LastModified) throw new UnexpectedAnswerError(`${key} has no LastModified`)
  return requestLoad({
    kind: 'cur',
    source: name,
    target: costTarget(name, period),
    storage: 's3',
    aws_account_id: account,
    bucket,
    region,
    key,
    etag: ETag.replaceAll('"', ''),
    bytes: Size,
    modified_at: LastModified.toISOString(),
  })
}
