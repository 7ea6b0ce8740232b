import type { MigrationTarget } from '@polo/ingester'
import * as z from 'zod'
import { ClickHouseEnvironment } from './connect-clickhouse.ts'

/** The environment of functions that make tables. */
export const TargetEnvironment = ClickHouseEnvironment.extend({
  /** What runs the database; a function has none of its own. */
  CLICKHOUSE_TARGET: z.enum(['cloud', 'cluster']),
  /** The cluster's name, for the target 'cluster'. */
  CLICKHOUSE_CLUSTER: z.string().min(1).optional(),
})

type TargetVariables = Pick<z.infer<typeof TargetEnvironment>, 'CLICKHOUSE_TARGET' | 'CLICKHOUSE_CLUSTER'>

/** What a schema of such an environment is to be refined by, and how it says so. */
export function clusterIsNamed({ CLICKHOUSE_TARGET, CLICKHOUSE_CLUSTER }: TargetVariables): boolean {
  return CLICKHOUSE_TARGET === 'cloud' || CLICKHOUSE_CLUSTER !== undefined
}
export const CLUSTER_MISSING = {
  path: ['CLICKHOUSE_CLUSTER'],
  error: "CLICKHOUSE_TARGET 'cluster' needs the cluster's name",
}

export function targetOf({ CLICKHOUSE_TARGET, CLICKHOUSE_CLUSTER }: TargetVariables): MigrationTarget {
  return CLICKHOUSE_TARGET === 'cluster' && CLICKHOUSE_CLUSTER
    ? { kind: CLICKHOUSE_TARGET, cluster: CLICKHOUSE_CLUSTER }
    : { kind: 'cloud' }
}
