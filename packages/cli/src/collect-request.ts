import { type AwsSource, COLLECTORS, type Collector, liveAws } from '@polo/collectors'
import { recordedAws, sampleEstateCollectors, sampleEstateDirectory } from '@polo/local'
import type { Command } from 'commander'
import { UsageError } from './errors.ts'

/** What `polo collect` and `polo up` take to say what is collected from where. */
export interface CollectFlags {
  readonly account?: readonly string[]
  readonly region?: readonly string[]
  readonly recording?: string
  readonly sample?: boolean
  readonly profile?: string
  readonly endpoint?: string
  readonly slot?: string
  readonly direct?: boolean
  readonly timeout: string
}

export interface CollectRequest {
  readonly collectors: readonly Collector[]
  readonly aws: AwsSource
  readonly slot: Date | undefined
  readonly timeoutMs: number
  readonly flags: CollectFlags
}

/** The options that say what is collected from where. */
export function addCollectOptions(command: Command): Command {
  return command
    .option('--account <id...>', 'only these accounts')
    .option('--region <name...>', 'only these regions')
    .option('--recording <dir>', 'replay recorded AWS answers instead of calling AWS')
    .option('--sample', 'replay the sample estate that ships with Polo')
    .option('--profile <name>', 'a profile of your AWS configuration (default: the default credential chain)')
    .option('--endpoint <url>', 'send every AWS call to this URL, such as an emulator')
    .option('--slot <time>', 'the scheduled time that the runs are for (default: the latest one)')
    .option('--direct', 'skip the queue: hand the same blocks to the ingester in this process')
    .option('--timeout <minutes>', 'what a job may take; half a minute before, it stops and reports', '15')
}

/**
 * Reads the flags.
 * @throws UsageError for what cannot be
 */
export function readCollectRequest(names: readonly string[], flags: CollectFlags): CollectRequest {
  const minutes = Number(flags.timeout)
  if (!(minutes >= 1)) throw new UsageError(`--timeout ${flags.timeout}: expected minutes, at least 1`)
  return {
    collectors: chooseCollectors(names.length === 0 && flags.sample ? sampleEstateCollectors : names),
    aws: chooseSource(flags),
    slot: flags.slot === undefined ? undefined : readSlot(flags.slot),
    timeoutMs: minutes * 60_000,
    flags,
  }
}

function chooseCollectors(names: readonly string[]): readonly Collector[] {
  if (names.length === 0) return COLLECTORS
  return names.map((name) => {
    const collector = COLLECTORS.find((candidate) => candidate.name === name)
    if (collector) return collector
    const known = COLLECTORS.map((candidate) => candidate.name).join(', ')
    throw new UsageError(`there is no collector '${name}'. There are: ${known}`)
  })
}

function chooseSource({ recording, sample, profile, endpoint }: CollectFlags): AwsSource {
  if (recording !== undefined && sample) throw new UsageError('--sample and --recording exclude each other')
  const directory = sample ? sampleEstateDirectory : recording
  if (directory === undefined) return liveAws({ profile, endpoint })
  if (profile !== undefined || endpoint !== undefined) {
    throw new UsageError('--profile and --endpoint are for live AWS; a recording needs neither')
  }
  return recordedAws({ directory })
}

function readSlot(text: string): Date {
  const slot = new Date(text)
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(slot.getTime())) {
    throw new UsageError(`--slot ${text}: expected a time such as 2026-01-15T00:00:00Z`)
  }
  return slot
}
