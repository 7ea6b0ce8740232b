import {
  type AwsSource,
  COLLECTORS,
  type Collector,
  credentialsOf,
  type JobMessage,
  readRoleSource,
  withinRegions,
} from '@polo/collectors'
import { type PoloConfig, readRoleArn } from '@polo/core'
import { findAccounts, type RunningSchedule, startSchedule } from '@polo/local'
import { regionOfHub } from '../accounts/find-hub.ts'
import { chooseSink } from '../collect/choose-sink.ts'
import { publishedRows } from '../collect/collect-report.ts'
import { type CollectRequest, configOf } from '../collect/collect-request.ts'
import type { Output } from '../output/output.ts'
import type { Session } from '../session/session.ts'
import type { Settings } from '../session/settings.ts'
import { describeRun } from './watch/pipeline-log.ts'
import { tellOn } from './watch/watch-pipeline.ts'

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
  const tell = tellOn(output)
  const collectors = isRecorded
    ? request.collectors
    : COLLECTORS.filter(({ scope }) => SCOPES.includes(scope))
  const running = await startSchedule({
    ...session,
    dataDir: settings.dataDir,
    config: configOf(request, config),
    collectors,
    accounts,
    hub,
    sourceFor: isRecorded ? (job) => withinRegions(aws, job) : liveSources(request, hub),
    sink: chooseSink(session, flags),
    timeoutMs,
    onRun: (run) => tell(describeRun({ ...run, rows: publishedRows(run) })),
    onNote: (note) => tell(`! ${note}`),
  })
  return { ...running, collectors }
}

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
