import type { FilesSummary } from '@polo/collectors'
import { count, say } from '../../status/render-lines.ts'

/** `12 files, 1,450 records: 31 events, 1,419 records left out, 0 unreadable` */
export function describeFiles(summary: FilesSummary): string {
  const { files, other_files, records, events, left_out, expired, unreadable } = summary
  const others = other_files > 0 ? ` (and ${say(other_files)} of other kinds)` : ''
  const parts = [
    count(events, 'event'),
    `${count(left_out, 'record')} left out`,
    ...(expired > 0 ? [`${say(expired)} older than events are kept`] : []),
    `${say(unreadable)} unreadable`,
  ]
  return `${count(files, 'file')}${others}, ${count(records, 'record')}: ${parts.join(', ')}`
}
