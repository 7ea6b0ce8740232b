import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

/** ClickHouse Cloud closes idle sockets after 3 s; a client that keeps them longer writes into the void. */
const IDLE_SOCKET_TTL_MS = 2_500

/**
 * The client that all of Polo uses. It logs nothing: every failure is thrown, and is told once by who catches it.
 * `url` may carry user and password.
 */
export function connectClickHouse({
  url,
  database,
  username,
  password,
  requestTimeoutMs,
}: {
  url: string
  database: string
  username?: string | undefined
  password?: string | undefined
  /** What a statement may take; the client's default of 30 s, if left out. */
  requestTimeoutMs?: number
}): ClickHouseClient {
  return createClient({
    url,
    database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(requestTimeoutMs === undefined ? {} : { request_timeout: requestTimeoutMs }),
    // A frozen Lambda wakes with dead sockets and does not notice.
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_TTL_MS, eagerly_destroy_stale_sockets: true },
    log: { level: ClickHouseLogLevel.OFF },
  })
}
