import { makeFunction } from './make-function.ts'
import { schemaEnvironment, target } from './migrate.ts'
import { clickHouseEnvironment, clickHouseSecrets } from './secrets.ts'
import { configuredEntry } from './write-entries.ts'

/** As long as a function may run; the database is at work meanwhile, and this waits. */
const TIMEOUT_SECONDS = 900

/** Has the database load what requests of `bulk_loads` name. It reads no bucket: the database does, with rights of its own. */
export const loader = makeFunction('loader', {
  handler: configuredEntry('loader'),
  timeoutSeconds: TIMEOUT_SECONDS,
  link: clickHouseSecrets,
  environment: { ...clickHouseEnvironment, ...schemaEnvironment, ...target },
  async: { maxAgeSeconds: 60, retries: 0 },
})
