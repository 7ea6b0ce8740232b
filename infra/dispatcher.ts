import { COLLECTORS, ledgerKey } from '@polo/collectors'
import { collectors } from './collectors.ts'
import { hub } from './hub.ts'
import { makeFunction } from './make-function.ts'
import { schemaEnvironment } from './migrate.ts'
import { COLLECTOR_PREFIX } from './names.ts'
import { queues } from './queues.ts'
import { clickHouseEnvironment, clickHouseSecrets } from './secrets.ts'
import { stateBucket, statePermissions } from './state-bucket.ts'
import { configuredEntry } from './write-entries.ts'

const dividedCollectors = COLLECTORS.filter(({ scope, budgetShare }) => scope === 'account' && budgetShare)

/** Of hundreds of accounts, ten at a time. */
const TIMEOUT_SECONDS = 120
/** The shortest interval of a schedule: then the next firing is due. */
const MAX_AGE_SECONDS = 300

/** Makes a job for each account of every firing, and hands it to the collector's function. */
export const dispatcher = makeFunction('dispatcher', {
  handler: configuredEntry('dispatcher'),
  timeoutSeconds: TIMEOUT_SECONDS,
  link: [...clickHouseSecrets, queues.events, stateBucket],
  environment: {
    ...clickHouseEnvironment,
    ...schemaEnvironment,
    FUNCTION_PREFIX: COLLECTOR_PREFIX,
    HUB_ACCOUNT_ID: hub.accountId,
  },
  permissions: [
    { actions: ['lambda:InvokeFunction'], resources: collectors.map(({ function: { arn } }) => arn) },
    ...statePermissions('dispatcher'),
    // What each account has spent, by which their common budget is divided.
    {
      actions: ['s3:GetObject'],
      resources: dividedCollectors.map(
        ({ name }) => $interpolate`${stateBucket.arn}/${ledgerKey(name, '*')}`,
      ),
    },
  ],
  async: { maxAgeSeconds: MAX_AGE_SECONDS, retries: 1 },
})
