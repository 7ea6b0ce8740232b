import { join } from 'node:path'
import { type PoloConfigInput, parseConfig } from '@polo/core'
import { type MigrationResult, type MigrationTarget, migrate } from '@polo/ingester'
import { Resource } from 'sst/resource'
import * as z from 'zod'
import { CLICKHOUSE_LINKS, ClickHouseEnvironment, connectByLinks } from './connect-clickhouse.ts'
import { readLinks } from './links.ts'
import { readEnvironment } from './read-environment.ts'

const Environment = ClickHouseEnvironment.extend({
  /** What runs the database; a function has none of its own. */
  CLICKHOUSE_TARGET: z.enum(['cloud', 'cluster']),
  /** The cluster's name, for the target 'cluster'. */
  CLICKHOUSE_CLUSTER: z.string().min(1).optional(),
  /** Set by Lambda: where the bundle is, and `schema/` beside it. */
  LAMBDA_TASK_ROOT: z.string().min(1),
}).refine(
  ({ CLICKHOUSE_TARGET, CLICKHOUSE_CLUSTER }) => CLICKHOUSE_TARGET === 'cloud' || CLICKHOUSE_CLUSTER,
  {
    path: ['CLICKHOUSE_CLUSTER'],
    error: "CLICKHOUSE_TARGET 'cluster' needs the cluster's name",
  },
)

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
      connect: (database) => connectByLinks(links, database),
      database: environment.CLICKHOUSE_DATABASE,
      target: targetOf(environment),
      directory: join(environment.LAMBDA_TASK_ROOT, 'schema'),
      config,
      reconfigure: input !== undefined,
    })
}

function targetOf({ CLICKHOUSE_TARGET, CLICKHOUSE_CLUSTER }: z.infer<typeof Environment>): MigrationTarget {
  return CLICKHOUSE_TARGET === 'cluster' && CLICKHOUSE_CLUSTER
    ? { kind: CLICKHOUSE_TARGET, cluster: CLICKHOUSE_CLUSTER }
    : { kind: 'cloud' }
}
