import { resolve } from 'node:path'
import { type Child, startChild } from '../child.ts'
import type { ClickHouseProcessOptions } from './clickhouse-process.ts'

const MAX_QUERIES = 16
// A thread for each query, and some for files, compression and what cancels queries.
const THREADS = MAX_QUERIES + 16

export interface StartClickHouseOptions {
  /** Created if it is missing. One process at a time may have it. */
  dataDir: string
  /** 0, the default, takes any that is free. */
  port?: number
  /** Where request bodies wait for the engine; by default in shared memory and the data directory. */
  tmpDir?: string
  /** Cap on the engine's memory; by default half of the machine's, at most 4 GiB. */
  maxMemoryBytes?: number
  /** What every request but /ping must carry, with any user name; without it, none needs any. */
  password?: string
}

/**
 * Starts ClickHouse, embedded in a process of its own, behind ClickHouse's HTTP interface on 127.0.0.1.
 * The `url` carries the password, if there is one.
 * @throws DataDirectoryInUseError, PortInUseError or LocalServerError
 */
export async function startClickHouse(options: StartClickHouseOptions): Promise<Child & { url: string }> {
  const { dataDir, port = 0, tmpDir, ...rest } = options
  const processOptions: ClickHouseProcessOptions = {
    ...rest,
    ...(tmpDir !== undefined && { tmpDir: resolve(tmpDir) }),
    dataDir: resolve(dataDir),
    port,
    maxQueries: MAX_QUERIES,
  }
  const child = await startChild({
    name: 'ClickHouse',
    entry: new URL('./clickhouse-process.ts', import.meta.url),
    options: processOptions,
    env: { UV_THREADPOOL_SIZE: String(THREADS) },
  })
  const url = new URL(`http://127.0.0.1:${child.port}`)
  if (options.password === undefined) return { ...child, url: url.origin }
  url.username = 'polo'
  url.password = options.password
  return { ...child, url: url.href.replace(/\/$/, '') }
}
