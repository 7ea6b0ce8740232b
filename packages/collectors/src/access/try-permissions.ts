import { type PoloConfig, partitionOf } from '@polo/core'
import type { AwsSource } from '../aws-source.ts'
import { type AwsFailure, classifyAwsError } from '../classify-aws-error.ts'
import { describeError } from '../classify-failure.ts'
import type { ClientClass, Collector, Probe } from '../collector.ts'
import type { ObjectStore } from '../object-store.ts'
import { runCollector, STOP_EARLY_MS } from '../run/run-collector.ts'
import { orAborted } from '../run/time-limit.ts'
import { watchCalls } from './create-aws-client.ts'
import { neededPermissions } from './read-role/grants.ts'

/** What trying one permission came to; 'untried' is one that nothing led to. */
export type PermissionStatus = 'allowed' | AwsFailure['outcome'] | 'untried'

export interface Verdict {
  readonly status: PermissionStatus
  /** AWS's words and what to do, where it is not allowed; else ''. */
  readonly message: string
}

interface Trial {
  readonly aws: AwsSource
  readonly config: PoloConfig
  readonly account: { readonly id: string }
  readonly region: string
  readonly signal: AbortSignal
}

export const ALLOWED: Verdict = { status: 'allowed', message: '' }

const TIMEOUT_MS = 10 * 60_000
/** For each collector more than a look costs. */
const BUDGET_USD = 1_000
/** Whether a call is allowed does not depend on what was remembered, and trying it must not be. */
const FORGETFUL: ObjectStore = { read: async () => undefined, write: async () => {} }
/** When calls of one permission end differently, what says most of it. */
const TELLING_FIRST: readonly PermissionStatus[] = ['denied', 'allowed', 'throttled', 'failed', 'untried']

/** What each permission that was tried came to: by looking as the collector does, and by its probes. */
export async function tryCollector(collector: Collector, trial: Trial): Promise<Map<string, Verdict>> {
  const verdicts = await look(collector, trial)
  for (const [permission, probe] of Object.entries(collector.probes ?? {})) {
    if (verdicts.has(permission) || trial.signal.aborted) continue
    verdicts.set(permission, await tryProbe(probe, collector, trial))
  }
  return verdicts
}

/** Runs the collector until each of its permissions has been tried. */
async function look(collector: Collector, trial: Trial): Promise<Map<string, Verdict>> {
  const { account, region, signal, config } = trial
  const verdicts = new Map<string, Verdict>()
  const needed = neededPermissions(collector, config, partitionOf(region))
  const enough = new AbortController()
  const onEnd = (permission: string, failure?: { error: unknown }) => {
    if (signal.aborted || enough.signal.aborted) return
    const verdict = failure ? verdictOf(failure.error) : ALLOWED
    verdicts.set(permission, moreTelling(verdicts.get(permission), verdict))
    if (needed.every((wanted) => verdicts.has(wanted))) {
      enough.abort(new Error('every permission was tried'))
    }
  }
  await runCollector(
    {
      collector,
      account: { id: account.id, role: '', tagDefaults: {} },
      slot: new Date(),
      regions: [region],
      budgetUsd: BUDGET_USD,
      timeoutMs: TIMEOUT_MS + STOP_EARLY_MS,
    },
    {
      aws: watched(trial.aws, onEnd),
      sink: { send: async () => {} },
      config: trial.config,
      state: FORGETFUL,
      signal: AbortSignal.any([signal, enough.signal]),
    },
  )
  return verdicts
}

function watched(aws: AwsSource, onEnd: Parameters<typeof watchCalls>[1]): AwsSource {
  return {
    description: aws.description,
    accounts: () => aws.accounts(),
    regions: (accountId) => aws.regions(accountId),
    client(clientClass, place) {
      const client = aws.client(clientClass, place)
      watchCalls(client, onEnd)
      return client
    },
  }
}

async function tryProbe(probe: Probe, collector: Collector, trial: Trial): Promise<Verdict> {
  const { aws, account, region, signal } = trial
  const clients: Record<string, InstanceType<ClientClass>> = {}
  const place = { account: account.id, region, partition: partitionOf(region) }
  try {
    for (const [name, clientClass] of Object.entries(collector.clients)) {
      clients[name] = aws.client(clientClass, { accountId: account.id, region, countCall: () => {} })
    }
    await orAborted(signal, () => probe(clients, signal, place))
    return ALLOWED
  } catch (error) {
    if (signal.aborted) return untried(signal)
    const verdict = verdictOf(error)
    return verdict.status === 'failed' && isAnswer(error) ? ALLOWED : verdict
  } finally {
    for (const client of Object.values(clients)) client.destroy()
  }
}

export function verdictOf(error: unknown): Verdict {
  const { outcome, message } = classifyAwsError(error)
  return { status: outcome, message }
}

export function untried(signal: AbortSignal): Verdict {
  return { status: 'untried', message: signal.aborted ? describeError(signal.reason) : '' }
}

function moreTelling(one: Verdict | undefined, other: Verdict): Verdict {
  if (!one) return other
  return TELLING_FIRST.indexOf(other.status) < TELLING_FIRST.indexOf(one.status) ? other : one
}

/** AWS refused what was asked, having let the caller ask. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && '$fault' in error && error.$fault === 'client'
}
