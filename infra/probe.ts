import { breakerPermissions, ingester } from './ingester.ts'
import { makeFunction } from './make-function.ts'
import { schemaEnvironment } from './migrate.ts'
import { clickHouseEnvironment, clickHouseSecrets } from './secrets.ts'

/** Closes the ingester's breaker when ClickHouse takes inserts again. */
export const probe = makeFunction('probe', {
  handler: 'packages/functions/src/probe.handler',
  timeoutSeconds: 50,
  link: clickHouseSecrets,
  environment: { ...clickHouseEnvironment, ...schemaEnvironment, INGESTER_FUNCTION_NAME: ingester.name },
  permissions: breakerPermissions,
  async: { maxAgeSeconds: 60, retries: 0 },
})
