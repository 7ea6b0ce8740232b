import { type LoadStatus, readLoads } from '@polo/ingester'
import type { Command } from 'commander'
import { adviseLoads, renderLoads } from '../../loads/render-loads.ts'
import type { GlobalOptions } from '../../session/settings.ts'
import { withExistingSession } from '../../session/with-session.ts'

const UNFINISHED: readonly LoadStatus[] = ['pending', 'loading', 'failed', 'given_up']
const SHOWN = 200

export function addLs(loads: Command): void {
  loads
    .command('ls')
    .description('list what is not loaded yet, and why')
    .option('--all', 'what was loaded or superseded, too')
    .addHelpText('after', HELP)
    .action((flags: GlobalOptions & { readonly all?: boolean }) =>
      withExistingSession(flags, async ({ clickhouse }, { output }) => {
        const statuses = flags.all ? [] : UNFINISHED
        const found = await readLoads(clickhouse, { statuses, isWanted: !flags.all, limit: SHOWN })
        if (output.isJson) output.json({ loads: found })
        else if (found.length > 0) output.data([renderLoads(found), ...adviseLoads(found)].join('\n'))
        else
          output.data(
            flags.all ? 'Nothing was asked to be loaded yet.' : 'Everything that was asked for is loaded.',
          )
        if (found.length === SHOWN) output.note(`Only the newest ${SHOWN} are listed.`)
      }),
    )
}

const HELP = `
Examples:
  polo loads ls
  polo loads ls --all --json | jq '.loads[] | select(.kind == "cur") | {target, rows, sums}'
`
