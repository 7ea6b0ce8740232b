import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { STORE } from './message-store.ts'

/**
 * When the oldest message of each embedded queue was sent, by queue name; queues that hold none are left out.
 * SQS itself has no attribute for it. In-flight messages count, as in CloudWatch's ApproximateAgeOfOldestMessage.
 * `dataDir` is that of the server, which may run meanwhile: nothing is locked and nothing written.
 */
export function readOldestMessages(dataDir: string): ReadonlyMap<string, Date> {
  const file = join(dataDir, STORE)
  if (!existsSync(file)) return new Map()
  const store = new DatabaseSync(file, { readOnly: true, timeout: 3_000 })
  try {
    const rows = store
      .prepare('SELECT queue_name, min(sent_timestamp) AS sent FROM sqs_messages GROUP BY queue_name')
      .all()
    return new Map(rows.map(({ queue_name, sent }) => [String(queue_name), new Date(Number(sent))]))
  } finally {
    store.close()
  }
}
