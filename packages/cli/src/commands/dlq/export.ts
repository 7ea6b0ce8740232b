import type { Command } from 'commander'
import {
  type ExportReport,
  exportLetters,
  lineStream,
  openLineFile,
} from '../../dead-letters/export-letters.ts'
import { addFilterOptions, type FilterFlags, readFilter } from '../../dead-letters/letter-filter.ts'
import { describeHidden } from '../../dead-letters/render-dead-letters.ts'
import { withDeadLetterQueue } from '../../dead-letters/with-dead-letter-queue.ts'
import { EXIT } from '../../exit-code.ts'
import { printable } from '../../output/printable.ts'
import type { GlobalOptions } from '../../session/settings.ts'

interface ExportFlags extends FilterFlags, GlobalOptions {
  readonly out?: string
  readonly rows?: boolean
}

export function addExport(dlq: Command): void {
  addFilterOptions(dlq.command('export').description('write dead letters as NDJSON; they stay in the queue'))
    .option('--all', 'every dead letter, as without a filter')
    .option('--out <file>', 'a new file, which only you can read (default: stdout)')
    .option('--rows', 'one line for each row, instead of one for each letter with its body')
    .addHelpText('after', HELP)
    .action(async (flags: ExportFlags) => {
      const filter = readFilter(flags, new Date())
      await withDeadLetterQueue(flags, async (queue) => {
        const { output } = queue
        const sink = flags.out === undefined ? lineStream(process.stdout) : await openLineFile(flags.out)
        const { report, selection } = await exportLetters(queue, {
          filter,
          isRows: flags.rows ?? false,
          sink,
        })
        await sink.close()
        output.clearProgress()
        const isNone = report.letters === 0 && selection.others > 0
        const text = isNone ? selection.describeNone() : renderExport(report)
        if (flags.out !== undefined && output.isJson) output.json({ file: flags.out, ...report })
        else process.stderr.write(`${text}\n`)
        process.exitCode = exitCodeOf(report)
      })
    })
}

function exitCodeOf({ hidden, missing_ids, without_rows }: ExportReport): number {
  return hidden === 0 && missing_ids.length === 0 && without_rows === 0 ? EXIT.done : EXIT.incomplete
}

function renderExport({ letters, lines, without_rows, hidden, missing_ids }: ExportReport): string {
  return [
    `Exported ${letters} dead letters in ${lines} lines; they stay in the queue.`,
    ...(without_rows > 0
      ? [`${without_rows} of them hold no row that can be read: export them without --rows.`]
      : []),
    ...missing_ids.map((id) => `There is no dead letter '${printable(id, 100)}'.`),
    ...(hidden > 0 ? [describeHidden(hidden)] : []),
  ].join('\n')
}

const HELP = `
Each line holds the whole letter: body, attributes, when it was sent, and why it is dead. Its body sent to the
events queue is the letter redriven:
  jq -r 'select(.message_id == "ID").body' letters.ndjson > body.json
  aws sqs send-message --queue-url "$POLO_QUEUE_URL" --message-body file://body.json

With --json and --out, stdout has a report; without --out it has the lines.

Exit code 0: everything that matched was exported. 2: some could not be read. 1: an error.

Examples:
  polo dlq export --out letters.ndjson
  polo dlq export --reason rejected_rows --rows | jq .values
`
