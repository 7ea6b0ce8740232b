import { readLoads, requeueLoads } from '@polo/ingester'
import type { Command } from 'commander'
import { UsageError } from '../../errors.ts'
import { chooseNamed, chooseRetries, describeLocal } from '../../loads/choose-retries.ts'
import type { GlobalOptions } from '../../session/settings.ts'
import { withExistingSession } from '../../session/with-session.ts'

interface RetryFlags extends GlobalOptions {
  readonly all?: boolean
}

export function addRetry(loads: Command): void {
  loads
    .command('retry')
    .description('try again at once what was given up or waits after a failure')
    .argument('[id...]', 'ids of loads or their beginnings (polo loads ls), loaded ones included')
    .option('--all', 'all that were given up or failed')
    .addHelpText('after', HELP)
    .action(async (ids: string[], flags: RetryFlags) => {
      if (flags.all ? ids.length > 0 : ids.length === 0) {
        throw new UsageError(
          'name the loads to try again, or say --all for those that were given up or failed',
        )
      }
      await withExistingSession(flags, async ({ clickhouse }, { output }) => {
        const { retried, local } = flags.all
          ? chooseRetries(await readLoads(clickhouse, { statuses: ['given_up', 'failed'] }))
          : { retried: chooseNamed(await readLoads(clickhouse, { prefixes: ids }), ids), local: [] }
        await requeueLoads(clickhouse, retried)
        if (output.isJson) output.json({ requeued: retried.map(({ load_id }) => load_id) })
        else output.data(describeRetried(retried.length))
        if (local.length > 0) output.note(`${local.length} left out: ${describeLocal(local)}`)
      })
    })
}

function describeRetried(count: number): string {
  if (count === 0) return 'Nothing failed or was given up.'
  return `${count} ${count === 1 ? 'load is' : 'loads are'} tried again by the next pass of the loader.`
}

const HELP = `
A billing period that is loaded again takes the place of what is there, so this also applies a changed tag cascade.
What polo collect --path loads is not tried again by this: run that again.

Examples:
  polo loads retry --all
  polo loads retry 5f2b6c1e
`
