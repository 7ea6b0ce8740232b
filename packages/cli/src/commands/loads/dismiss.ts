import { dismissLoads, type LoadReport, type LoadStatus, readLoads } from '@polo/ingester'
import type { Command } from 'commander'
import { UsageError } from '../../errors.ts'
import { canBeDismissed, findNamed } from '../../loads/choose-retries.ts'
import type { Session } from '../../session/session.ts'
import type { GlobalOptions } from '../../session/settings.ts'
import { withExistingSession } from '../../session/with-session.ts'

interface DismissFlags extends GlobalOptions {
  readonly all?: boolean
}

export function addDismiss(loads: Command): void {
  loads
    .command('dismiss')
    .description('stop telling of loads that failed or were given up, and never try them again')
    .argument('[id...]', 'ids of loads or their beginnings (polo loads ls)')
    .option('--all', 'all that failed or were given up, and all of directories that wait')
    .addHelpText('after', HELP)
    .action(async (ids: string[], flags: DismissFlags) => {
      if (flags.all ? ids.length > 0 : ids.length === 0) {
        throw new UsageError('name the loads to dismiss, or say --all')
      }
      await withExistingSession(flags, async ({ clickhouse }, { output }) => {
        const found = flags.all
          ? await findAllDismissable(clickhouse)
          : await findDismissable(clickhouse, ids)
        await dismissLoads(clickhouse, found)
        if (output.isJson) output.json({ dismissed: found.map(({ load_id }) => load_id) })
        else output.data(`${found.length} ${found.length === 1 ? 'load is' : 'loads are'} dismissed.`)
      })
    })
}

/** What `--all` means. */
export async function findAllDismissable(clickhouse: Session['clickhouse']): Promise<readonly LoadReport[]> {
  const find = (...statuses: LoadStatus[]) => readLoads(clickhouse, { statuses, isWanted: true })
  // Each for itself: a reading is limited, and what waits may be very much.
  return [...(await find('failed', 'given_up')), ...(await find('pending'))].filter(canBeDismissed)
}

async function findDismissable(
  clickhouse: Session['clickhouse'],
  ids: readonly string[],
): Promise<readonly LoadReport[]> {
  const found = findNamed(await readLoads(clickhouse, { prefixes: ids }), ids)
  const other = found.find((load) => !canBeDismissed(load))
  if (!other) return found
  throw new UsageError(
    `the load ${other.load_id} is ${other.status}: only those that failed or were given up can be dismissed, ` +
      'and of directories those that wait',
  )
}

const HELP = `
For what can never be loaded, such as an object that was deleted or is cut short, and for what polo collect --path left
waiting when it was ended early. What it would have brought in stays missing. polo loads ls --all lists it as superseded.
polo loads retry ID takes the dismissal back, but for what polo collect --path loads: run that again.

Examples:
  polo loads dismiss 5f2b6c1e
  polo loads dismiss --all
`
