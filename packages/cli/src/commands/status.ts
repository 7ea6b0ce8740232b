import type { Command } from 'commander'
import { UnreachableError } from '../errors.ts'
import { EXIT } from '../exit-code.ts'
import type { CommandContext } from '../session/context.ts'
import type { Session } from '../session/session.ts'
import { type GlobalOptions, readSettings } from '../session/settings.ts'
import { withExistingSession } from '../session/with-session.ts'
import { describeOutage } from '../status/describe-outage.ts'
import { readStatus } from '../status/read-status.ts'
import { renderStatus } from '../status/render-status.ts'

interface StatusFlags extends GlobalOptions {
  readonly all?: boolean
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('is every run complete, and every row it published accounted for?')
    .option('--all', 'every job, region and problem, however many there are')
    .addHelpText('after', HELP)
    .action(async (options: StatusFlags) => {
      try {
        await withExistingSession(options, (session, context) => showStatus(session, context, options))
      } catch (error) {
        if (error instanceof UnreachableError) await showOutage(options)
        throw error
      }
    })
}

async function showStatus(
  session: Session,
  context: CommandContext,
  { all = false }: StatusFlags,
): Promise<void> {
  const { output } = context
  const report = await readStatus(session, context)
  if (output.isJson) output.json(report)
  else output.data(renderStatus(report, { all }))
  process.exitCode = report.green ? EXIT.done : EXIT.incomplete
}

async function showOutage(options: StatusFlags): Promise<void> {
  for (const line of await describeOutage(readSettings(options, process.env))) {
    process.stderr.write(`${line}\n`)
  }
}

const HELP = `
A job is green when it looked everywhere and every row it published is stored or dead-lettered. Exit code
${EXIT.done} when every collector's newest job is green and not stale, no row of the last 24 hours is unaccounted
for, the queues are empty and the breaker is closed; ${EXIT.incomplete} when not.

Jobs go stale when two slots of their schedule have passed without a green one. That is judged where something
runs them by schedule: a deployed Polo, or three slots on time within ten. Recordings are never stale.

Examples:
  polo status
  polo status --json | jq '.jobs[] | select(.green | not)'
  polo status --json | jq -r '.jobs[].missing_blocks[]'
  polo status --json | jq '.regions[] | select(.outcome != "complete")'
`
