import type { Command } from 'commander'
import { exitCodeOf, renderReport } from '../collect-report.ts'
import { addCollectOptions, type CollectFlags, readCollectRequest } from '../collect-request.ts'
import { createContext } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { onInterruption } from '../interruption.ts'
import { reportUnfinished } from '../report-unfinished.ts'
import { runCollect } from '../run-collect.ts'
import { openSession, openUnlessInterrupted } from '../session.ts'
import type { GlobalOptions } from '../settings.ts'

export function addCollect(program: Command): void {
  const command = program
    .command('collect')
    .description('collect once, store, and say whether everything arrived')
    .argument('[collector...]', 'collectors to run (default: all; see polo collectors)')
  addCollectOptions(command)
    .option(
      '--all-accounts',
      'every active account that Polo knows, through its read role (see polo accounts)',
    )
    .option('--backfill', 'send everything to the backfill queue, where it does not delay live data')
    .addHelpText('after', HELP)
    .action(async (names: string[], flags: CollectFlags & GlobalOptions) => {
      const request = readCollectRequest(names, flags)
      const context = await createContext(flags)
      const { output } = context
      const signal = onInterruption()
      const session = await openUnlessInterrupted(signal, () =>
        openSession({ ...context, onProgress: output.progress }),
      )
      try {
        const { report, error } = await runCollect(request, { ...context, session, signal })
        if (error !== undefined) {
          process.exitCode = reportUnfinished(report, error, output)
          return
        }
        if (output.isJson) output.json(report)
        else output.data(renderReport(report))
        process.exitCode = signal.aborted ? EXIT.interrupted : exitCodeOf(report)
      } finally {
        await session.close()
      }
    })
}

const HELP = `
Exit code 0: every run is complete and every row it published is accounted for. 2: some run is not
complete (denied, throttled, partial). 1: an error; where it kept Polo from seeing that all is
stored, the report is printed nevertheless. 130: Ctrl-C ended the runs early; what they had collected
is stored, and they say partial.

Examples:
  polo collect --sample                                      the sample estate
  polo collect --profile prod --region eu-west-1             one region of a live account
  polo collect config_ec2 --recording DIR --slot 2026-01-15T00:00:00Z --json
  polo collect --backfill --slot 2026-01-14T00:00:00Z        late, and in nobody's way
`
