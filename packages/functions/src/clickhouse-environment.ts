import { connectClickHouse } from '@polo/ingester'
import * as z from 'zod'

/** The variables of every function that talks to ClickHouse. */
export const ClickHouseEnvironment = z.object({
  CLICKHOUSE_URL: z.url(),
  CLICKHOUSE_USER: z.string().min(1),
  CLICKHOUSE_PASSWORD: z.string(),
  CLICKHOUSE_DATABASE: z.string().min(1),
})
export type ClickHouseEnvironment = z.infer<typeof ClickHouseEnvironment>

export function connectByEnvironment(environment: ClickHouseEnvironment) {
  return connectClickHouse({
    url: environment.CLICKHOUSE_URL,
    database: environment.CLICKHOUSE_DATABASE,
    username: environment.CLICKHOUSE_USER,
    password: environment.CLICKHOUSE_PASSWORD,
  })
}
