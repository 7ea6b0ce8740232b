import { COLLECTORS, type Collector, statePrefix, usesState } from '@polo/collectors'
import { jobTimeoutMs, maxEventAgeSeconds, READ_ROLE_NAME } from '@polo/core'
import { config } from './config.ts'
import { hub } from './hub.ts'
import { makeFunction } from './make-function.ts'
import { schemaEnvironment } from './migrate.ts'
import { queues } from './queues.ts'
import { stateBucket, statePermissions } from './state-bucket.ts'
import { collectorEntry } from './write-entries.ts'

/** One retry: what failed twice is looked at again by the next job anyway. */
const RETRIES = 1

/** What every collector's function may do besides sending events; its job's session may do less still. */
function readRoles({ scope }: Collector) {
  const account = scope === 'organization' ? (config.payerAccount ?? hub.accountId) : '*'
  const role = $interpolate`arn:${hub.partition}:iam::${account}:role/${READ_ROLE_NAME}`
  return { actions: ['sts:AssumeRole', 'sts:TagSession'], resources: [role, $interpolate`${role}-*`] }
}

/** What a function may do in the state bucket, where its collector remembers anything. */
function statesOf(collector: Collector) {
  return usesState(collector) ? statePermissions(statePrefix(collector.name)) : []
}

function collectorFunction(collector: Collector): sst.aws.Function {
  const { name, schedule, memoryMb } = collector
  return makeFunction(`collect-${name.replaceAll('_', '-')}`, {
    handler: collectorEntry(name),
    timeoutSeconds: jobTimeoutMs(schedule) / 1_000,
    memoryMb,
    link: [queues.events, ...(usesState(collector) ? [stateBucket] : [])],
    environment: schemaEnvironment,
    permissions: [readRoles(collector), ...statesOf(collector)],
    async: { maxAgeSeconds: maxEventAgeSeconds(schedule), retries: RETRIES },
  })
}

/** The function of every collector there is. */
export const collectors = COLLECTORS.map((collector) => ({
  collector,
  function: collectorFunction(collector),
}))
