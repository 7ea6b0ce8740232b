import { manifestPeriod } from '@polo/core'
import * as z from 'zod'
import { LoadError } from '../load-error.ts'

/** What a manifest says was delivered. */
export interface Manifest {
  /** Keys of the bucket. */
  readonly keys: readonly string[]
  /** First day of the billing period, `2024-09-01`; undefined where the manifest does not say. */
  readonly period: string | undefined
  /** What tells one delivery from another: an execution or an assembly. */
  readonly delivery: string
}

/** https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html */
const DataExport = z.object({
  dataFiles: z.array(z.string().min(1)),
  executionId: z.string().optional(),
  assemblyId: z.string().optional(),
})

/** https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html */
const LegacyReport = z.object({
  reportKeys: z.array(z.string().min(1)),
  bucket: z.string().optional(),
  assemblyId: z.string().optional(),
  billingPeriod: z.object({
    start: z.string().regex(/^\d{8}T/, 'expected a time such as 20240901T000000.000Z'),
  }),
})

const S3_URL = /^s3:\/\/([^/]+)\/(.+)$/

/**
 * Reads a manifest of Data Exports (CUR 2.0, FOCUS) or of a legacy Cost and Usage Report.
 * @throws LoadError for anything else, and for files in another bucket
 */
export function readManifest(
  text: string,
  { key, bucket }: { readonly key: string; readonly bucket: string },
): Manifest {
  const json = parseJson(text, key)
  const dataExport = DataExport.safeParse(json)
  if (dataExport.success) {
    const { dataFiles, executionId, assemblyId } = dataExport.data
    const keys = dataFiles.map((url) => keyIn(bucket, url, key))
    return { keys, period: manifestPeriod(key), delivery: executionId ?? assemblyId ?? '' }
  }
  const legacy = LegacyReport.safeParse(json)
  if (legacy.success) {
    const { reportKeys, billingPeriod, assemblyId } = legacy.data
    const day = billingPeriod.start.slice(0, 8)
    return {
      keys: reportKeys.map((file) => file.replace(/^\//, '')),
      period: `${day.slice(0, 4)}-${day.slice(4, 6)}-01`,
      delivery: assemblyId ?? '',
    }
  }
  throw new LoadError(
    `${key} is no manifest that Polo knows: it has neither dataFiles (Data Exports) nor reportKeys and billingPeriod (Cost and Usage Report)`,
    { isFinal: true },
  )
}

function keyIn(bucket: string, url: string, manifest: string): string {
  const [, owner, key] = S3_URL.exec(url) ?? []
  // As it was copied elsewhere, the bucket's name is still that of where it was delivered.
  if (key === undefined) return url.replace(/^\//, '')
  if (bucket === '' || owner === bucket) return key
  throw new LoadError(`${manifest} names a file of another bucket, ${owner}`, { isFinal: true })
}

function parseJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // May be a file that is being written; S3 itself shows none half.
    throw new LoadError(`${key} is not JSON`)
  }
}
