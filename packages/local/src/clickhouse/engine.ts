import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { drainPending, Session } from 'chdb'
import { dataDirectoryInUse, LocalServerError } from '../errors.ts'
import { makePrivateDirectory } from '../runtime/private-directory.ts'
import { SessionPool } from './session-pool.ts'
import { quoteString } from './sql-literals.ts'

const GIB = 1024 ** 3
const KILL_RETRY_MS = 100

// What the engine sets for use as a library, set back to what a server has.
const SESSION_ARGUMENTS = ['--implicit_select=0', '--allow_introspection_functions=0']

export interface EngineOptions {
  dataDir: string
  maxMemoryBytes?: number
}

/** The embedded engine, which has its data directory to itself. */
export interface Engine {
  version: string
  timezone: string
  pool: SessionPool
  /** Cancels the query whose text holds `marker`, until it has ended. */
  kill(marker: string, ended: Promise<unknown>): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the engine on `dataDir`, which is created if it is missing.
 * @throws DataDirectoryInUseError when another process has it, LocalServerError otherwise
 */
export async function openEngine({ dataDir, maxMemoryBytes }: EngineOptions): Promise<Engine> {
  await makePrivateDirectory(dataDir)
  const config = join(dataDir, 'polo-config.xml')
  await writeFile(config, serverConfig(maxMemoryBytes ?? Math.min(4 * GIB, Math.floor(totalmem() / 2))))
  const root = await openRoot(dataDir, config)
  const pool = new SessionPool(() => new Session(dataDir, { connectionArgs: SESSION_ARGUMENTS }))
  const facts = await root.queryAsync('SELECT version(), timezone()', { format: 'TabSeparated' })
  const [version = '', timezone = ''] = facts.text().trim().split('\t')
  return {
    version,
    timezone,
    pool,
    kill: (marker, ended) => killUntil(new Session(dataDir), marker, ended),
    async close() {
      pool.close()
      root.close()
      await drainPending()
    },
  }
}

/** A comment to put into a query's text, by which `Engine.kill` finds it. */
export function makeMarker(): string {
  return `/* polo:${randomUUID()} */`
}

async function killUntil(session: Session, marker: string, ended: Promise<unknown>): Promise<void> {
  let hasEnded = false
  const end = ended
    .catch(() => {})
    .then(() => {
      hasEnded = true
    })
  // In two parts, so that what looks for it is not found itself.
  const parts = `concat(${quoteString(marker.slice(0, 20))}, ${quoteString(marker.slice(20))})`
  try {
    while (!hasEnded) {
      // Without SYNC, which hangs. Tried again, because the query may not have been started yet.
      await session.queryAsync(`KILL QUERY WHERE position(query, ${parts}) > 0`).catch(() => {})
      await Promise.race([end, new Promise((resolve) => setTimeout(resolve, KILL_RETRY_MS))])
    }
  } finally {
    session.close()
  }
}

async function openRoot(dataDir: string, config: string): Promise<Session> {
  try {
    return new Session(dataDir, { connectionArgs: [`--config-file=${config}`, ...SESSION_ARGUMENTS] })
  } catch (error) {
    const pid = await readOwner(dataDir)
    if (pid !== undefined) throw dataDirectoryInUse({ dataDir, pid }, error)
    throw new LocalServerError(`ClickHouse cannot open its data directory ${dataDir}: ${error}`, {
      cause: error,
    })
  }
}

/** Who else has the directory open. The engine's error does not say; its lock file does. */
async function readOwner(dataDir: string): Promise<number | undefined> {
  const status = await readFile(join(dataDir, 'status'), 'utf8').catch(() => '')
  const pid = Number(/^PID: (\d+)/.exec(status)?.[1])
  if (!pid || pid === process.pid) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    const forbidden = error instanceof Error && 'code' in error && error.code === 'EPERM'
    return forbidden ? pid : undefined
  }
  return pid
}

function serverConfig(maxMemoryBytes: number): string {
  return `<clickhouse>
  <max_server_memory_usage>${maxMemoryBytes}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
</clickhouse>
`
}
