import type { LoadReport } from '@polo/ingester'

export function loadReport(fields: Partial<LoadReport> = {}): LoadReport {
  return {
    load_id: '5f2b6c1e-8d2f-5b58-9d06-0a4b3c2d1e0f',
    kind: 'cur',
    source: 'org',
    target: 'org/2026-02',
    storage: 's3',
    bucket: 'billing',
    key: 'exports/org/Manifest.json',
    status: 'loaded',
    attempt: 1,
    tries: 0,
    files: 1,
    rows: 5,
    sums: {},
    details: {},
    elapsed_ms: 1_234,
    error: '',
    asked_at: '2026-03-01T10:00:00Z',
    changed_at: '2026-03-01T10:01:00Z',
    retry_at: null,
    ...fields,
  }
}
