import type { Command } from 'commander'
import { confirmPurge } from '../../dead-letters/confirm-purge.ts'
import { groupDeadLetters } from '../../dead-letters/dead-letters.ts'
import { addFilterOptions, type FilterFlags, readExplicitFilter } from '../../dead-letters/letter-filter.ts'
import { findPurgeCandidates, type PurgeReport, purge } from '../../dead-letters/purge.ts'
import { describeHidden, renderGroups } from '../../dead-letters/render-dead-letters.ts'
import { withDeadLetterQueue } from '../../dead-letters/with-dead-letter-queue.ts'
import { UsageError } from '../../errors.ts'
import { EXIT } from '../../exit-code.ts'
import { printable } from '../../output/printable.ts'
import type { GlobalOptions } from '../../session/settings.ts'

interface PurgeFlags extends FilterFlags, GlobalOptions {
  readonly yes?: boolean
}

export function addPurge(dlq: Command): void {
  addFilterOptions(dlq.command('purge').description('delete dead letters for good; asks first'))
    .option('--all', 'every dead letter')
    .option('--yes', 'do not ask')
    .addHelpText('after', HELP)
    .action(async (flags: PurgeFlags) => {
      const filter = readExplicitFilter(flags, new Date())
      if (!flags.yes && (!process.stdin.isTTY || flags.json)) {
        throw new UsageError('purge asks at a terminal; here, say --yes (and polo dlq export first)')
      }
      await withDeadLetterQueue(flags, async (queue) => {
        const { output, signal } = queue
        const candidates = await findPurgeCandidates(queue, filter)
        const { letters, selection } = candidates
        if (letters.length > 0) {
          const groups = renderGroups(groupDeadLetters(letters, new Date()))
          output.note(`${groups}\n\nThis deletes them for good. polo dlq export keeps a copy.`)
          if (!flags.yes)
            await confirmPurge(letters.length, { input: process.stdin, output: process.stderr, signal })
        }
        const report = await purge(queue, candidates)
        if (output.isJson) output.json(report)
        else if (report.matched === 0 && selection.others > 0) output.data(selection.describeNone())
        else output.data(renderPurge(report))
        process.exitCode = exitCodeOf(report)
      })
    })
}

function exitCodeOf({ failed, not_met, hidden, missing_ids }: PurgeReport): number {
  const isAll = failed.length === 0 && not_met.length === 0 && hidden === 0 && missing_ids.length === 0
  return isAll ? EXIT.done : EXIT.incomplete
}

function renderPurge({ purged, rows, failed, not_met, hidden, missing_ids }: PurgeReport): string {
  return [
    `Purged ${purged} dead letters with ${rows} rows.`,
    ...failed.map(({ message_id, why }) => `Not deleted: ${printable(message_id, 100)}: ${printable(why)}`),
    ...(not_met.length > 0
      ? [`${not_met.length} of those shown were taken or held by somebody else meanwhile.`]
      : []),
    ...missing_ids.map((id) => `There is no dead letter '${printable(id, 100)}'.`),
    ...(hidden > 0 ? [describeHidden(hidden)] : []),
  ].join('\n')
}

const HELP = `
Only what is shown is deleted: a letter that arrives while you read stays.

Exit code 0: everything that matched is gone. 2: something stayed. 1: an error, or the answer was no.

Examples:
  polo dlq export --reason invalid_envelope --out invalid.ndjson && polo dlq purge --reason invalid_envelope
  polo dlq purge --until 7d --yes
`
