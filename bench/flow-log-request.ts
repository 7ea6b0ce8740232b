import { type BulkLoad, makeBulkLoad } from '@polo/core'

let requests = 0

/** Asks for a file of a directory, each time anew. */
export function requestFile(directory: string, key: string): BulkLoad {
  const now = new Date().toISOString()
  return makeBulkLoad({
    kind: 'flow_logs',
    source: 'bench',
    target: `${directory}/${key}`,
    storage: 'file',
    aws_account_id: '',
    bucket: directory,
    region: '',
    key,
    etag: String(++requests),
    bytes: 1,
    modified_at: now,
    observed_at: now,
  })
}
