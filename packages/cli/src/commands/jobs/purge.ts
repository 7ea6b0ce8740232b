import type { Command } from 'commander'
import { confirmPurge } from '../../dead-letters/confirm-purge.ts'
import { findDeadJobs } from '../../dead-letters/find-dead-jobs.ts'
import { type Deletion, deleteShown } from '../../dead-letters/purge.ts'
import { renderDeadJobTable } from '../../dead-letters/render-dead-jobs.ts'
import { describeHidden } from '../../dead-letters/render-dead-letters.ts'
import { withJobsDeadLetterQueue } from '../../dead-letters/with-dead-letter-queue.ts'
import { UsageError } from '../../errors.ts'
import { EXIT } from '../../exit-code.ts'
import { printable } from '../../output/printable.ts'
import type { GlobalOptions } from '../../session/settings.ts'

interface PurgeFlags extends GlobalOptions {
  readonly yes?: boolean
}

/** What `polo jobs purge` prints. */
interface JobsPurgeReport {
  readonly matched: number
  readonly purged: number
  readonly failed: Deletion['failed']
  readonly not_met: readonly string[]
  readonly hidden: number
}

export function addPurge(jobs: Command): void {
  jobs
    .command('purge')
    .description('delete what is listed, when it was dealt with; asks first')
    .option('--yes', 'do not ask')
    .addHelpText('after', HELP)
    .action(async (flags: PurgeFlags) => {
      if (!flags.yes && (!process.stdin.isTTY || flags.json))
        throw new UsageError('purge asks at a terminal; here, say --yes (and polo jobs ls first)')
      await withJobsDeadLetterQueue(flags, async (queue) => {
        const { output, signal } = queue
        const { jobs: listed, hidden } = await findDeadJobs(queue)
        if (listed.length > 0) {
          output.note(`${renderDeadJobTable(listed)}\n\nThis deletes them for good, and makes up for none.`)
          if (!flags.yes)
            await confirmPurge(listed.length, { input: process.stdin, output: process.stderr, signal })
        }
        const { deleted, failed, not_met } = await deleteShown(queue, listed)
        const report = { matched: listed.length, purged: deleted.length, failed, not_met, hidden }
        if (output.isJson) output.json(report)
        else output.data(renderPurge(report))
        const isAll = failed.length === 0 && not_met.length === 0 && hidden === 0
        process.exitCode = isAll ? EXIT.done : EXIT.incomplete
      })
    })
}

function renderPurge({ purged, failed, not_met, hidden }: JobsPurgeReport): string {
  return [
    `Purged ${purged} of the jobs that were given up.`,
    ...failed.map(({ message_id, why }) => `Not deleted: ${printable(message_id, 100)}: ${printable(why)}`),
    ...(not_met.length > 0
      ? [`${not_met.length} of those shown were taken or held by somebody else meanwhile.`]
      : []),
    ...(hidden > 0 ? [describeHidden(hidden)] : []),
  ].join('\n')
}

const HELP = `
Only what is shown is deleted: what is given up while you read stays. The alarm jobs-dead ends when the queue is empty.

Exit code 0: everything that was there is gone. 2: something stayed. 1: an error, or the answer was no.

Examples:
  polo jobs purge
  polo jobs ls --json > given-up.json && polo jobs purge --yes
`
