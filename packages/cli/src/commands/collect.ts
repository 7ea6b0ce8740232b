import { checkPaths } from '@polo/collectors'
import type { Command } from 'commander'
import { exitCodeOf, renderReport } from '../collect/collect-report.ts'
import { addCollectOptions, type CollectFlags, readCollectRequest } from '../collect/collect-request.ts'
import { type FileFlags, readFilesRequest } from '../collect/files/files-request.ts'
import { runCollectFiles } from '../collect/files/run-collect-files.ts'
import { reportUnfinished } from '../collect/report-unfinished.ts'
import type { CollectResult, RunCollectOptions } from '../collect/run-collect.ts'
import { EXIT } from '../exit-code.ts'
import { collectAndLoad } from '../loads/collect-and-load.ts'
import { collectPath } from '../loads/collect-path.ts'
import { type PathFlags, readPathRequest } from '../loads/path-request.ts'
import { requireRetention, warnOfRetention } from '../session/check-retention.ts'
import { createContext } from '../session/context.ts'
import { onInterruption } from '../session/interruption.ts'
import { openSession, openUnlessInterrupted } from '../session/session.ts'
import type { GlobalOptions } from '../session/settings.ts'

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
    .option('--events <file...>', "read lifecycle events from a trail's files, or directories of them")
    .option('--path <dir>', 'load the files of a directory, laid out as the bucket (cost_cur, flow_logs)')
    .option('--export <name>', 'what the export in --path is called (default: as its manifest says)')
    .option('--backfill', 'send everything to the backfill queue, where it does not delay live data')
    .option('--no-backfill', 'send to the live queue what is read from files, too')
    .addHelpText('after', HELP)
    .action(async (names: string[], flags: CollectFlags & FileFlags & PathFlags & GlobalOptions) => {
      const files = readFilesRequest(names, flags)
      if (files) {
        await checkPaths(files.paths)
        return runInSession(flags, async (options) => {
          await requireRetention(options, ['lifecycle'])
          return runCollectFiles(files, options)
        })
      }
      const path = await readPathRequest(names, flags)
      if (path) return collectPath(path, flags)
      const request = readCollectRequest(names, flags)
      return runInSession(flags, async (options) => {
        await warnOfRetention(options, options.output)
        return collectAndLoad(request, options)
      })
    })
}

async function runInSession(
  flags: GlobalOptions,
  run: (options: RunCollectOptions) => Promise<CollectResult>,
): Promise<void> {
  const context = await createContext(flags)
  const { output } = context
  const signal = onInterruption()
  const session = await openUnlessInterrupted(signal, () =>
    openSession({ ...context, onProgress: output.progress }),
  )
  try {
    const { report, error } = await run({ ...context, session, signal })
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
  polo collect cost_cur --path exports/org/                  a cost export, copied from its bucket
  polo collect flow_logs --path AWSLogs/                     VPC flow logs, copied from their bucket
  polo collect lifecycle --events AWSLogs/                   a trail's files, through the backfill queue
`
