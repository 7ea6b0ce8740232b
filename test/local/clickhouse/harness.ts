import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { type StartClickHouseOptions, startClickHouse } from '@polo/local'
import { afterAll, beforeAll } from 'vitest'

export async function makeDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'polo-clickhouse-test-'))
}

export function removeDirectory(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true })
}

export type ClickHouse = Awaited<ReturnType<typeof startClickHouse>>

/** One ClickHouse for a whole test file, and the means to talk to it. */
export function useClickHouse(options: Omit<StartClickHouseOptions, 'dataDir'> = {}) {
  let server: ClickHouse
  let client: ClickHouseClient
  let dataDir: string
  beforeAll(async () => {
    dataDir = await makeDirectory()
    server = await startClickHouse({ dataDir, ...options })
    client = createClient({ url: server.url, log: { level: ClickHouseLogLevel.OFF } })
  })
  afterAll(async () => {
    await client?.close()
    await server?.stop()
    await removeDirectory(dataDir)
  })
  const context = {
    get server() {
      return server
    },
    get client() {
      return client
    },
    get dataDir() {
      return dataDir
    },
    /** POSTs to the server without any client in between. */
    post: (
      search: Record<string, string>,
      body?: string | Uint8Array<ArrayBuffer>,
      headers?: Record<string, string>,
    ) => post(server.url, search, { ...(body !== undefined && { body }), ...(headers && { headers }) }),
    async rows(query: string): Promise<unknown[]> {
      const result = await client.query({ query, format: 'JSONCompactEachRow' })
      return result.json()
    },
    /** How many queries with such a word in them run now. */
    async runningQueries(word: string): Promise<number> {
      const [row] = await context.rows(
        `SELECT count() FROM system.processes WHERE position(query, '${word}') > 0 AND position(query, 'system.processes') = 0`,
      )
      return Array.isArray(row) ? Number(row[0]) : -1
    },
    /** Makes an empty table with columns `a Int32, b String` and says its name. */
    async table(engineSettings = ''): Promise<string> {
      const name = `t_${Math.random().toString(36).slice(2)}`
      const settings = engineSettings === '' ? '' : `SETTINGS ${engineSettings}`
      await client.command({
        query: `CREATE TABLE ${name} (a Int32, b String) ENGINE = MergeTree ORDER BY a ${settings}`,
      })
      return name
    },
  }
  return context
}

export async function post(
  url: string,
  search: Record<string, string>,
  { body, headers }: { body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
) {
  const response = await fetch(`${url}/?${new URLSearchParams(search)}`, {
    method: 'POST',
    ...(body !== undefined && { body }),
    ...(headers && { headers }),
  })
  const code = response.headers.get('x-clickhouse-exception-code')
  return {
    status: response.status,
    code: code && Number(code),
    text: await response.text(),
    headers: response.headers,
  }
}

export async function eventually(isTrue: () => Promise<boolean>, timeoutMs = 5_000): Promise<boolean> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
    if (await isTrue()) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}
