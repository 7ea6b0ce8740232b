import type { Command } from 'commander'
import { exitCodeOf, renderReport, sampleExitCodeOf } from '../collect/collect-report.ts'
import { addCollectOptions, type CollectFlags, readCollectRequest } from '../collect/collect-request.ts'
import { collectSample } from '../collect/collect-sample.ts'
import { reportUnfinished } from '../collect/report-unfinished.ts'
import { runCollect } from '../collect/run-collect.ts'
import { sampleNotice } from '../collect/sample-notice.ts'
import { UsageError } from '../errors.ts'
import { EXIT } from '../exit-code.ts'
import { renderInventory } from '../inventory.ts'
import { startConfiguredLoading } from '../loads/load-configured.ts'
import { warnOfRetention } from '../session/check-retention.ts'
import { type CommandContext, createContext } from '../session/context.ts'
import { onInterruption } from '../session/interruption.ts'
import { openSession, openUnlessInterrupted, type Session } from '../session/session.ts'
import type { GlobalOptions } from '../session/settings.ts'
import { checkSchedule, followSchedule } from '../up/follow-schedule.ts'
import { stayUp } from '../up/stay-up.ts'
import { addressesOf, whatNext } from '../what-next.ts'

interface UpFlags extends CollectFlags, GlobalOptions {
  readonly once?: boolean
  readonly schedule?: boolean
  readonly live?: boolean
  readonly clickhousePort: string
  readonly sqsPort: string
}

export function addUp(program: Command): void {
  const command = program
    .command('up')
    .description('run the whole pipeline on this machine: queue, ingester, database; collect, show, stay up')
    .option('--once', 'end after the first collection')
    .option('--schedule', 'collect every account again and again, each collector by its schedule')
    .option('--live', 'collect from the live AWS account of your credentials')
    .option('--clickhouse-port <port>', 'port of the ClickHouse HTTP interface (0: any free one)', '0')
    .option('--sqs-port <port>', 'port of the SQS server (0: any free one)', '0')
  addCollectOptions(command).addHelpText('after', HELP).action(runUp)
}

async function runUp(flags: UpFlags): Promise<void> {
  if (flags.schedule) checkSchedule(flags)
  const source = chooseSource(flags)
  const request = readCollectRequest([], source)
  const context = await createContext(flags)
  const { output } = context
  const signal = onInterruption()
  if (source.sample) output.note(sampleNotice(process.env))
  const session = await openUnlessInterrupted(signal, () => openOwnSession(context, flags))
  const loading = flags.once ? undefined : startConfiguredLoading({ ...context, session })
  try {
    await warnOfRetention({ ...context, session }, output)
    if (flags.schedule) return await followSchedule(request, flags, { ...context, session, signal })
    const isWholeSample = source.sample && !source.account && !source.region
    const collectOnce = isWholeSample ? collectSample : runCollect
    const { report, error } = await collectOnce(request, { ...context, session, signal })
    if (error !== undefined) {
      process.exitCode = reportUnfinished(report, error, output)
      return
    }
    if (output.isJson) output.json({ ...report, addresses: addressesOf(session) })
    else {
      output.data(`${renderReport(report)}\n\n${await renderInventory(session.clickhouse, report)}`)
      output.data(`\n${whatNext(session, { ...flags, ...source, endsNow: flags.once ?? false })}`)
    }
    process.exitCode = source.sample ? sampleExitCodeOf(report) : exitCodeOf(report)
    if (signal.aborted) process.exitCode = EXIT.interrupted
    if (!flags.once && !signal.aborted) await stayUp(session, { output, tellsRuns: true, signal })
  } finally {
    await loading?.stop()
    await session.close()
  }
}

/** A pipeline that runs already is somebody's; `up` starts one or says who has it. */
async function openOwnSession(context: CommandContext, flags: UpFlags): Promise<Session> {
  const session = await openSession({
    ...context,
    onProgress: context.output.progress,
    clickhousePort: readPort(flags.clickhousePort),
    sqsPort: readPort(flags.sqsPort),
    shared: !flags.once,
  })
  if (session.runtime) return session
  await session.close()
  throw new UsageError(
    `Polo is up already on ${context.settings.dataDir} (ClickHouse at ${addressesOf(session).clickhouse}). ` +
      'Use it (polo collect, polo query), stop it, or choose another --data-dir.',
  )
}

/** The live account only when asked to: credentials that happen to be set are no request. */
function chooseSource(flags: UpFlags): CollectFlags {
  const isLive = flags.live || flags.profile !== undefined || flags.endpoint !== undefined
  if (isLive && (flags.recording !== undefined || flags.sample)) {
    throw new UsageError('--live, --profile and --endpoint exclude --sample and --recording')
  }
  return isLive || flags.recording !== undefined ? flags : { ...flags, sample: true }
}

function readPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new UsageError(`'${text}' is not a port: expected 0 to 65535`)
}

const HELP = `
Without --live, --profile, --endpoint or --recording it replays the sample estate that ships with Polo.

With --schedule each collector's current slot is collected at once, unless it was completely, and then every slot as it
comes. A line on stderr tells of each finished run; polo status says what is missing. With --live your own account is
read with your credentials, every other active one by its read role; a recording has its own accounts only.

While it is up, lines on stderr tell of runs that other commands made, of what is not stored and why, and of dead letters.

Exit code 0 when every run is complete and every row accounted for, with --once or after Ctrl-C; for the sample
estate, when nothing was refused or is missing but the region that it denies on purpose. Otherwise as polo collect.
With --schedule 0 after Ctrl-C, whatever its many runs came to: that is for polo status to say.

Examples:
  npm start                       the sample estate; stays up until Ctrl-C
  npm start -- --once             the same, and ends
  npm start -- --live             the AWS account of your credentials
  polo up --schedule --live       every active account (polo accounts ls), by schedule, until Ctrl-C
  polo up --data-dir /var/lib/polo --clickhouse-port 8123
`
