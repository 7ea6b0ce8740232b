const DATA_EXPORT = /(?:^|\/)metadata\/BILLING_PERIOD=(\d{4}-\d{2})\/(?:[^/]+\/)?[^/]+-Manifest\.json$/i
const LEGACY_REPORT = /(?:^|\/)(\d{4})(\d{2})\d{2}-\d{8}\/[^/]+-Manifest\.json$/
const DAY_MS = 86_400_000

/**
 * The first day of the billing period that the key of a cost export's manifest tells, `2024-09-01`; undefined for any
 * other object. Of legacy reports only the manifest of the period counts: the copy in each assembly's own folder says the
 * same, and comes first. https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html
 */
export function manifestPeriod(key: string): string | undefined {
  const [, month] = DATA_EXPORT.exec(key) ?? []
  if (month) return `${month}-01`
  const [, year, monthOfYear] = LEGACY_REPORT.exec(key) ?? []
  return year && monthOfYear ? `${year}-${monthOfYear}-01` : undefined
}

const PERIOD_OF_MANIFEST =
  /(?:metadata\/BILLING_PERIOD=\d{4}-\d{2}\/(?:[^/]+\/)?|\d{8}-\d{8}\/)([^/]+)-Manifest\.json$/i

/** Which export the key of a manifest is of, the same for all its periods and deliveries: `exports/org/org`. */
export function exportOfManifest(key: string): string {
  return key.replace(PERIOD_OF_MANIFEST, '$1')
}

/** Whether a billing period is kept, whose lines are dropped `days` days after it has ended. */
export function isPeriodKept(period: string, { days, now }: { days: number; now: Date }): boolean {
  const end = new Date(`${period.slice(0, 7)}-01T00:00:00Z`)
  end.setUTCMonth(end.getUTCMonth() + 1)
  return now.getTime() < end.getTime() + days * DAY_MS
}

/** What a period of a cost export is called as the target of a load. */
export function costTarget(exportName: string, period: string): string {
  return `${exportName}/${period.slice(0, 7)}`
}
