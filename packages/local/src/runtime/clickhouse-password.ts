import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The file in a data directory that holds the password of its ClickHouse; only its owner reads it. */
export const CLICKHOUSE_PASSWORD_FILE = 'clickhouse-password'

/** Kept, so that addresses stay usable across restarts. */
export async function ensureClickHousePassword(dataDir: string): Promise<string> {
  const file = join(dataDir, CLICKHOUSE_PASSWORD_FILE)
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (/^[\w-]{32}$/.test(kept.trim())) return kept.trim()
  const password = randomBytes(24).toString('base64url')
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
  return password
}
