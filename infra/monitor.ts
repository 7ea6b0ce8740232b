import { makeFunction } from './make-function.ts'
import { schemaEnvironment } from './migrate.ts'
import { clickHouseEnvironment, clickHouseSecrets } from './secrets.ts'
import { configuredEntry } from './write-entries.ts'

/** Asks ClickHouse what the alarms go by, and says it as metrics. */
export const monitor = makeFunction('monitor', {
  handler: configuredEntry('monitor'),
  timeoutSeconds: 120,
  link: clickHouseSecrets,
  environment: { ...clickHouseEnvironment, ...schemaEnvironment },
  async: { maxAgeSeconds: 60, retries: 0 },
})
