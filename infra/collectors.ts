import { COLLECTORS, type Collector } from '@polo/collectors'
import { jobTimeoutMs, maxEventAgeSeconds, READ_ROLE_NAME } from '@polo/core'
import { config } from './config.ts'
import { hub } from './hub.ts'
import { makeFunction } from './make-function.ts'
import { schemaEnvironment } from './migrate.ts'
import { queues } from './queues.ts'
import { collectorEntry } from './write-entries.ts'

/** One retry: what failed twice is looked at again by the next job anyway. */
const RETRIES = 1

/** What every collector's function may do besides sending events; its job's session may do less still. */
function readRoles({ scope }: Collector) {
  const account = scope === 'organization' ? (config.payerAccount ?? hub.accountId) : '*'
  const role = $interpolate`arn:${hub.partition}:iam::${account}:role/${READ_ROLE_NAME}`
  return { actions: ['sts:AssumeRole', 'sts:TagSession'], resources: [role, $interpolate`${role}-*`] }
}

function collectorFunction(collector: Collector): sst.aws.Function {
  const { name, schedule } = collector
  return makeFunction(`collect-${name.replaceAll('_', '-')}`, {
    handler: collectorEntry(name),
    timeoutSeconds: jobTimeoutMs(schedule) / 1_000,
    link: [queues.events],
    environment: schemaEnvironment,
    permissions: [readRoles(collector)],
    async: { maxAgeSeconds: maxEventAgeSeconds(schedule), retries: RETRIES },
  })
}

/** The function of every collector there is. */
export const collectors = COLLECTORS.map((collector) => ({
  collector,
  function: collectorFunction(collector),
}))
