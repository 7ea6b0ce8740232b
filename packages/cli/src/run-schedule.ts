import {
  type AwsSource,
  COLLECTORS,
  type Collector,
  credentialsOf,
  type JobMessage,
  readRoleSource,
  withinRegions,
} from '@polo/collectors'
import { type CollectorRun, type PoloConfig, readRoleArn } from '@polo/core'
import { findAccounts, type RunningSchedule, startSchedule } from '@polo/local'
import { regionOfHub } from './accounts/find-hub.ts'
import { chooseSink } from './choose-sink.ts'
import type { CollectRequest } from './collect-request.ts'
import { maskSecrets } from './mask-secrets.ts'
import type { Output } from './output.ts'
import { printable } from './printable.ts'
import type { Session } from './session.ts'
import type { Settings } from './settings.ts'

export interface RunScheduleOptions {
  readonly session: Session
  readonly settings: Settings
  readonly config: PoloConfig
  readonly output: Output
}

const SCOPES: readonly Collector['scope'][] = ['account', 'organization']

/**
 * Starts to collect by schedule: a recording's accounts from the recording, the caller's own account with the caller's
 * credentials, all others by their read roles. Each finished run is a line on stderr.
 * @throws what `findAccounts` and `startSchedule` do
 */
export async function runSchedule(
  request: CollectRequest,
  { session, settings, config, output }: RunScheduleOptions,
): Promise<RunningSchedule & { readonly collectors: readonly Collector[] }> {
  const { aws, flags, timeoutMs } = request
  const accounts = await findAccounts(aws)
  const isRecorded = flags.sample === true || flags.recording !== undefined
  const [first] = accounts
  const hub = { accountId: first?.id ?? '', region: await regionOfHub(flags.profile) }
  const tell = (line: string) => {
    output.clearProgress()
    process.stderr.write(`${printable(maskSecrets(line, process.env), MAX_LINE)}\n`)
  }
  const collectors = isRecorded
    ? request.collectors
    : COLLECTORS.filter(({ scope }) => SCOPES.includes(scope))
  const running = await startSchedule({
    ...session,
    dataDir: settings.dataDir,
    config,
    collectors,
    accounts,
    hub,
    sourceFor: isRecorded ? (job) => withinRegions(aws, job) : liveSources(request, hub),
    sink: chooseSink(session, flags),
    timeoutMs,
    onRun: (run) => tell(describeRun(run)),
    onNote: (note) => tell(`! ${note}`),
  })
  return { ...running, collectors }
}

const MAX_LINE = 400

/** The caller needs no role to read its own account, unless another than the usual one is named for it. */
function liveSources(
  { aws, flags: { profile, endpoint } }: CollectRequest,
  hub: { readonly accountId: string; readonly region: string },
): (job: JobMessage, collector: Collector) => AwsSource {
  const credentials = credentialsOf(profile)
  const ownRole = readRoleArn({ id: hub.accountId, role: '', region: hub.region })
  return (job, collector) => {
    if (job.account.id === hub.accountId && job.access.roleArn === ownRole) return withinRegions(aws, job)
    return readRoleSource({ collector, region: hub.region, endpoint, credentials })(job)
  }
}

/** `2026-03-01 10:00 111122223333 config_ec2 complete: 83 rows`, and why, if it is not complete. */
function describeRun({ slot, aws_account_id, collector, status, events, errors }: CollectorRun): string {
  const [error] = errors
  const why = status === 'complete' || !error ? '' : ` (${error})`
  const rows = `${events.toLocaleString('en-US')} ${events === 1 ? 'row' : 'rows'}`
  return `${slot.slice(0, 16).replace('T', ' ')} ${aws_account_id} ${collector} ${status}: ${rows}${why}`
}
