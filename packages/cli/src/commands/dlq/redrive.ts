import { type Command, InvalidArgumentError, Option } from 'commander'
import { findPatchedKeys } from '../../dead-letters/key-columns.ts'
import { addFilterOptions, type FilterFlags, readExplicitFilter } from '../../dead-letters/letter-filter.ts'
import { type MergePatch, readMergePatch } from '../../dead-letters/merge-patch.ts'
import { type RedriveReport, redrive } from '../../dead-letters/redrive.ts'
import { renderRedrive } from '../../dead-letters/render-redrive.ts'
import { waitUntilSettled } from '../../dead-letters/wait-until-settled.ts'
import { type DeadLetterQueue, withDeadLetterQueue } from '../../dead-letters/with-dead-letter-queue.ts'
import { UsageError } from '../../errors.ts'
import { EXIT } from '../../exit-code.ts'
import type { GlobalOptions } from '../../session/settings.ts'

interface RedriveFlags extends FilterFlags, GlobalOptions {
  readonly patch?: string
  readonly dryRun?: boolean
  readonly force?: boolean
  readonly rate: number
  readonly queue?: 'live' | 'backfill'
}

const DEFAULT_RATE = 20
const QUEUES = ['live', 'backfill']

export function addRedrive(dlq: Command): void {
  addFilterOptions(
    dlq.command('redrive').description('send dead letters back to the events queue, as they are or patched'),
  )
    .option('--all', 'every dead letter')
    .option(
      '--patch <json or @file>',
      'change every row by this JSON merge patch (RFC 7396); null takes a field away',
    )
    .option('--dry-run', 'say what would be done, and check the patched rows; send nothing')
    .option('--rate <messages per second>', 'send no faster than this', readRate, DEFAULT_RATE)
    .addOption(
      new Option('--queue <queue>', 'where to send (default: backfill, where there is one)').choices(QUEUES),
    )
    .option(
      '--force',
      'send also what the ingester will probably refuse again, and what only you can answer for',
    )
    .addHelpText('after', HELP)
    .action(runRedrive)
}

async function runRedrive(flags: RedriveFlags): Promise<void> {
  const { dryRun: isDryRun = false, force = false, rate } = flags
  const filter = readExplicitFilter(flags, new Date())
  const patch = flags.patch === undefined ? undefined : await readMergePatch(flags.patch)
  await withDeadLetterQueue(flags, async (queue) => {
    const { output, signal, isOwnPipeline } = queue
    const targetUrl = chooseTarget(queue, flags.queue)
    if (patch) warnOfKeys(patch, queue)
    const { report, selection } = await redrive(queue, { filter, patch, force, isDryRun, rate, targetUrl })
    if (isOwnPipeline && !isDryRun && report.messages_sent > 0) await waitUntilSettled(queue, targetUrl)
    if (output.isJson) output.json(report)
    else if (report.matched === 0 && selection.others > 0) output.data(selection.describeNone())
    else output.data(renderRedrive(report))
    process.exitCode = signal.aborted ? EXIT.interrupted : exitCodeOf(report)
  })
}

/** What was dead may wait: where there is a backfill queue, it must not delay live data. */
function chooseTarget({ sources }: DeadLetterQueue, choice: RedriveFlags['queue']): string {
  const { live, backfill } = sources
  const target = choice === undefined ? (backfill ?? live) : sources[choice]
  if (target !== undefined) return target
  throw new UsageError(
    choice === 'backfill'
      ? 'no backfill queue is known: set POLO_BACKFILL_QUEUE_URL for a deployed one'
      : 'redrive sends to the events queue: set POLO_QUEUE_URL to it',
  )
}

function exitCodeOf({ left, hidden, missing_ids, unfinished }: RedriveReport): number {
  const isAll = left.length === 0 && hidden === 0 && missing_ids.length === 0 && !unfinished
  return isAll ? EXIT.done : EXIT.incomplete
}

function warnOfKeys(patch: MergePatch, { output }: DeadLetterQueue): void {
  const keys = findPatchedKeys(patch)
  if (keys.length === 0) return
  output.note(
    `The patch changes ${keys.join(', ')}, by which rows replace each other: ` +
      'a row that is observed again, or is stored already under its old value, counts beside the patched one.',
  )
}

function readRate(text: string): number {
  const rate = Number(text)
  if (rate >= 0.01 && rate <= 10_000) return rate
  throw new InvalidArgumentError('expected messages per second, 0.01 to 10000')
}

const HELP = `
A letter is sent to the events queue first, and deleted from the dead letters when that queue has taken it. Killed
at any point, the same command can be run again: what is sent twice is stored once.

Letters whose envelope or block the ingester would refuse again stay, and the report says why; so do, with --patch, those
whose patched rows are still wrong. --force sends them all the same. Without --patch no row is checked: what the ingester
refuses again comes back as a new dead letter.

Exit code 0: everything that matched was redriven. 2: something stayed. 1: an error. 130: ended by Ctrl-C.

Examples:
  polo dlq redrive --reason received_too_often
  polo dlq redrive --reason rejected_rows --collector config_ebs --patch '{"aws_account_id":"111122223333"}' --dry-run
  polo dlq redrive --id 6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f506 --patch @fix.json
  polo dlq redrive --all --rate 5
`
