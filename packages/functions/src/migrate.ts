import { join } from 'node:path'
import { type PoloConfigInput, parseConfig } from '@polo/core'
import { type MigrationResult, migrate } from '@polo/ingester'
import { Resource } from 'sst/resource'
import * as z from 'zod'
import { CLICKHOUSE_LINKS, connectByLinks } from './connect-clickhouse.ts'
import { readLinks } from './links.ts'
import { CLUSTER_MISSING, clusterIsNamed, TargetEnvironment, targetOf } from './migration-target.ts'
import { readEnvironment } from './read-environment.ts'

/**
 * Of the ten minutes that the function has. A service of ClickHouse Cloud that idles needs one or two to wake up, and a
 * cluster may take minutes to have a statement on every server.
 */
const LONGEST_STATEMENT_MS = 9 * 60_000

const Environment = TargetEnvironment.extend({
  /** Set by Lambda: where the bundle is, and `schema/` beside it. */
  LAMBDA_TASK_ROOT: z.string().min(1),
}).refine(clusterIsNamed, CLUSTER_MISSING)

/**
 * The function that a deploy invokes before it replaces those which need the schema; `input` is `polo.config.ts`'s.
 * Without one, retention and hierarchy of a database that has them stay as they are.
 */
export function createMigrateHandler(input?: PoloConfigInput): () => Promise<MigrationResult> {
  const environment = readEnvironment(Environment, process.env)
  const links = readLinks(Resource, ...CLICKHOUSE_LINKS)
  const config = parseConfig(input ?? {})
  return async () =>
    await migrate({
      connect: (database) => connectByLinks(links, database, { requestTimeoutMs: LONGEST_STATEMENT_MS }),
      database: environment.CLICKHOUSE_DATABASE,
      target: targetOf(environment),
      directory: join(environment.LAMBDA_TASK_ROOT, 'schema'),
      config,
      reconfigure: input !== undefined,
    })
}
