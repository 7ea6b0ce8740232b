import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import * as z from 'zod'
import { makeFunction } from './make-function.ts'
import { clickHouseEnvironment, clickHouseSecrets } from './secrets.ts'
import { configuredEntry } from './write-entries.ts'

const SCHEMA = 'schema'
const TIMEOUT_SECONDS = 600
const MigrationResult = z.object({ version: z.string().min(1) })

/** What runs the database, for functions that make tables. */
export const target = migrationTarget(process.env)

const migrate = makeFunction('migrate', {
  handler: configuredEntry('migrate'),
  timeoutSeconds: TIMEOUT_SECONDS,
  link: clickHouseSecrets,
  environment: { ...clickHouseEnvironment, ...target },
  copyFiles: [{ from: SCHEMA, to: SCHEMA }],
  // It runs during the deploy, when nobody listens yet on the machine that `sst dev` runs on.
  dev: false,
})

const invocation = new aws.lambda.Invocation('MigrateInvocation', {
  functionName: migrate.name,
  input: '{}',
  triggers: {
    files: digest(
      ...readdirSync(SCHEMA)
        .sort()
        .flatMap((file) => [file, readFileSync(`${SCHEMA}/${file}`)]),
      readFileSync('polo.config.ts'),
    ),
    database: $resolve(clickHouseSecrets.map(({ value }) => value)).apply(([url = '']) =>
      digest(url, ...Object.values(clickHouseEnvironment), ...Object.values(target)),
    ),
  },
})

/**
 * The version of the schema that the migration ended with. Whatever talks to ClickHouse or publishes has it in its
 * environment, so it is replaced after the migration and not at all when that fails.
 */
export const schemaEnvironment = {
  SCHEMA_VERSION: invocation.result.apply((result) => MigrationResult.parse(JSON.parse(result)).version),
}

function digest(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

/** POLO_CLICKHOUSE_TARGET is `cloud` (the default) or `cluster`, which needs POLO_CLICKHOUSE_CLUSTER. */
function migrationTarget(environment: NodeJS.ProcessEnv): Record<string, string> {
  const { POLO_CLICKHOUSE_TARGET: kind = 'cloud', POLO_CLICKHOUSE_CLUSTER: cluster } = environment
  if (kind === 'cloud') return { CLICKHOUSE_TARGET: kind }
  if (kind === 'cluster' && cluster) return { CLICKHOUSE_TARGET: kind, CLICKHOUSE_CLUSTER: cluster }
  throw new Error(
    `POLO_CLICKHOUSE_TARGET is '${kind}': set it to cloud, or to cluster with the cluster's name in POLO_CLICKHOUSE_CLUSTER`,
  )
}
