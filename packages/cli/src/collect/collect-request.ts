import { type AwsSource, type Collector, liveAws } from '@polo/collectors'
import type { PoloConfig } from '@polo/core'
import { recordedAws, sampleEstateCollectors, sampleEstateDirectory, samplePayerAccount } from '@polo/local'
import type { Command } from 'commander'
import { z } from 'zod'
import { checkRegion } from '../accounts/find-hub.ts'
import { UsageError } from '../errors.ts'
import { accountCollectors, chooseCollectors } from './choose-collectors.ts'

const Slot = z.iso.datetime({ offset: true })
const MAX_MINUTES = 12 * 60

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
  readonly backfill?: boolean
  readonly allAccounts?: boolean
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
  for (const region of flags.region ?? []) checkRegion('--region', region)
  if (flags.direct && flags.backfill)
    throw new UsageError('--direct uses no queue, so --backfill excludes it')
  if (flags.allAccounts && (flags.sample || flags.recording !== undefined))
    throw new UsageError('--all-accounts is for live AWS; a recording says itself which accounts it has')
  const collectors = names.length > 0 ? chooseCollectors(names) : defaultCollectors(flags)
  const once = collectors.find(({ scope }) => scope !== 'account')
  if (flags.allAccounts && once)
    throw new UsageError(`${once.name} reads the organization, once: run it without --all-accounts`)
  return {
    collectors,
    aws: chooseSource(flags),
    slot: flags.slot === undefined ? undefined : readSlot(flags.slot),
    timeoutMs: readMinutes(flags.timeout) * 60_000,
    flags,
  }
}

function defaultCollectors({ sample, account }: CollectFlags): readonly Collector[] {
  if (!sample) return accountCollectors()
  const collectors = chooseCollectors(sampleEstateCollectors)
  const hasPayer = account === undefined || account.includes(samplePayerAccount)
  return hasPayer ? collectors : collectors.filter(({ scope }) => scope === 'account')
}

/** The sample estate has a payer account of its own, whatever is configured. */
export function configOf({ flags }: Pick<CollectRequest, 'flags'>, config: PoloConfig): PoloConfig {
  return flags.sample ? { ...config, payerAccount: samplePayerAccount } : config
}

/** @throws UsageError where --account leaves out the only account that answers for the organization */
export function checkPayerIsRead(
  { collectors, flags: { account } }: Pick<CollectRequest, 'collectors' | 'flags'>,
  { payerAccount }: Pick<PoloConfig, 'payerAccount'>,
): void {
  const asked = collectors.find(({ scope }) => scope === 'organization')
  if (!asked || !account || payerAccount === undefined || account.includes(payerAccount)) return
  throw new UsageError(
    `${asked.name} reads the organization from its payer account, ${payerAccount}, which --account leaves out: ` +
      'name that account, or leave --account out',
  )
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

/** @throws UsageError */
export function readSlot(text: string): Date {
  const slot = Slot.safeParse(text)
  if (slot.success) return new Date(slot.data)
  throw new UsageError(
    `--slot ${text}: expected a time with its time zone, such as 2026-01-15T00:00:00Z or 2026-01-15T01:00:00+01:00`,
  )
}

/** @throws UsageError */
export function readMinutes(text: string): number {
  const minutes = Number(text)
  if (minutes >= 1 && minutes <= MAX_MINUTES) return minutes
  throw new UsageError(`--timeout ${text}: expected minutes, at least 1 and at most ${MAX_MINUTES}`)
}
