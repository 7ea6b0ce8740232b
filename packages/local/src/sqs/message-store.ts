import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { dataDirectoryInUse } from '../errors.ts'

const SQLITE_BUSY = 5
const OWNER_FILE = 'owner.pid'

/**
 * Takes `dataDir` for this process until it ends, however it ends.
 * The lock is SQLite's own on a file, so the operating system frees it even after a SIGKILL;
 * the wait covers a former owner that is just ending.
 * @throws DataDirectoryInUseError
 */
export function ownDataDirectory(dataDir: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  chmodSync(dataDir, 0o700)
  const lock = new DatabaseSync(join(dataDir, 'owner.lock'), { timeout: 3_000 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    if (!isBusy(cause)) throw cause
    throw dataDirectoryInUse({ dataDir, pid: readOwner(dataDir) }, cause)
  }
  writeFileSync(join(dataDir, OWNER_FILE), String(process.pid))
  return lock
}

function readOwner(dataDir: string): number | undefined {
  try {
    return Number(readFileSync(join(dataDir, OWNER_FILE), 'utf8')) || undefined
  } catch {
    return undefined
  }
}

/** The file of a data directory that holds queues and messages. */
export const STORE = 'fauxqs.db'

/**
 * fauxqs moves a message to its dead-letter queue by a delete and an insert, each on disk by itself, so a crash
 * between them would lose the message. The trigger keeps the row that is about to move; the insert replaces it.
 * The price: a delete that comes too late, for the last receive, is forgotten by a restart.
 */
const KEEP_WHILE_MOVING = `
  CREATE TRIGGER IF NOT EXISTS keep_while_moving BEFORE DELETE ON sqs_messages
  WHEN coalesce(OLD.visibility_deadline, 0) <= unixepoch('subsec') * 1000
    AND OLD.approximate_receive_count >= (
      SELECT cast(attributes ->> '$.RedrivePolicy' ->> '$.maxReceiveCount' AS INTEGER)
      FROM sqs_queues WHERE name = OLD.queue_name)
  BEGIN SELECT RAISE(IGNORE); END`

/** Makes the move to a dead-letter queue survive a crash; needs the tables that the server creates. */
export function guardMoves(dataDir: string): void {
  const store = new DatabaseSync(join(dataDir, STORE), { timeout: 3_000 })
  store.exec(KEEP_WHILE_MOVING)
  store.close()
}

/**
 * Makes every message that was in flight visible again. Its receiver is gone with the server that handed
 * it out, so waiting for the visibility timeout to pass would only delay the message. The receive count stays.
 */
export function releaseInFlight(dataDir: string): void {
  const store = new DatabaseSync(join(dataDir, STORE))
  const exists = store.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqs_messages'").get()
  if (exists) store.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL')
  store.close()
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
