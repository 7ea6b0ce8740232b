import {
  type BulkBucket,
  type BulkLoadKind,
  costTarget,
  isFlowLogKey,
  isPeriodKept,
  manifestPeriod,
  type PoloConfig,
} from '@polo/core'

/** What an object of a bucket means to Polo. */
export interface LoadTarget {
  readonly kind: BulkLoadKind
  readonly source: BulkBucket
  readonly target: string
}

type Buckets = Pick<PoloConfig, 'costExports' | 'flowLogs'>

/**
 * The load that an object calls for, by the buckets that the configuration names; undefined for any other object, and for
 * the manifest of a billing period that would be dropped as soon as it is loaded.
 */
export function findTarget(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  { config, now }: { readonly config: Buckets & Pick<PoloConfig, 'retentionDays'>; readonly now: Date },
): LoadTarget | undefined {
  const findSource = (sources: readonly BulkBucket[]) =>
    sources.find((one) => one.bucket === bucket && key.startsWith(one.prefix))
  const period = manifestPeriod(key)
  const costExport = findSource(config.costExports)
  if (costExport && period !== undefined) {
    if (!isPeriodKept(period, { days: config.retentionDays.cost_line_items, now })) return undefined
    return { kind: 'cur', source: costExport, target: costTarget(costExport.name, period) }
  }
  const flowLog = findSource(config.flowLogs)
  if (flowLog && isFlowLogKey(key)) return { kind: 'flow_logs', source: flowLog, target: `${bucket}/${key}` }
  return undefined
}

/** Every bucket that the configuration names. */
export function bulkBuckets({ costExports, flowLogs }: Buckets): readonly BulkBucket[] {
  return [...costExports, ...flowLogs]
}
