import { connectClickHouse } from '@polo/ingester'
import * as z from 'zod'
import type { Links } from './links.ts'

/** The links of every function that talks to ClickHouse. */
export const CLICKHOUSE_LINKS = ['ClickHouseUrl', 'ClickHouseUser', 'ClickHousePassword'] as const
/** Their environment. */
export const ClickHouseEnvironment = z.object({ CLICKHOUSE_DATABASE: z.string().min(1) })

export type Database = ReturnType<typeof connectClickHouse>

/** A client for one database, as the links say. */
export function connectByLinks(
  links: Links<(typeof CLICKHOUSE_LINKS)[number]>,
  database: string,
  options: Pick<Parameters<typeof connectClickHouse>[0], 'requestTimeoutMs'> = {},
): Database {
  return connectClickHouse({
    ...options,
    url: links.ClickHouseUrl,
    database,
    username: links.ClickHouseUser,
    password: links.ClickHousePassword,
  })
}
